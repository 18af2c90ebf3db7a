// Which documents a query may show, segment by segment.
#include <algorithm>
#include <bit>
#include <limits>

#include "souk/base/kernels/code_bits.h"
#include "souk/index/lexical_query.h"

namespace souk::index {
namespace {

// From so many postings, or so many for each document of the segment, on it pays to unite documents as bits and to look for the best of
// them by themselves; below, scoring them all is cheaper.
constexpr std::uint64_t kManyPostings = 2048;
constexpr double kManyADocument = 1.0 / 64;
// A filter that at most so many of the documents hold leads: what it leaves is scored, blocks of postings without any of it are not read.
constexpr std::uint64_t kSelective = 16;
// Among so many times the documents that are wanted, there should be enough allowed ones when that is their share.
constexpr double kFloorDepth = 1.5;
// Up to so many look-ups, documents are scored one by one.
constexpr std::uint64_t kFewLookUps = 2000;

std::uint64_t postings_of(std::span<const TermList> lists) {
  std::uint64_t postings = 0;
  for (const TermList& list : lists) postings += list.optional ? 0 : list.frequency();
  return postings;
}

bool is_single(std::span<const TermList> lists) {
  return std::ranges::count(lists, false, &TermList::optional) == 1;
}

}  // namespace

// The lists of the words that count, in the order of the query.
std::span<const TermList> QueryRun::lists_of(std::size_t v) {
  lists_.clear();
  units_.clear();
  units_.reserve(kept_.size());
  lists_.reserve(kept_.size());
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

// Made when first asked for; null without a filter.
const ReadyFilter* QueryRun::filter_of(std::size_t v) {
  if (filter_ == nullptr) return nullptr;
  if (filters_[v] == nullptr) {
    const auto& parts = reader_.parts();
    filters_[v] = std::make_unique<ReadyFilter>(*filter_, parts.views[v], *parts.schema, circumstances_);
  }
  return filters_[v].get();
}

// ---- nothing but the best

// Can the query be answered without looking at every document that matches?
bool QueryRun::only_the_best() const {
  const bool plain = query_.facets.empty() && by_score_ && prior_is_bounded() && !gathered_.words.empty() && gathered_.phrases.empty();
  return plain && (!query_.count || known_total());
}

// How many documents match, where the lists tell: one word that nothing restricts.
std::optional<std::uint64_t> QueryRun::known_total() const {
  if (gathered_.words.size() != 1 || filter_ != nullptr || !query_.exclude.empty()) return std::nullopt;
  const bool all_shown =
      std::ranges::all_of(reader_.parts().views, [](const View& view) { return view.hidden == nullptr && view.segment->all_titled; });
  return all_shown ? std::optional(gathered_.words.front().frequency) : std::nullopt;
}

// A score that k documents of this view reach with one word alone; 0 when nothing is known.
float QueryRun::floor_of(std::span<const TermList> lists, std::size_t k) {
  const auto depth = std::ranges::find_if(kKnownDepths, [&](std::uint32_t known) { return known >= k; });
  if (depth == kKnownDepths.end()) return 0;
  const auto i = static_cast<std::size_t>(depth - kKnownDepths.begin());
  float floor = 0;
  for (const TermList& list : lists) {
    if (list.documents.empty() && list.postings.frequency() > 0) {
      floor = std::max(floor, list.idf * list.scores->at_least(list.postings.known_impact(i)));
    }
  }
  return floor;
}

// The documents of a view that are shown and not excluded, as bits; false when all are, and `bits` stays empty.
bool QueryRun::shown_bits(std::size_t v, Bits& bits) const {
  const View& view = reader_.parts().views[v];
  bits.clear();
  if (view.hidden == nullptr && view.segment->all_titled && query_.exclude.empty()) return false;
  bits.reserve(view.segment->titled.size());
  for (std::size_t w = 0; w < view.segment->titled.size(); ++w) bits.push_back(view.shown_word(w));
  exclude(v, bits);
  return true;
}

void QueryRun::exclude(std::size_t v, std::span<std::uint64_t> bits) const {
  for (const ItemId item : query_.exclude) {
    if (const auto document = reader_.parts().views[v].segment->find(item)) {
      bits[*document / 64] &= ~(std::uint64_t{1} << (*document % 64));
    }
  }
}

DocumentSide QueryRun::side_of(std::size_t v) const {
  DocumentSide side;
  side.items = reader_.parts().views[v].segment->ids;
  side.prior = query_.prior;
  if (!query_.prior.empty()) side.most_prior = query_.most_prior;
  return side;
}

// False when words would have to be left out.
bool QueryRun::run_ranked(LexicalAnswer& answer) {
  float floor = 0;
  Bits shown;
  for (std::size_t v = 0; v < candidates_.size() && wanted_ > 0; ++v) {
    const std::uint32_t size = reader_.parts().views[v].segment->size();
    const std::span<const TermList> lists = lists_of(v);
    DocumentSide side = side_of(v);
    shown_bits(v, shown);
    scratch_.ranked.reserve(size);
    const ReadyFilter* filter = filter_of(v);
    if (query_.match == Match::any) {
      if (filter != nullptr) {
        if (shown.empty()) fill_bits(shown, size);
        filter->narrow(shown);
      }
      if (shown.empty()) floor = std::max(floor, floor_of(lists, wanted_));
      side.allowed = shown;
      best_of_any(lists, side, floor, scratch_.ranked, best_);
    } else {
      side.allowed = shown;
      side.filter = filter;
      best_of_all(lists, side, 0, scratch_.ranked, best_);
    }
  }
  if (query_.match == Match::automatic && best_.size() == 0) return false;
  take_page(answer);
  answer.counted = query_.count;
  answer.total = query_.count ? *known_total() : answer.hits.size();
  return true;
}

// ---- all that match

// Every shown document of every view.
void QueryRun::choose_all() {
  Bits bits;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    if (!shown_bits(v, bits)) fill_bits(bits, reader_.parts().views[v].segment->size());
    if (const ReadyFilter* filter = filter_of(v)) filter->narrow(bits);
    Candidates& found = candidates_[v];
    append_bits(bits, found.documents);
    found.scores.assign(found.documents.size(), 0.0F);
    judge_choices(v);
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
    const std::span<const TermList> lists = lists_of(v);
    if (nothing_in_all(lists)) {
      candidates_[v] = {};
    } else if (is_single(lists)) {
      choose_any_of(v, lists);
    } else {
      Matches matches;
      conjunction(lists, filter_of(v), scratch_.ranked, matches);
      take(std::move(matches), v, true);
    }
    found = found || candidates_[v].passing() > 0;
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
    judge(v, false);
    for (std::size_t i = 0; i < stages_[v].size(); ++i) {
      if (candidates_[v].passes(i)) needed = std::max<std::size_t>(needed, stages_[v][i]);
    }
  }
  if (needed == 0) needed = order.size();  // nothing passes, whatever is left out: no word is to blame
  for (std::size_t i = needed; i < order.size(); ++i) kept_[order[i]] = false;
}

// The documents of the first word, and for each how far it follows the chain.
void QueryRun::chain(const std::vector<std::size_t>& order, std::size_t view) {
  Candidates& found = candidates_[view];
  found = {};
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
  for (std::size_t v = 0; v < candidates_.size(); ++v) choose_any_of(v, lists_of(v));
}

Way QueryRun::way_of(std::size_t v, std::span<const TermList> lists) {
  if (!gathered_.phrases.empty()) return Way::scored;  // few are left, and each is looked at
  const ReadyFilter* filter = filter_of(v);
  const bool rankable = by_score_ && prior_is_bounded();
  if (way_ == Way::filtered && filter == nullptr) return Way::scored;
  if (way_ == Way::united || way_ == Way::looked_up) return rankable ? way_ : Way::scored;
  if (way_ != Way::cheapest) return way_;
  const std::uint32_t size = reader_.parts().views[v].segment->size();
  const std::uint64_t postings = postings_of(lists);
  const bool many = postings >= kManyPostings && static_cast<double>(postings) >= kManyADocument * size;
  if (many && filter != nullptr && filter->most() * kSelective <= size) return Way::filtered;
  return rankable && (many || wanted_ == 0) ? Way::united : Way::scored;
}

void QueryRun::choose_any_of(std::size_t v, std::span<const TermList> lists) {
  const Way way = way_of(v, lists);
  if (way == Way::united || way == Way::looked_up) return choose_united(v, lists);
  const std::uint32_t size = reader_.parts().views[v].segment->size();
  Matches matches;
  if (way == Way::scored) {
    const bool single = is_single(lists);  // its documents stand in order, and need not be scored before they are filtered
    if (single) {
      conjunction(lists, filter_of(v), scratch_.ranked, matches);
    } else {
      disjunction(lists, size, {}, scratch_.ranked, matches);
    }
    return take(std::move(matches), v, single);
  }
  Bits allowed;
  if (!shown_bits(v, allowed)) fill_bits(allowed, size);
  filter_of(v)->narrow(allowed);
  disjunction(lists, size, allowed, scratch_.ranked, matches);
  candidates_[v] = {.documents = std::move(matches.documents), .scores = std::move(matches.scores)};
  judge_choices(v);
}

// Any word will do and many documents have one: they are found as bits, and only the best of them are scored.
void QueryRun::choose_united(std::size_t v, std::span<const TermList> lists) {
  const View& view = reader_.parts().views[v];
  const std::uint32_t size = view.segment->size();
  Bits bits(view.segment->titled.size());
  unite(lists, size, scratch_.ranked, bits);
  bool restricted = view.hidden != nullptr || !view.segment->all_titled || !query_.exclude.empty();
  const std::size_t matching = kernels::count_bits(bits);
  if (restricted) {
    for (std::size_t w = 0; w < bits.size(); ++w) bits[w] &= view.shown_word(w);
    exclude(v, bits);
  }
  if (const ReadyFilter* filter = filter_of(v)) {
    filter->narrow(bits);
    restricted = true;
  }
  Candidates& found = candidates_[v];
  found = {};
  append_bits(bits, found.documents);
  judge_choices(v);
  found.ranked = true;
  if (wanted_ == 0 || found.documents.empty()) return;
  if (!found.verdicts.empty()) {
    restricted = true;
    for (std::size_t i = 0; i < found.documents.size(); ++i) {
      if (found.verdicts[i] != 0) bits[found.documents[i] / 64] &= ~(std::uint64_t{1} << (found.documents[i] % 64));
    }
  }
  const bool few = restricted && found.documents.size() * lists.size() <= kFewLookUps;
  if (way_ == Way::looked_up || (few && way_ != Way::united)) {
    found.ranked = false;
    return score_documents(lists, found.documents, scratch_.ranked, found.scores);
  }
  DocumentSide side = side_of(v);
  if (!restricted) return best_of_any(lists, side, floor_of(lists, wanted_), scratch_.ranked, best_);
  side.allowed = bits;
  const double share = static_cast<double>(found.passing()) / static_cast<double>(matching);
  offer_best(lists, side, share > 0 ? kFloorDepth * static_cast<double>(wanted_) / share : 0);
}

// The best of the allowed documents. How good the best are is known of all documents of a word: it is guessed that `depth` of these have
// enough allowed ones among them, and where that was wrong everything is done again without.
void QueryRun::offer_best(std::span<const TermList> lists, const DocumentSide& side, double depth) {
  const float certain = std::max(0.0F, best_.threshold());
  const float guess = depth >= 1 && depth < 1e6 ? floor_of(lists, static_cast<std::size_t>(depth)) : 0;
  TopK own(wanted_);
  best_of_any(lists, side, std::max(certain, guess), scratch_.ranked, own);
  if (guess > certain && !(own.size() == wanted_ && own.threshold() >= guess)) {
    own.reset(wanted_);
    best_of_any(lists, side, certain, scratch_.ranked, own);
  }
  for (const Scored& one : own.take()) best_.offer(one.row, one.score);
}

void QueryRun::take(Matches matches, std::size_t v, bool filtered) {
  candidates_[v] = {.documents = std::move(matches.documents), .scores = std::move(matches.scores)};
  judge(v, filtered);
}

// Leaves out documents that are hidden, excluded, lack a phrase or do not pass the filter, and asks the choices of facets about the others.
void QueryRun::judge(std::size_t v, bool filtered) {
  const View& view = reader_.parts().views[v];
  Candidates& found = candidates_[v];
  std::vector<std::uint8_t> stay;
  const auto and_stay = [&](auto holds) {
    if (stay.empty()) stay.assign(found.documents.size(), 1);
    for (std::size_t i = 0; i < stay.size(); ++i) stay[i] = stay[i] != 0 && holds(found.documents[i]) ? 1 : 0;
  };
  if (const ReadyFilter* filter = filter_of(v); filter != nullptr && !filtered && !found.documents.empty()) {
    stay.resize(found.documents.size());
    filter->test(found.documents, stay);
  }
  if (view.hidden != nullptr || !view.segment->all_titled) and_stay([&](std::uint32_t document) { return view.shown(document); });
  for (const ItemId item : query_.exclude) {
    if (const auto excluded = view.segment->find(item)) and_stay([&](std::uint32_t document) { return document != *excluded; });
  }
  if (!gathered_.phrases.empty()) {  // must be there as they stand, whichever words are left out
    std::vector<ForwardWord> row;
    std::vector<std::uint32_t> starts;
    and_stay([&](std::uint32_t document) {
      view.segment->forward.row(document, row);
      return std::ranges::all_of(gathered_.places[v], [&](const auto& slots) { return holds_phrase(row, slots, starts); });
    });
  }
  if (!stay.empty()) leave_out(v, stay);
  judge_choices(v);
}

// Keeps the documents marked to stay, and what stands beside them.
void QueryRun::leave_out(std::size_t v, std::span<const std::uint8_t> stay) {
  const auto keep = [&](auto& beside) {
    if (beside.size() != stay.size()) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < stay.size(); ++i) {
      beside[kept] = beside[i];
      kept += stay[i];
    }
    beside.resize(kept);
  };
  keep(candidates_[v].scores);
  keep(stages_[v]);
  keep(candidates_[v].documents);
}

void QueryRun::judge_choices(std::size_t v) {
  Candidates& found = candidates_[v];
  found.verdicts.clear();
  if (choices_.empty()) return;
  const auto& parts = reader_.parts();
  found.verdicts.resize(found.documents.size());
  std::vector<std::uint8_t> holds(found.documents.size());
  for (std::size_t f = 0; f < choices_.size(); ++f) {
    ReadyFilter(*choices_[f], parts.views[v], *parts.schema, circumstances_).test(found.documents, holds);
    for (std::size_t i = 0; i < holds.size(); ++i) {
      if (holds[i] == 0) found.verdicts[i] = found.verdicts[i] == 0 ? static_cast<std::uint8_t>(f + 1) : kFails;
    }
  }
}

}  // namespace souk::index
