#include "souk/index/reader.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <roaring/roaring.hh>

#include "souk/index/lexical_query.h"
#include "souk/index/ready_filter.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kPrepared = 2000;  // documents of a segment for which tables of scores are made

}  // namespace
void Scratch::reserve(std::size_t documents) {
  if (dense.size() >= documents) return;
  dense.resize(documents);
  stage.resize(documents);
  bits.resize((documents + 63) / 64);
}

LexicalReader::LexicalReader(Parts parts) : parts_(std::move(parts)) {
  const std::size_t fields = parts_.fields->size();
  std::vector<std::uint64_t> totals(fields);
  for (const View& view : parts_.views) {
    documents_ += view.segment->size();
    for (std::size_t f = 0; f < fields; ++f) totals[f] += view.segment->totals[f];
  }
  for (std::size_t f = 0; f < fields; ++f) {
    averages_.push_back(documents_ == 0 ? 0 : static_cast<float>(static_cast<double>(totals[f]) / static_cast<double>(documents_)));
    norms_.push_back(norms_of((*parts_.fields)[f].search, (*parts_.fields)[f].length, averages_[f]));
    exact_norms_.push_back(norms_of((*parts_.fields)[f].exact, (*parts_.fields)[f].length, averages_[f]));
  }
  scores_ = std::make_unique<LazyScores[]>(parts_.views.size());
}

const UnitScores& LexicalReader::scores(std::size_t view) const {
  LazyScores& lazy = scores_[view];
  std::call_once(lazy.made, [&] {
    const Segment& segment = *parts_.views[view].segment;
    lazy.scores = UnitScores(segment.lengths, segment.patterns, norms_, k1());
    if (segment.size() >= kPrepared) lazy.scores.prepare(segment.reference);
  });
  return lazy.scores;
}

const UnitScores& LexicalReader::exact_scores(std::size_t view) const {
  LazyScores& lazy = scores_[view];
  std::call_once(lazy.exact_made, [&] {
    const Segment& segment = *parts_.views[view].segment;
    lazy.exact = UnitScores(segment.lengths, segment.patterns, exact_norms_, k1());
    if (segment.size() >= kPrepared) lazy.exact.prepare(segment.exact_reference);
  });
  return lazy.exact;
}

// One version of an item is visible at most, and mostly that of an old and large segment.
LexicalReader::Place LexicalReader::find(ItemId item) const {
  for (const View& view : parts_.views) {
    const auto document = view.segment->find(item);
    if (document && view.visible(*document)) return {&view, *document};
  }
  return {};
}

std::string_view LexicalReader::keyword(ItemId item, std::string_view field) const {
  const Place place = find(item);
  if (place.view == nullptr) return {};
  const Column* column = place.view->segment->column(field);
  if (column == nullptr || column->kind != ColumnKind::keyword) return {};
  const auto ordinals = column->ordinals(place.document);
  return ordinals.empty() ? std::string_view() : column->original[ordinals.front()];
}

std::optional<double> LexicalReader::number(ItemId item, std::string_view field) const {
  const Place place = find(item);
  if (place.view == nullptr) return std::nullopt;
  const Column* column = place.view->segment->column(field);
  if (column == nullptr || column->kind == ColumnKind::keyword) return std::nullopt;
  const OrdinalList ordinals = column->ordinals(place.document);
  return ordinals.empty() ? std::nullopt : std::optional(column->numbers[ordinals.front()]);
}

std::uint32_t LexicalReader::group_of(ItemId item) const {
  const Place place = find(item);
  return place.view == nullptr ? 2 * index_of(item) : (*place.view->groups)[place.document];
}

bool LexicalReader::shown(ItemId item) const {
  const Place place = find(item);
  return place.view != nullptr && place.view->shown(place.document);
}

std::uint64_t LexicalReader::size() const {
  std::uint64_t visible = 0;
  for (const View& view : parts_.views) visible += view.segment->size() - view.hidden_count;
  return visible;
}

Result<LexicalAnswer> LexicalReader::search(const LexicalQuery& query) const {
  ScratchPool::Lease scratch = parts_.pool->lease();
  return QueryRun(*this, query, *scratch).run();
}

Result<Roaring> LexicalReader::matching(const FilterPtr& filter, std::string_view market, Timestamp now,
                                        std::span<const StatColumn> stats) const {
  Roaring items;
  for (const View& view : parts_.views) {
    Bits bits;
    for (std::size_t w = 0; w < view.segment->titled.size(); ++w) bits.push_back(view.shown_word(w));
    if (filter != nullptr) ReadyFilter(*filter, view, *parts_.schema, {market, now, stats}).narrow(bits);
    std::vector<std::uint32_t> found;
    append_bits(bits, found);
    for (std::uint32_t& document : found) document = view.segment->ids[document];
    items.addMany(found.size(), found.data());
  }
  return items;
}

void LexicalReader::explain_fields(const Segment& segment, std::uint32_t document, std::span<const std::uint16_t> parts,
                                   Explanation& fields) const {
  for (const std::uint16_t part : parts) {
    const std::uint32_t f = field_of(part), count = frequency_of(part);
    const std::uint8_t length = segment.lengths[document * norms_.size() + f];
    fields.parts.push_back({static_cast<float>(count) * norms_[f][length],
                            fmt::format("{}: {} times, weight {}, {} words of {:.1f} on average, b = {}", (*parts_.fields)[f].name, count,
                                        (*parts_.fields)[f].search, length_of_code(length), averages_[f], (*parts_.fields)[f].length),
                            {}});
  }
}

void LexicalReader::explain_exact(std::size_t v, std::uint32_t document, const QueryWord& word, const Dictionary::Term& list,
                                  Explanation& words) const {
  parts_.views[v].segment->each_posting(list, [&](std::uint32_t found, std::span<const std::uint16_t> parts) {
    if (found != document) return;
    float x = 0;
    for (const std::uint16_t part : parts) {
      x += static_cast<float>(frequency_of(part)) *
           exact_norms_[field_of(part)][parts_.views[v].segment->lengths[document * norms_.size() + field_of(part)]];
    }
    words.parts.push_back({contribution(word.exact_idf, x),
                           fmt::format("\"{}\" in its exact form: idf {:.3f}, f {:.3f}", word.surface, word.exact_idf, x),
                           {}});
    words.value += words.parts.back().value;
  });
}

Result<Explanation> LexicalReader::explain(const LexicalQuery& query, ItemId item) const {
  const Place place = find(item);
  if (place.view == nullptr) return fail(ErrorKind::not_found, "this item is not in the index");
  ScratchPool::Lease scratch = parts_.pool->lease();
  GatheredWords gathered = find_words(query.text, query.prefix_last, *scratch);
  gather_rest(gathered, *scratch);
  const auto v = static_cast<std::size_t>(place.view - parts_.views.data());
  const Segment& segment = *place.view->segment;
  Explanation words{0, "BM25F, the sum over the words", {}};
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    const QueryWord& word = gathered.words[w];
    const WordList& list = gathered.lists[w][v];
    const auto at = std::lower_bound(list.documents.begin(), list.documents.end(), place.document);
    if (at == list.documents.end() || *at != place.document) {
      words.parts.push_back({0, fmt::format("\"{}\" does not occur", word.surface), {}});
      continue;
    }
    const float frequency = list.frequencies[static_cast<std::size_t>(at - list.documents.begin())];
    Explanation part{contribution(word.idf, frequency), fmt::format("\"{}\": idf f (k1 + 1) / (f + k1), k1 = {}", word.surface, k1()), {}};
    part.parts.push_back(
        {word.idf, fmt::format("idf = ln(1 + (N - n + 0.5) / (n + 0.5)), N = {} items, n = {} with it", documents_, word.frequency), {}});
    Explanation fields{frequency, "f, the weighted frequency, the sum over the fields", {}};
    if (const auto term = segment.terms.find(word.term)) {
      segment.each_posting(*term, [&](std::uint32_t document, std::span<const std::uint16_t> parts) {
        if (document == place.document) explain_fields(segment, document, parts, fields);
      });
    }
    if (word.prefix) fields.what += "; words beginning so count together";
    part.parts.push_back(std::move(fields));
    words.value += part.value;
    words.parts.push_back(std::move(part));
    if (gathered.exact[w][v]) explain_exact(v, place.document, word, *gathered.exact[w][v], words);
  }
  Explanation total{words.value, "score", {std::move(words)}};
  if (index_of(item) < query.prior.size() && std::isfinite(query.prior[index_of(item)])) {
    total.parts.push_back({query.prior[index_of(item)], "prior", {}});
    total.value += query.prior[index_of(item)];
  }
  return total;
}

Result<std::vector<SortKey>> parse_sort(const std::vector<std::string>& keys, const Schema& schema) {
  std::vector<SortKey> result;
  for (const std::string& key : keys) {
    const std::size_t colon = key.rfind(':');
    const std::string name = key.substr(0, colon), direction = colon == std::string::npos ? "" : key.substr(colon + 1);
    if (!direction.empty() && direction != "asc" && direction != "desc") {
      return fail(Error{ErrorKind::invalid, "cannot read the order", "sort", "asc or desc, as in price:asc", direction, {}});
    }
    if (name == "relevance") {
      result.push_back({"", true});
      continue;
    }
    const Field* field = schema.find(name);
    if (field == nullptr || !field->sort) {
      std::vector<std::string> sortable{"relevance"};
      for (const Field& known : schema.fields()) {
        if (known.sort) sortable.push_back(known.name);
      }
      return fail(Error{ErrorKind::invalid,
                        field == nullptr ? "unknown field" : "this field cannot be sorted by",
                        "sort",
                        fmt::format("{}", fmt::join(sortable, ", ")),
                        name,
                        {}});
    }
    result.push_back({field->name, direction == "desc"});
  }
  return result;
}

}  // namespace souk::index
