#include "souk/index/lexical_query.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <numeric>

#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxFacets = 200;
constexpr std::size_t kMaxSortKeys = 8;  // each is looked up for every item that matches, and kept until they are in order

struct SortValue {
  bool missing = true;
  double number = 0;
  std::string_view text;
};

// The value that decides: the least of a document's values going up, the greatest going down.
SortValue sort_value(const FieldValues& values, std::uint32_t document, bool descending) {
  SortValue best;
  if (values.kind() == FieldValues::Kind::keyword) {
    const Column& column = values.column();
    for (const std::uint32_t ordinal : column.ordinals(document)) {
      const std::string_view text = column.folded[ordinal];
      if (best.missing || (descending ? text > best.text : text < best.text)) best = {false, 0, text};
    }
  } else if (values.kind() == FieldValues::Kind::availability) {
    if (const auto row = values.offer(document)) best = {false, static_cast<double>(row->availability), {}};
  } else {
    values.any_number(document, [&](double number) {
      if (best.missing || (descending ? number > best.number : number < best.number)) best = {false, number, {}};
      return false;
    });
  }
  return best;
}

// Negative: a before b. Missing values stand last either way.
int compare(const SortValue& a, const SortValue& b, bool descending) {
  if (a.missing || b.missing) return static_cast<int>(a.missing) - static_cast<int>(b.missing);
  const int order = a.number != b.number ? (a.number < b.number ? -1 : 1) : a.text.compare(b.text);
  return descending ? -order : order;
}

}  // namespace

QueryRun::QueryRun(const LexicalReader& reader, const LexicalQuery& query, Scratch& scratch, Way way)
    : reader_(reader),
      query_(query),
      scratch_(scratch),
      way_(way),
      circumstances_{query.market, query.now, query.stats},
      filter_(query.filter) {
  for (const auto& [field, filter] : query.facet_filters) {
    if (filter == nullptr) continue;
    // A choice shrinks everything but the counts of its own facet; where those are not asked for it is a filter like any other.
    if (std::ranges::find(query.facets, field) == query.facets.end()) {
      filter_ = both(filter_, filter);
      continue;
    }
    choices_.push_back(filter);
    choice_fields_.push_back(field);
  }
  candidates_.resize(reader.parts().views.size());
  stages_.resize(candidates_.size());
  filters_.resize(candidates_.size());
  by_score_ = query.sort.empty() && !(query.one_per_group && reader.parts().grouped);
  wanted_ = std::min<std::size_t>(query.offset + std::min(query.k, std::size_t{UINT32_MAX}), reader.documents());
  best_.reset(wanted_);
}

Status QueryRun::check() const {
  const Schema& schema = *reader_.parts().schema;
  const auto wrong = [&](const std::string& what, const std::string& name, const std::string& where) {
    const auto near = nearest_name(name, schema.names());
    return fail(Error{ErrorKind::invalid, what, where, near ? "a field such as " + *near : "a field of this shop", name, {}});
  };
  if (query_.facets.size() > kMaxFacets || choices_.size() > kMaxFacets) {
    return fail(ErrorKind::limit, "too many facets", "facets", fmt::format("Ask for at most {}.", kMaxFacets));
  }
  for (const std::string& name : query_.facets) {
    const Field* field = schema.find(name);
    if (field == nullptr || field->name != name || !field->facet) return wrong("this is not a facet", name, "facets");
  }
  if (query_.sort.size() > kMaxSortKeys) {
    return fail(ErrorKind::limit, "too many fields to sort by", "sort", fmt::format("Ask for at most {}.", kMaxSortKeys));
  }
  for (const SortKey& key : query_.sort) {
    const Field* field = schema.find(key.field);
    if (!key.field.empty() && (field == nullptr || field->name != key.field || !field->sort)) {
      return wrong("this field cannot be sorted by", key.field, "sort");
    }
  }
  return {};
}

Result<LexicalAnswer> QueryRun::run() {
  SOUK_CHECK(check());
  const bool all = query_.match == Match::all;
  gathered_ = reader_.find_words(query_.text, query_.prefix_last, scratch_, all);
  kept_.assign(gathered_.words.size(), true);
  const bool nothing = all && std::ranges::any_of(gathered_.words, [](const QueryWord& word) { return word.frequency == 0; });
  LexicalAnswer answer;
  if (!nothing && only_the_best() && run_ranked(answer)) {
    name_words(answer);
    return answer;
  }
  const bool blank = query_.text.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!gathered_.words.empty() && !nothing) {
    query_.match == Match::any ? choose_any() : choose_words();
  } else if (blank && !nothing) {
    choose_all();
  }
  add_prior();
  std::vector<std::uint32_t> grouped;
  if (by_score_) {
    order_by_score(answer);
  } else {
    collect();
    assign_slots();
    if (!query_.sort.empty()) {
      order_hits(answer);
    } else if (collapsed_) {
      order_groups(answer);
    } else {
      order_by_score(answer);
    }
    if (collapsed_ && !query_.facets.empty()) grouped = grouped_rows();
  }
  for (const std::string& field : query_.facets) {
    if (!answer.facets.contains(field)) answer.facets[field] = count_facet(field, grouped);
  }
  name_words(answer);
  return answer;
}

void QueryRun::add_prior() {
  if (query_.prior.empty()) return;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    Candidates& found = candidates_[v];
    const std::span<const std::uint32_t> items = reader_.parts().views[v].segment->ids;
    for (std::size_t i = 0; i < found.scores.size(); ++i) {
      const std::uint32_t item = items[found.documents[i]];
      if (item < query_.prior.size() && std::isfinite(query_.prior[item])) found.scores[i] += query_.prior[item];
    }
  }
}

// Every document is a hit of its own, and the scores decide: nothing but the best is kept.
void QueryRun::order_by_score(LexicalAnswer& answer) {
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    const Candidates& found = candidates_[v];
    answer.total += found.passing();
    if (found.ranked || wanted_ == 0) continue;
    const std::span<const std::uint32_t> items = reader_.parts().views[v].segment->ids;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      if (found.scores[i] >= best_.threshold() && found.passes(i)) best_.offer(items[found.documents[i]], found.scores[i]);
    }
  }
  take_page(answer);
}

void QueryRun::take_page(LexicalAnswer& answer) {
  const std::vector<Scored> scored = best_.take();
  for (std::size_t i = query_.offset; i < scored.size(); ++i) answer.hits.push_back({ItemId{scored[i].row}, scored[i].score});
}

void QueryRun::name_words(LexicalAnswer& answer) const {
  for (std::size_t w = 0; w < gathered_.words.size(); ++w) {
    const QueryWord& word = gathered_.words[w];
    if (!kept_[w]) {
      answer.dropped.push_back(word.surface);
      continue;
    }
    for (const text::Alternative& alternative : word.reading.alternatives) {
      for (const text::QueryTerm& term : alternative.terms) {
        if (std::ranges::find(answer.terms, term.term) == answer.terms.end()) answer.terms.push_back(term.term);
      }
    }
    if (word.prefix && answer.terms.back() != word.surface) answer.terms.push_back(word.surface);  // last: what highlighting completes
  }
  answer.dropped.insert(answer.dropped.end(), gathered_.beyond.begin(), gathered_.beyond.end());
}

void QueryRun::collect() {
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    const Candidates& found = candidates_[v];
    const Segment& segment = *reader_.parts().views[v].segment;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      const std::uint8_t verdict = found.verdicts.empty() ? std::uint8_t{0} : found.verdicts[i];
      if (verdict == kFails) continue;
      const std::uint32_t document = found.documents[i];
      rows_.push_back({segment.ids[document], static_cast<std::uint32_t>(v), document, 0, found.scores[i], verdict});
    }
  }
}

// A slot a group, in the order in which they are met.
void QueryRun::assign_slots() {
  if (!query_.one_per_group) {
    for (Row& row : rows_) row.slot = slots_++;
    return;
  }
  std::vector<std::uint32_t>& slots = scratch_.slots;
  if (slots.size() < reader_.parts().group_numbers) slots.resize(reader_.parts().group_numbers);
  const auto& views = reader_.parts().views;
  for (Row& row : rows_) {
    std::uint32_t& slot = slots[(*views[row.view].groups)[row.document]];
    if (slot == 0) {
      slot = ++slots_;
    } else {
      collapsed_ = true;
    }
    row.slot = slot - 1;
  }
  for (const Row& row : rows_) slots[(*views[row.view].groups)[row.document]] = 0;
}

std::vector<std::uint32_t> QueryRun::grouped_rows() const {
  std::vector<std::uint32_t> order(rows_.size());
  if (!collapsed_) {
    std::iota(order.begin(), order.end(), 0U);
    return order;
  }
  std::vector<std::uint32_t> next(slots_ + 1);
  for (const Row& row : rows_) ++next[row.slot + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::uint32_t i = 0; i < rows_.size(); ++i) order[next[rows_[i].slot]++] = i;
  return order;
}

// Rows in the order of the hits. Within a group the same order decides, so that sorting by price shows the cheapest variant.
class QueryRun::HitOrder {
 public:
  HitOrder(const QueryRun& run, std::span<const std::uint32_t> rows) : run_(run), keys_(run.query_.sort.size()) {
    const auto& parts = run.reader_.parts();
    values_.resize(rows.size() * keys_);
    for (std::size_t k = 0; k < keys_; ++k) {
      const SortKey& key = run.query_.sort[k];
      if (key.field.empty()) continue;
      std::vector<FieldValues> fields;
      for (const View& view : parts.views) fields.emplace_back(view, *parts.schema, key.field, run.circumstances_);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = run.rows_[rows[i]];
        values_[i * keys_ + k] = sort_value(fields[row.view], row.document, key.descending);
      }
    }
    rows_.assign(rows.begin(), rows.end());
  }
  // Is the a-th of the rows before the b-th?
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    const Row &left = run_.rows_[rows_[a]], &right = run_.rows_[rows_[b]];
    for (std::size_t k = 0; k < keys_; ++k) {
      const SortKey& key = run_.query_.sort[k];
      if (key.field.empty()) {
        if (left.score != right.score) return left.score > right.score;
      } else if (const int order = compare(values_[a * keys_ + k], values_[b * keys_ + k], key.descending); order != 0) {
        return order < 0;
      }
    }
    if (keys_ == 0 && left.score != right.score) return left.score > right.score;
    return left.item < right.item;
  }

 private:
  const QueryRun& run_;
  std::size_t keys_;
  std::vector<SortValue> values_;  // [rows, keys]
  std::vector<std::uint32_t> rows_;
};

// The best of each group by score, where nothing else orders them.
void QueryRun::order_groups(LexicalAnswer& answer) {
  std::vector<Scored> winners(slots_, Scored{kNone, 0});
  for (const Row& row : rows_) {
    if (row.verdict != 0) continue;
    Scored& winner = winners[row.slot];
    const Scored candidate{row.item, row.score};
    if (winner.row == kNone || better(candidate, winner)) winner = candidate;
  }
  for (const Scored& winner : winners) {
    if (winner.row == kNone) continue;
    ++answer.total;
    if (wanted_ > 0 && winner.score >= best_.threshold()) best_.offer(winner.row, winner.score);
  }
  take_page(answer);
}

void QueryRun::order_hits(LexicalAnswer& answer) const {
  std::vector<std::uint32_t> passing;
  passing.reserve(rows_.size());
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].verdict == 0) passing.push_back(i);
  }
  const HitOrder before(*this, passing);
  std::vector<std::uint32_t> best;  // indices into `passing`
  if (collapsed_) {
    std::vector<std::uint32_t> winner(slots_, kNone);
    for (std::uint32_t i = 0; i < passing.size(); ++i) {
      std::uint32_t& slot = winner[rows_[passing[i]].slot];
      if (slot == kNone || before(i, slot)) slot = i;
    }
    std::copy_if(winner.begin(), winner.end(), std::back_inserter(best), [](std::uint32_t i) { return i != kNone; });
  } else {
    best.resize(passing.size());
    std::iota(best.begin(), best.end(), 0U);
  }
  answer.total = best.size();
  const std::size_t first = std::min(query_.offset, best.size());
  const std::size_t last = first + std::min(query_.k, best.size() - first);
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(last), best.end(), std::cref(before));
  for (std::size_t i = first; i < last; ++i) {
    const Row& row = rows_[passing[best[i]]];
    answer.hits.push_back({ItemId{row.item}, row.score});
  }
}

}  // namespace souk::index
