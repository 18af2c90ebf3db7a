#include "souk/index/lexical_query.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <numeric>

#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxFacets = 200;

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
    if (const OfferRow* row = values.offer(document)) best = {false, static_cast<double>(row->availability), {}};
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

QueryRun::QueryRun(const LexicalReader& reader, const LexicalQuery& query, Scratch& scratch)
    : reader_(reader), query_(query), scratch_(scratch), circumstances_{query.market, query.now, query.stats} {
  for (const auto& [field, filter] : query.facet_filters) {
    if (filter == nullptr) continue;
    choices_.push_back(filter);
    choice_fields_.push_back(field);
  }
  candidates_.resize(reader.parts().views.size());
  stages_.resize(candidates_.size());
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
  gathered_ = reader_.find_words(query_.text, query_.prefix_last, scratch_);
  kept_.assign(gathered_.words.size(), true);
  LexicalAnswer answer;
  if (only_the_best() && run_ranked(answer)) {
    name_words(answer);
    return answer;
  }
  const bool blank = query_.text.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!gathered_.words.empty()) {
    query_.match == Match::any ? choose_any() : choose_words();
  } else if (blank) {
    choose_all();
  }
  add_prior();
  if (query_.sort.empty() && !(query_.one_per_group && reader_.parts().grouped)) {
    order_by_score(answer);
    for (const std::string& field : query_.facets) answer.facets[field] = count_facet(field, {});
  } else {
    collect();
    assign_slots();
    order_hits(answer);
    const std::vector<std::uint32_t> grouped = query_.facets.empty() ? std::vector<std::uint32_t>() : grouped_rows();
    for (const std::string& field : query_.facets) answer.facets[field] = count_facet(field, grouped);
  }
  name_words(answer);
  return answer;
}

void QueryRun::add_prior() {
  if (query_.prior.empty()) return;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    Candidates& found = candidates_[v];
    const std::span<const std::uint32_t> items = reader_.parts().views[v].segment->ids;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      const std::uint32_t item = items[found.documents[i]];
      if (item < query_.prior.size() && std::isfinite(query_.prior[item])) found.scores[i] += query_.prior[item];
    }
  }
}

// Every item is a hit of its own, and the scores decide: nothing but the best is kept.
void QueryRun::order_by_score(LexicalAnswer& answer) const {
  const std::size_t wanted = query_.offset + std::min(query_.k, std::size_t{UINT32_MAX});
  TopK best(std::min<std::size_t>(wanted, reader_.documents()));
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    const Candidates& found = candidates_[v];
    const std::span<const std::uint32_t> items = reader_.parts().views[v].segment->ids;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      if (found.verdicts[i] != 0) continue;
      ++answer.total;
      if (wanted > 0 && found.scores[i] >= best.threshold()) best.offer(items[found.documents[i]], found.scores[i]);
    }
  }
  take_page(best, answer);
}

void QueryRun::take_page(TopK& best, LexicalAnswer& answer) const {
  const std::vector<Scored> scored = best.take();
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

// The lists of the words that count, in the order of the query.
std::span<const TermList> QueryRun::lists_of(std::size_t v) {
  lists_.clear();
  units_.clear();
  units_.reserve(kept_.size());
  const UnitScores& scores = reader_.scores(v);
  for (std::size_t w = 0; w < kept_.size(); ++w) {
    if (!kept_[w]) continue;
    TermList list;
    list.idf = gathered_.words[w].idf;
    list.scores = &scores;
    if (const WordList& gathered = gathered_.lists[w][v]; !gathered.documents.empty()) {
      std::vector<float>& units = units_.emplace_back(gathered.frequencies);
      for (float& unit : units) unit = scores.saturated(unit);
      list.documents = gathered.documents;
      list.units = units;
    } else if (const auto& found = gathered_.found[w][v]) {
      list.postings = reader_.parts().views[v].segment->terms.list(*found);
    }
    lists_.push_back(list);
    if (const auto& exact = gathered_.exact[w][v]) {
      TermList form;
      form.idf = gathered_.words[w].exact_idf;
      form.scores = &reader_.exact_scores(v);
      form.postings = reader_.parts().views[v].segment->terms.list(*exact);
      form.optional = true;
      lists_.push_back(form);
    }
  }
  return lists_;
}

// Can the query be answered without looking at every document that matches?
bool QueryRun::only_the_best() const {
  const bool plain = !query_.count && query_.facets.empty() && query_.sort.empty() && query_.filter == nullptr && choices_.empty();
  const bool grouped = query_.one_per_group && reader_.parts().grouped;
  return plain && !grouped && query_.exclude.empty() && (query_.prior.empty() || query_.most_prior > 0) && !gathered_.words.empty() &&
         gathered_.phrases.empty();
}

// A score that k documents of this view reach with one word alone; 0 when nothing is known.
float QueryRun::floor_of(std::span<const TermList> lists, std::size_t v, std::size_t k) const {
  const auto depth = std::ranges::find_if(kKnownDepths, [&](std::uint32_t known) { return known >= k; });
  if (depth == kKnownDepths.end()) return 0;
  const auto i = static_cast<std::size_t>(depth - kKnownDepths.begin());
  float floor = 0;
  for (const TermList& list : lists) {
    if (list.documents.empty() && list.postings.frequency() > 0) {
      floor = std::max(floor, list.idf * reader_.scores(v).at_least(list.postings.known_impact(i)));
    }
  }
  return floor;
}

// False when words would have to be left out.
bool QueryRun::run_ranked(LexicalAnswer& answer) {
  const std::size_t wanted = query_.offset + std::min(query_.k, std::size_t{UINT32_MAX});
  TopK best(std::min<std::size_t>(wanted, reader_.documents()));
  float floor = 0;
  for (std::size_t v = 0; v < candidates_.size() && wanted > 0; ++v) {
    const View& view = reader_.parts().views[v];
    const std::span<const TermList> lists = lists_of(v);
    DocumentSide side;
    side.items = view.segment->ids;
    side.prior = query_.prior;
    if (!query_.prior.empty()) side.most_prior = query_.most_prior;
    Bits shown;
    if (view.hidden != nullptr) {
      for (std::size_t w = 0; w < view.segment->titled.size(); ++w) shown.push_back(view.shown_word(w));
      side.allowed = shown;
    } else if (!view.segment->all_titled) {
      side.allowed = view.segment->titled;
    }
    scratch_.ranked.reserve(view.segment->size());
    if (query_.match == Match::any) {
      if (side.allowed.empty()) floor = std::max(floor, floor_of(lists, v, wanted));
      best_of_any(lists, side, floor, scratch_.ranked, best);
    } else {
      best_of_all(lists, side, 0, scratch_.ranked, best);
    }
  }
  if (query_.match == Match::automatic && best.size() == 0) return false;
  take_page(best, answer);
  answer.total = answer.hits.size();
  answer.counted = false;
  return true;
}

// Every shown document of every view.
void QueryRun::choose_all() {
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    const View& view = reader_.parts().views[v];
    std::vector<std::uint32_t>& documents = candidates_[v].documents;
    documents.reserve(view.segment->size());
    for (std::size_t w = 0; w < view.segment->titled.size(); ++w) {
      for (std::uint64_t word = view.shown_word(w); word != 0; word &= word - 1) {
        documents.push_back(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
    candidates_[v].scores.assign(documents.size(), 0.0F);
    judge(v);
  }
}

std::vector<std::size_t> QueryRun::rarest_first() {
  const std::vector<QueryWord>& words = gathered_.words;
  const bool automatic = query_.match == Match::automatic;
  const bool some = std::any_of(words.begin(), words.end(), [](const QueryWord& word) { return word.frequency > 0; });
  std::vector<std::size_t> order;
  for (std::size_t w = 0; w < words.size(); ++w) {
    // A word that no item has can only be left out.
    if (automatic && some && words[w].frequency == 0) {
      kept_[w] = false;
    } else {
      order.push_back(w);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return words[a].frequency < words[b].frequency; });
  return order;
}

// All words first, beginning with the rarest for the shortest list. Only when nothing has them all, words are left out.
void QueryRun::choose_words() {
  std::vector<std::size_t> order = rarest_first();
  if (choose_kept() || query_.match != Match::automatic) return;
  // Of equally common words the first stays longest.
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto x = gathered_.words[a].frequency, y = gathered_.words[b].frequency;
    return x != y ? x > y : a < b;
  });
  reader_.gather_rest(gathered_, scratch_);
  relax(order);
  choose_kept();
}

// The documents with all the words that count. Does one of them pass the filters?
bool QueryRun::choose_kept() {
  bool found = false;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    Matches matches;
    conjunction(lists_of(v), scratch_.ranked, matches);
    take(std::move(matches), v);
    found = found || std::ranges::count(candidates_[v].verdicts, 0) > 0;
  }
  return found;
}

// Leaving out the rarest words one by one keeps the most common ones, which name the kind of thing ("milk" of "organic oat milk") where
// rare ones describe it. So a document is described by how many of the words, most common first, it holds without a gap; the largest such
// number among documents that pass the filters says how many words stay.
void QueryRun::relax(const std::vector<std::size_t>& order) {
  std::size_t needed = 0;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    chain(order, v);
    judge(v);
    for (std::size_t i = 0; i < stages_[v].size(); ++i) {
      if (candidates_[v].verdicts[i] == 0) needed = std::max<std::size_t>(needed, stages_[v][i]);
    }
  }
  if (needed == 0) needed = order.size();  // nothing passes, whatever is left out: no word is to blame
  for (std::size_t i = needed; i < order.size(); ++i) kept_[order[i]] = false;
}

// The documents of the first word, and for each how far it follows the chain.
void QueryRun::chain(const std::vector<std::size_t>& order, std::size_t view) {
  Candidates& found = candidates_[view];
  found.documents = gathered_.lists[order.front()][view].documents;
  std::vector<std::uint16_t>& stage = scratch_.stage;
  scratch_.reserve(reader_.parts().views[view].segment->size());
  for (const std::uint32_t document : found.documents) stage[document] = 1;
  for (std::size_t i = 1; i < order.size() && !found.documents.empty(); ++i) {
    const auto expected = static_cast<std::uint16_t>(i);
    for (const std::uint32_t document : gathered_.lists[order[i]][view].documents) {
      if (stage[document] == expected) ++stage[document];
    }
  }
  stages_[view].clear();
  for (const std::uint32_t document : found.documents) {
    stages_[view].push_back(stage[document]);
    stage[document] = 0;
  }
}

void QueryRun::choose_any() {
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    Matches matches;
    disjunction(lists_of(v), reader_.parts().views[v].segment->size(), scratch_.ranked, matches);
    take(std::move(matches), v);
  }
}

void QueryRun::take(Matches matches, std::size_t v) {
  candidates_[v].documents = std::move(matches.documents);
  candidates_[v].scores = std::move(matches.scores);
  judge(v);
}

void QueryRun::judge(std::size_t v) {
  const View& view = reader_.parts().views[v];
  const Schema& schema = *reader_.parts().schema;
  Candidates& found = candidates_[v];
  found.verdicts.assign(found.documents.size(), 0);
  if (view.hidden != nullptr || !view.segment->all_titled) {
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      if (!view.shown(found.documents[i])) found.verdicts[i] = kFails;
    }
  }
  for (const ItemId item : query_.exclude) {
    const auto document = view.segment->find(item);
    if (!document) continue;
    const auto at = std::lower_bound(found.documents.begin(), found.documents.end(), *document);
    if (at != found.documents.end() && *at == *document) found.verdicts[static_cast<std::size_t>(at - found.documents.begin())] = kFails;
  }
  judge_phrases(v);
  std::vector<std::uint8_t> holds(found.documents.size());
  if (query_.filter != nullptr) {
    evaluate(*query_.filter, view, schema, circumstances_, found.documents, holds);
    for (std::size_t i = 0; i < holds.size(); ++i) {
      if (holds[i] == 0) found.verdicts[i] = kFails;
    }
  }
  for (std::size_t f = 0; f < choices_.size(); ++f) {
    evaluate(*choices_[f], view, schema, circumstances_, found.documents, holds);
    for (std::size_t i = 0; i < holds.size(); ++i) {
      if (holds[i] == 0) found.verdicts[i] = found.verdicts[i] == 0 ? static_cast<std::uint8_t>(f + 1) : kFails;
    }
  }
}

// What stands in quotation marks must be there as it stands, whichever words are left out.
void QueryRun::judge_phrases(std::size_t v) {
  if (gathered_.phrases.empty()) return;
  const ForwardTerms& forward = reader_.parts().views[v].segment->forward;
  Candidates& found = candidates_[v];
  std::vector<ForwardWord> row;
  std::vector<std::uint32_t> starts;
  for (std::size_t i = 0; i < found.documents.size(); ++i) {
    if (found.verdicts[i] != 0) continue;
    forward.row(found.documents[i], row);
    const bool all = std::ranges::all_of(gathered_.places[v], [&](const auto& slots) { return holds_phrase(row, slots, starts); });
    if (!all) found.verdicts[i] = kFails;
  }
}

void QueryRun::collect() {
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    const Candidates& found = candidates_[v];
    const Segment& segment = *reader_.parts().views[v].segment;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      if (found.verdicts[i] == kFails) continue;
      const std::uint32_t document = found.documents[i];
      rows_.push_back({segment.ids[document], static_cast<std::uint32_t>(v), document, 0, found.scores[i], found.verdicts[i]});
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
