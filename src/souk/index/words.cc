// From the words of a query to the documents that hold them.
#include <algorithm>
#include <map>
#include <set>

#include "souk/index/reader.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxWords = 64;           // different words of a query that count
constexpr std::size_t kMaxQueryBytes = 16'384;  // of a query that are read
constexpr std::size_t kMaxExpansions = 1000;    // words that a beginning may stand for

}  // namespace

std::vector<QueryWord> LexicalReader::read_words(std::string_view text, bool prefix_last, std::vector<std::string>& beyond) const {
  std::vector<text::Token> tokens = parts_.analyzer->analyze(text.substr(0, kMaxQueryBytes));
  std::vector<QueryWord> words;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool prefix = prefix_last && i + 1 == tokens.size();
    const auto same = [&](const QueryWord& word) { return word.term == tokens[i].term; };
    if (!prefix && std::any_of(words.begin(), words.end(), same)) continue;
    if (words.size() >= kMaxWords) {
      beyond.push_back(tokens[i].surface);
      continue;
    }
    words.push_back({std::move(tokens[i].term), std::move(tokens[i].surface), prefix});
  }
  return words;
}

// The terms a beginning stands for: its own, and those of the first words, in the order of bytes, that begin so. Sorted.
std::vector<std::string> LexicalReader::expand(const QueryWord& word) const {
  std::map<std::string, std::string, std::less<>> found;  // word -> its term
  for (const View& view : parts_.views) {
    const Segment& segment = *view.segment;
    std::uint32_t taken = 0;
    for (auto walk = segment.terms.from(word.surface); taken < kMaxExpansions && walk.next() && walk.word().starts_with(word.surface);) {
      if (!test_bit(segment.plain, walk.term().number)) continue;
      found.try_emplace(std::string(walk.word()), walk.word());
      ++taken;
    }
    const Strings& words = segment.words;
    const std::uint32_t begin = words.lower_bound(word.surface);
    for (std::uint32_t i = begin; i < words.size() && i - begin < kMaxExpansions && words[i].starts_with(word.surface); ++i) {
      found.try_emplace(std::string(words[i]), segment.terms.word(segment.word_terms[i]));
    }
  }
  std::set<std::string> terms = {word.term};
  std::size_t taken = 0;
  for (auto& [text, term] : found) {
    if (taken++ == kMaxExpansions) break;
    terms.insert(std::move(term));
  }
  return {terms.begin(), terms.end()};
}

void LexicalReader::gather_terms(std::size_t v, std::span<const Dictionary::Term> terms, bool title_only, Scratch& scratch,
                                 WordList& list) const {
  const Segment& segment = *parts_.views[v].segment;
  const std::size_t n = segment.size(), fields = norms_.size();
  const auto frequency = [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
    float x = 0;
    for (const std::uint16_t part : pattern) {
      if (title_only && field_of(part) != 0) continue;
      x += static_cast<float>(frequency_of(part)) * norms_[field_of(part)][segment.lengths[document * fields + field_of(part)]];
    }
    return x;
  };
  const auto counts = [&](std::span<const std::uint16_t> pattern) {
    return std::ranges::any_of(
        pattern, [&](std::uint16_t part) { return title_only ? field_of(part) == 0 : (*parts_.fields)[field_of(part)].search > 0; });
  };
  if (terms.size() == 1) {
    list.documents.reserve(terms[0].frequency);
    list.frequencies.reserve(terms[0].frequency);
    segment.each_posting(terms[0], [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
      if (!counts(pattern)) return;
      list.documents.push_back(document);
      list.frequencies.push_back(frequency(document, pattern));
    });
    return;
  }
  scratch.reserve(n);
  for (const Dictionary::Term& term : terms) {
    segment.each_posting(term, [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
      if (!counts(pattern)) return;
      set_bit(scratch.bits, document);
      scratch.dense[document] += frequency(document, pattern);
    });
  }
  const std::span<std::uint64_t> bits = std::span(scratch.bits).first((n + 63) / 64);
  for_each_bit(bits, [&](std::uint32_t document) {
    list.documents.push_back(document);
    list.frequencies.push_back(scratch.dense[document]);
    scratch.dense[document] = 0;
  });
  std::fill(bits.begin(), bits.end(), std::uint64_t{0});
}

bool LexicalReader::lists_serve() const {
  return std::ranges::all_of(*parts_.fields, [](const Field& field) { return field.search > 0; });
}

// Where a word's exact form stands: a list of its own, or that of its term when the term has no other word.
std::optional<Dictionary::Term> LexicalReader::find_exact(const Segment& segment, const QueryWord& word) const {
  if (auto own = segment.terms.find(exact_key(word.surface))) return own;
  auto term = segment.terms.find(word.term);
  if (!term) return term;
  if (word.surface == word.term) return test_bit(segment.plain, term->number) ? term : std::nullopt;
  const std::uint32_t at = segment.words.lower_bound(word.surface);
  return at < segment.words.size() && segment.words[at] == word.surface ? term : std::nullopt;
}

GatheredWords LexicalReader::find_words(std::string_view text, bool prefix_last, Scratch& scratch) const {
  GatheredWords gathered;
  gathered.words = read_words(text, prefix_last, gathered.beyond);
  gathered.found.resize(gathered.words.size());
  gathered.lists.resize(gathered.words.size());
  gathered.exact.resize(gathered.words.size());
  const bool serve = lists_serve(), exact = exact_forms(*parts_.fields);
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    QueryWord& word = gathered.words[w];
    const std::vector<std::string> terms = word.prefix ? expand(word) : std::vector<std::string>();
    gathered.found[w].resize(parts_.views.size());
    gathered.lists[w].resize(parts_.views.size());
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      std::vector<Dictionary::Term>& found = gathered.found[w][v];
      const auto look_up = [&](std::string_view term) {
        if (const auto entry = parts_.views[v].segment->terms.find(term)) found.push_back(*entry);
      };
      if (word.prefix) {
        for (const std::string& term : terms) look_up(term);
      } else {
        look_up(word.term);
      }
      if (found.size() > 1 || (!found.empty() && !serve)) {
        gather_terms(v, found, false, scratch, gathered.lists[w][v]);
        word.frequency += gathered.lists[w][v].documents.size();
      } else if (!found.empty()) {
        word.frequency += found.front().frequency;
      }
    }
    word.idf = inverse_frequency(documents_, word.frequency);
    gathered.exact[w].resize(parts_.views.size());
    if (!exact || word.prefix) continue;
    std::uint64_t frequency = 0;
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      gathered.exact[w][v] = find_exact(*parts_.views[v].segment, word);
      if (gathered.exact[w][v]) frequency += gathered.exact[w][v]->frequency;
    }
    word.exact_idf = inverse_frequency(documents_, frequency);
  }
  return gathered;
}

void LexicalReader::gather_rest(GatheredWords& gathered, Scratch& scratch) const {
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      WordList& list = gathered.lists[w][v];
      if (list.documents.empty() && !gathered.found[w][v].empty()) gather_terms(v, gathered.found[w][v], false, scratch, list);
    }
  }
}

GatheredWords LexicalReader::gather_titles(std::string_view text, bool prefix_last, Scratch& scratch) const {
  GatheredWords gathered = find_words(text, prefix_last, scratch);
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      gathered.lists[w][v] = {};
      gather_terms(v, gathered.found[w][v], true, scratch, gathered.lists[w][v]);
    }
  }
  return gathered;
}

}  // namespace souk::index
