// Items with like titles, and completions of a beginning.
#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <roaring/roaring.hh>

#include "souk/base/kernels/top_k.h"
#include "souk/index/lexical_query.h"

namespace souk::index {

const TitleWeights::Values& TitleWeights::values() const {
  std::call_once(made_, [&] {
    double titled = 0;
    for (const auto& file : *files_) {
      for (const std::uint64_t word : file->titled) titled += std::popcount(word);
    }
    for (auto walk = segment_->terms.walk(); walk.next();) {
      double frequency = 0;
      if (is_exact_key(walk.word())) {
        values_.idf.push_back(0);
        continue;
      }
      for (const auto& file : *files_) {
        const auto term = file == segment_ ? std::optional(walk.term()) : file->terms.find(walk.word());
        if (term) frequency += file->titles().frequency[term->number];
      }
      values_.idf.push_back(static_cast<float>(1 + std::log((1 + titled) / (1 + frequency))));
    }
    const Titles& titles = segment_->titles();
    for (std::uint32_t d = 0; d < segment_->size(); ++d) {
      double sum = 0;
      for (std::uint32_t i = titles.rows[d]; i < titles.rows[d + 1]; ++i) {
        const double weight = static_cast<double>(values_.idf[titles.terms[i]]) * titles.counts[i];
        sum += weight * weight;
      }
      values_.norms.push_back(static_cast<float>(std::sqrt(sum)));
    }
  });
  return values_;
}

namespace {

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool word_begins_with(std::string_view folded, std::string_view prefix) {
  for (std::size_t at = folded.find(prefix); at != std::string_view::npos; at = folded.find(prefix, at + 1)) {
    if (at == 0 || !letter_or_digit(folded[at - 1])) return true;
  }
  return false;
}

struct Tally {
  std::uint64_t count = 0;
  std::uint32_t item = kNone;  // the lowest
};
using Tallies = std::map<std::string, Tally, std::less<>>;  // by folded text

// The best `k` by count, then text.
std::vector<std::pair<std::string_view, Tally>> best_of(const Tallies& tallies, std::size_t k) {
  std::vector<std::pair<std::string_view, Tally>> sorted(tallies.begin(), tallies.end());
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(k, sorted.size()));
  std::partial_sort(sorted.begin(), end, sorted.end(), [](const auto& a, const auto& b) {
    return a.second.count != b.second.count ? a.second.count > b.second.count : a.first < b.first;
  });
  sorted.erase(end, sorted.end());
  return sorted;
}

// Adds the values of a keyword column that `wanted` (by first ordinal of a folded form), counted over documents that `counts`.
template <class Documents>
void tally(const View& view, const Column& column, const std::vector<std::uint8_t>& wanted, const Documents& documents, Tallies& tallies) {
  std::vector<Tally> counted(column.original.size());
  for (const std::uint32_t document : documents) {
    for (const std::uint32_t ordinal : column.ordinals(document)) {
      const std::uint32_t head = column.heads[ordinal];
      if (!wanted.empty() && wanted[head] == 0) continue;
      ++counted[head].count;
      counted[head].item = std::min(counted[head].item, view.segment->ids[document]);
    }
  }
  for (std::uint32_t i = 0; i < counted.size(); ++i) {
    if (counted[i].count == 0) continue;
    Tally& total = tallies[std::string(column.folded[i])];
    total.count += counted[i].count;
    total.item = std::min(total.item, counted[i].item);
  }
}

Tallies tally_values(const LexicalReader& reader, std::string_view field, std::string_view prefix) {
  Tallies tallies;
  for (const View& view : reader.parts().views) {
    const Column* column = view.segment->column(field);
    if (column == nullptr || column->kind != ColumnKind::keyword) continue;
    std::vector<std::uint8_t> wanted(column->original.size());
    bool any = false;
    for (std::uint32_t i = 0; i < wanted.size(); ++i) {
      std::string_view folded = column->folded[i];
      if (field == "category") {  // a path is named by its last part
        const std::size_t cut = folded.rfind(" > ");
        if (cut != std::string_view::npos) folded.remove_prefix(cut + 3);
      }
      if (column->heads[i] != i || !word_begins_with(folded, prefix)) continue;
      wanted[i] = 1;
      any = true;
    }
    if (!any) continue;
    std::vector<std::uint32_t> documents;
    for (std::uint32_t d = 0; d < view.segment->size(); ++d) {
      if (view.shown(d)) documents.push_back(d);
    }
    tally(view, *column, wanted, documents, tallies);
  }
  return tallies;
}

// Shown documents whose title has all the words.
std::vector<std::uint32_t> with_all_words(const View& view, const GatheredWords& gathered, std::size_t v) {
  std::vector<std::uint32_t> documents = gathered.lists.front()[v].documents;
  for (std::size_t w = 1; w < gathered.lists.size(); ++w) {
    const std::vector<std::uint32_t>& more = gathered.lists[w][v].documents;
    std::vector<std::uint32_t> common;
    std::set_intersection(documents.begin(), documents.end(), more.begin(), more.end(), std::back_inserter(common));
    documents = std::move(common);
  }
  std::erase_if(documents, [&](std::uint32_t document) { return !view.shown(document); });
  return documents;
}

}  // namespace

std::vector<Completion> LexicalReader::complete(std::string_view prefix, std::size_t k) const {
  const std::string folded = text::fold(prefix.substr(0, 256));
  if (folded.empty() || k == 0) return {};
  Tallies titles;
  {
    ScratchPool::Lease scratch = parts_.pool->lease();
    const GatheredWords gathered = gather_titles(folded, true, *scratch);
    for (std::size_t v = 0; v < parts_.views.size() && !gathered.words.empty(); ++v) {
      const Column* column = parts_.views[v].segment->column("title");
      if (column != nullptr) tally(parts_.views[v], *column, {}, with_all_words(parts_.views[v], gathered, v), titles);
    }
  }
  std::vector<Completion> named;
  for (const char* field : {"category", "brand"}) {
    const Tallies values = tally_values(*this, field, folded);
    for (const auto& [value, found] : best_of(values, k)) {
      named.push_back({most_common_spelling(*this, field, value), field, kNoItem, found.count});
    }
  }
  std::stable_sort(named.begin(), named.end(), [](const Completion& a, const Completion& b) { return a.count > b.count; });
  std::vector<Completion> items;
  for (const auto& [value, found] : best_of(titles, k)) {
    items.push_back({std::string(keyword(ItemId{found.item}, "title")), "item", ItemId{found.item}, found.count});
  }
  // Half of the places are for items, as far as there are any.
  const std::size_t room = std::max(k - std::min(k, items.size()), (k + 1) / 2);
  if (named.size() > room) named.resize(room);
  for (Completion& item : items) {
    if (named.size() < k) named.push_back(std::move(item));
  }
  return named;
}

std::vector<Hit> LexicalReader::similar_text(ItemId item, std::size_t k, const Roaring* allowed) const {
  const Place place = find(item);
  if (place.view == nullptr || k == 0) return {};
  const Segment& own = *place.view->segment;
  const float own_norm = place.view->titles->values().norms[place.document];
  const std::uint32_t own_group = (*place.view->groups)[place.document];
  if (own_norm <= 0) return {};
  ScratchPool::Lease loan = parts_.pool->lease();
  Scratch& scratch = *loan;
  const Titles& titles = own.titles();
  TopK best(k);
  for (const View& view : parts_.views) {
    const Segment& segment = *view.segment;
    const TitleWeights::Values& weights = view.titles->values();
    scratch.reserve(segment.size());
    std::vector<std::uint32_t> touched;
    for (std::uint32_t i = titles.rows[place.document]; i < titles.rows[place.document + 1]; ++i) {
      const auto term = segment.terms.find(own.terms.word(titles.terms[i]));
      if (!term) continue;
      const float idf = weights.idf[term->number];
      const float weight = static_cast<float>(titles.counts[i]) * idf * idf;
      segment.each_posting(*term, [&](std::uint32_t document, std::span<const std::uint16_t> parts) {
        if (field_of(parts.front()) != 0) return;  // parts stand by field: not in the title
        float& dot = scratch.dense[document];
        if (dot == 0) touched.push_back(document);
        dot += weight * static_cast<float>(frequency_of(parts.front()));
      });
    }
    for (const std::uint32_t document : touched) {
      const float cosine = scratch.dense[document] / (own_norm * weights.norms[document]);
      scratch.dense[document] = 0;
      if (cosine < best.threshold() || !view.shown(document) || (*view.groups)[document] == own_group) continue;
      if (allowed == nullptr || allowed->contains(segment.ids[document])) best.offer(segment.ids[document], cosine);
    }
  }
  std::vector<Hit> hits;
  for (const Scored& scored : best.take()) hits.push_back({ItemId{scored.row}, scored.score});
  return hits;
}

}  // namespace souk::index
