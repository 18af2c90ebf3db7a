#include "souk/search/concept_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <roaring/roaring.hh>
#include <utility>
#include <vector>

namespace souk::search {
namespace {

constexpr std::size_t kMostConcepts = 64;
constexpr float kLacks = -1;  // of an item and a concept; scores are not negative

// A form with what is known of it in one index. The first form of a concept is the typed one.
struct KnownForm {
  std::string_view text;
  bool unfinished = false;
  float weight = 1, scale = 1;
  const std::string* rule = nullptr;  // null: typed
};

class Forms {
 public:
  Forms(const index::Reader& reader, const index::LexicalQuery& query) : reader_(reader), query_(query) {}

  Result<std::vector<KnownForm>> of(const shelf::Concept& wanted) const {
    std::vector<KnownForm> forms = {{wanted.text, wanted.unfinished}};
    if (wanted.others.empty()) return forms;
    SOUK_TRY(const double typed, rarity(wanted.words, wanted.unfinished));
    for (const shelf::Concept::Form& other : wanted.others) {
      SOUK_TRY(const double own, rarity(other.words, false));
      const auto share = static_cast<float>(std::min(1.0, typed / own));
      forms.push_back({other.text, false, other.weight, other.weight * share, &other.rule});
    }
    return forms;
  }

  // The question whether an item has all words of a text.
  index::LexicalQuery asking(std::string_view text, bool unfinished) const {
    index::LexicalQuery asked;
    asked.text = text;
    asked.match = index::Match::all;
    asked.prefix_last = unfinished;
    asked.one_per_group = false;
    asked.market = query_.market;
    asked.now = query_.now;
    asked.stats = query_.stats;
    return asked;
  }

 private:
  // The sum of the words' idf.
  Result<double> rarity(const std::vector<std::string>& words, bool unfinished) const {
    double sum = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      index::LexicalQuery asked = asking(words[i], unfinished && i + 1 == words.size());
      asked.k = 0;
      SOUK_TRY(const index::LexicalAnswer answer, reader_.search(asked));
      const auto all = static_cast<double>(reader_.size()), with = static_cast<double>(answer.total);
      sum += std::log(1 + std::max(all - with + 0.5, 0.0) / (with + 0.5));
    }
    return std::max(sum, 1e-6);
  }

  const index::Reader& reader_;
  const index::LexicalQuery& query_;
};

// One search: scores by item, then one question to the index for everything else.
class ConceptSearch {
 public:
  ConceptSearch(const index::Reader& reader, std::span<const shelf::Concept> concepts, const index::LexicalQuery& query)
      : reader_(reader), concepts_(concepts), query_(query), forms_(reader, query), any_(query.match == index::Match::any) {}

  Result<index::LexicalAnswer> run(std::size_t enough) {
    SOUK_TRY(shown_, reader_.matching(nullptr, query_.market, query_.now, query_.stats));
    if (!shown_.isEmpty()) {
      scores_.assign(shown_.maximum() + std::size_t{1}, 0);
      best_.assign(scores_.size(), kLacks);
      has_.assign(scores_.size(), 0);
    }
    for (std::size_t c = 0; c < concepts_.size(); ++c) SOUK_CHECK(add(c));
    const int all = std::max(std::popcount(counted_), 1);
    const int needed = any_ ? 1 : enough > 0 ? most_with(enough, all) : all;
    SOUK_TRY(index::LexicalAnswer answer, ask(needed));
    if (enough > 0 && !any_) name_dropped(needed, answer);
    return answer;
  }

 private:
  Status add(std::size_t c) {
    const shelf::Concept& wanted = concepts_[c];
    const std::uint64_t bit = std::uint64_t{1} << c;
    SOUK_TRY(const std::vector<KnownForm> forms, forms_.of(wanted));
    std::vector<std::uint32_t> found;
    for (std::size_t f = forms.size(); f-- > 0;) {  // what was typed last: highlighting completes the last term
      index::LexicalQuery asked = forms_.asking(forms[f].text, forms[f].unfinished);
      asked.filter = query_.filter;
      asked.k = scores_.size();
      SOUK_TRY(index::LexicalAnswer answer, reader_.search(asked));
      for (const index::Hit& hit : answer.hits) {
        const std::uint32_t item = index_of(hit.item);
        if (item >= best_.size()) continue;
        if (best_[item] == kLacks) found.push_back(item);
        best_[item] = std::max(best_[item], forms[f].scale * hit.score);
      }
      for (std::string& term : answer.terms) terms_.push_back(std::move(term));
    }
    for (const std::uint32_t item : found) {
      scores_[item] += std::exchange(best_[item], kLacks);
      has_[item] |= bit;
    }
    if (any_ || wanted.required) counted_ |= bit;
    return {};
  }

  // How many of the concepts that count an item has; when none counts, whether it has any.
  int had_by(std::uint32_t item) const { return counted_ == 0 ? static_cast<int>(has_[item] != 0) : std::popcount(has_[item] & counted_); }

  // The most concepts that `enough` items have, at least 1.
  int most_with(std::size_t enough, int all) const {
    std::vector<std::size_t> items(static_cast<std::size_t>(all) + 1, 0);  // by how many they have
    for (const std::uint32_t item : shown_) ++items[static_cast<std::size_t>(had_by(item))];
    for (const ItemId item : query_.exclude) {
      if (shown_.contains(index_of(item))) --items[static_cast<std::size_t>(had_by(index_of(item)))];
    }
    std::size_t found = 0;
    for (int needed = all; needed > 1; --needed) {
      found += items[static_cast<std::size_t>(needed)];
      if (found >= enough) return needed;
    }
    return 1;
  }

  // Everything but the items that have enough is excluded; the scores go in as the prior of a search for all items.
  Result<index::LexicalAnswer> ask(int needed) {
    std::vector<ItemId> excluded(query_.exclude.begin(), query_.exclude.end());
    for (const std::uint32_t item : shown_) {
      if (had_by(item) < needed) excluded.push_back(ItemId{item});
      if (item < query_.prior.size() && std::isfinite(query_.prior[item])) scores_[item] += query_.prior[item];
    }
    index::LexicalQuery asked = query_;
    asked.text.clear();
    asked.filter = nullptr;  // what it does not hold for was not found
    asked.prefix_last = false;
    asked.exclude = excluded;
    asked.prior = scores_;
    SOUK_TRY(index::LexicalAnswer answer, reader_.search(asked));
    answer.terms = std::move(terms_);
    return answer;
  }

  void name_dropped(int needed, index::LexicalAnswer& answer) const {
    std::optional<std::uint32_t> best;
    for (const std::uint32_t item : shown_) {
      if (had_by(item) >= needed && (!best || scores_[item] > scores_[*best])) best = item;
    }
    for (std::size_t c = 0; best && c < concepts_.size(); ++c) {
      if ((counted_ & ~has_[*best] & (std::uint64_t{1} << c)) != 0) answer.dropped.push_back(concepts_[c].text);
    }
  }

  const index::Reader& reader_;
  std::span<const shelf::Concept> concepts_;  // at most 64
  const index::LexicalQuery& query_;
  Forms forms_;
  bool any_;
  Roaring shown_;
  std::vector<float> scores_, best_;  // by item: of the concepts so far; of the forms of one concept
  std::vector<std::uint64_t> has_;    // by item: bits of the concepts it has
  std::uint64_t counted_ = 0;         // bits of the concepts that decide what is found
  std::vector<std::string> terms_;
};

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

Result<index::Explanation> explain_concept(const index::Reader& reader, const Forms& forms, const shelf::Concept& wanted, ItemId item) {
  SOUK_TRY(const std::vector<KnownForm> known, forms.of(wanted));
  index::Explanation best{0, in_quotes(wanted.text) + (wanted.required ? " is missing" : " is missing, and not required"), {}};
  for (std::size_t f = 0; f < known.size(); ++f) {
    const KnownForm& form = known[f];
    const std::vector<std::string>& words = f == 0 ? wanted.words : wanted.others[f - 1].words;
    bool has_all = true;
    for (std::size_t i = 0; i < words.size() && has_all; ++i) {
      SOUK_TRY(const auto word, reader.explain(forms.asking(words[i], form.unfinished && i + 1 == words.size()), item));
      has_all = word.value > 0;
    }
    if (!has_all) continue;
    SOUK_TRY(index::Explanation text, reader.explain(forms.asking(form.text, form.unfinished), item));
    const float value = form.scale * text.value;
    if (value <= best.value) continue;
    std::string what = in_quotes(wanted.text);
    if (form.rule != nullptr) {
      what += fmt::format(" by its synonym {} (rule \"{}\"): weight {} x {:.4g} as it is rarer x {:.4f}", in_quotes(form.text), *form.rule,
                          form.weight, form.scale / form.weight, text.value);
    }
    best = {value, std::move(what), std::move(text.parts)};
  }
  return best;
}

}  // namespace

bool is_plain(std::span<const shelf::Concept> concepts) {
  return std::all_of(concepts.begin(), concepts.end(), [](const auto& wanted) { return wanted.others.empty() && wanted.required; });
}

Result<index::LexicalAnswer> search_concepts(const index::Reader& reader, std::span<const shelf::Concept> concepts,
                                             const index::LexicalQuery& query, std::size_t enough) {
  const auto counted = concepts.first(std::min(concepts.size(), kMostConcepts));
  SOUK_TRY(index::LexicalAnswer answer, ConceptSearch(reader, counted, query).run(enough));
  for (const shelf::Concept& beyond : concepts.subspan(counted.size())) answer.dropped.push_back(beyond.text);
  return answer;
}

Result<index::Explanation> explain_concepts(const index::Reader& reader, std::span<const shelf::Concept> concepts,
                                            const index::LexicalQuery& query, ItemId item) {
  const Forms forms(reader, query);
  index::Explanation total{0, "score, the sum over the concepts", {}};
  for (const shelf::Concept& wanted : concepts.first(std::min(concepts.size(), kMostConcepts))) {
    SOUK_TRY(index::Explanation part, explain_concept(reader, forms, wanted, item));
    total.value += part.value;
    total.parts.push_back(std::move(part));
  }
  if (index_of(item) < query.prior.size() && std::isfinite(query.prior[index_of(item)])) {
    total.parts.push_back({query.prior[index_of(item)], "prior", {}});
    total.value += total.parts.back().value;
  }
  return total;
}

std::string text_of(std::span<const shelf::Concept> concepts) {
  std::string text;
  for (const shelf::Concept& wanted : concepts) {
    if (!wanted.required) continue;
    if (!text.empty()) text += ' ';
    text += wanted.text;
  }
  return text;
}

}  // namespace souk::search
