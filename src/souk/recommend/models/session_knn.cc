// Session neighbours: sessions like the current one, and what else was chosen in them. Garg et al., "Sequence and Time Aware Neighborhood
// for Session-based Recommendations: STAN", SIGIR 2019, over Jannach and Ludewig, RecSys 2017 (SKNN); the IDF is that of V-SKNN, Ludewig
// and Jannach, UMUAI 2018. For a current session s and a past session n with an item in common:
//   w1(i)    = weight(i) exp(-place of i from the end of s / lambda_position)                             (STAN eq. 1)
//   sim(s,n) = sum over i in both of w1(i) idf(i)^idf / sqrt(|s| |n|)                                     (eq. 2)
//   w2(n)    = exp(-(end of s - end of n) / lambda_age)                                                   (eq. 3)
//   w3(j,n)  = exp(-|position of j in n - position of i*| / lambda_near), i* the item of s chosen last    (eq. 4)
//   score(j) = sum over the `neighbours` sessions with the largest sim w2 of sim w2 w3(j,n) weight(j) idf(j)^item_idf,
// times `known` where j is in s itself; idf(i) = log(sessions / sessions with i). Of the sessions with an item in common, only the `sample`
// that ended last are looked at. A lambda of 0 leaves its factor out. Lengths |s| and |n| count different items.
//
// A session is a shopper's run of events with no more than `gap` between them; without times, or with a gap of 0, all of their events.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/pool.h"
#include "souk/index/sum_row.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"
#include "souk/recommend/models/summed.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 10> kSettings = {"gap",        "history",     "sample", "neighbours", "lambda_position",
                                                        "lambda_age", "lambda_near", "idf",    "item_idf",   "known"};

struct Rule {
  Duration gap = 30 * kMinute;
  std::uint32_t history = 20;  // events of the current session, the newest
  std::uint32_t sample = 2500, neighbours = 500;
  float lambda_position = 1.5F;
  Duration lambda_age = 0;
  float lambda_near = 2.5F;
  float idf = 0, item_idf = 0, known = 1;
};

struct Entry {
  std::uint32_t item = 0;
  std::uint32_t position = 0;  // in its session, of the item's last event there
  float weight = 0;
};

// The different items of a session, by item.
void merge(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.item != b.item ? a.item < b.item : a.position < b.position; });
  std::size_t kept = 0;
  for (const Entry& entry : entries) {
    if (kept > 0 && entries[kept - 1].item == entry.item) {
      entries[kept - 1].position = entry.position;
      entries[kept - 1].weight = std::max(entries[kept - 1].weight, entry.weight);
    } else {
      entries[kept++] = entry;
    }
  }
  entries.resize(kept);
}

// Past sessions, those that ended last at the end; equal ends in the order of the log.
struct Sessions {
  std::vector<std::uint64_t> offsets{0};  // session s holds entries [offsets[s], offsets[s + 1])
  std::vector<Entry> entries;
  std::vector<Timestamp> ends;
  std::vector<std::uint64_t> item_offsets;  // [items + 1]
  std::vector<std::uint32_t> sessions_of;   // sessions of each item, ascending
  std::uint32_t size() const { return static_cast<std::uint32_t>(ends.size()); }
  std::span<const Entry> of(std::uint32_t session) const {
    return std::span(entries).subspan(offsets[session], offsets[session + 1] - offsets[session]);
  }
  std::span<const std::uint32_t> with(std::uint32_t item) const {
    return std::span(sessions_of).subspan(item_offsets[item], item_offsets[item + 1] - item_offsets[item]);
  }
};

// Where the session that holds event `last` of a row begins.
std::size_t begin_of_session(const eval::History& row, std::size_t last, Duration gap) {
  if (gap == 0) return 0;
  std::size_t begin = last;
  while (begin > 0 && row.times[begin] - row.times[begin - 1] <= gap) --begin;
  return begin;
}

Sessions sessions_of(const store::Interactions& log, Duration gap) {
  struct Piece {
    std::uint32_t shopper;
    std::size_t begin, end;
    Timestamp time;
  };
  std::vector<Piece> pieces;
  for (std::uint32_t shopper = 0; shopper + 1 < log.offsets().size(); ++shopper) {
    const auto row = log.row(shopper);
    const std::size_t first = pieces.size();
    for (std::size_t end = row.size(); end > 0;) {
      const std::size_t begin = begin_of_session(row, end - 1, gap);
      pieces.push_back({shopper, begin, end, row.times[end - 1]});
      end = begin;
    }
    std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.time < b.time; });
  Sessions result;
  std::vector<Entry> entries;
  for (const Piece& piece : pieces) {
    const auto row = log.row(piece.shopper);
    entries.clear();
    for (std::size_t i = piece.begin; i < piece.end; ++i) {
      if (row.weights[i] > 0) entries.push_back({row.items[i], static_cast<std::uint32_t>(i - piece.begin), row.weights[i]});
    }
    if (entries.empty()) continue;
    merge(entries);
    result.entries.insert(result.entries.end(), entries.begin(), entries.end());
    result.offsets.push_back(result.entries.size());
    result.ends.push_back(piece.time);
  }
  result.item_offsets.assign(std::size_t{log.items()} + 1, 0);
  for (const Entry& entry : result.entries) ++result.item_offsets[entry.item + 1];
  std::partial_sum(result.item_offsets.begin(), result.item_offsets.end(), result.item_offsets.begin());
  std::vector<std::uint64_t> next(result.item_offsets.begin(), result.item_offsets.end() - 1);
  result.sessions_of.resize(result.entries.size());
  for (std::uint32_t session = 0; session < result.size(); ++session) {
    for (const Entry& entry : result.of(session)) result.sessions_of[next[entry.item]++] = session;
  }
  return result;
}

class SessionKnn final : public Summed<SessionKnn> {
 public:
  SessionKnn(Sessions sessions, Rule rule) : sessions_(std::move(sessions)), rule_(rule) {
    const std::size_t items = sessions_.item_offsets.size() - 1;
    shared_idf_.assign(items, 1.0F);
    item_idf_.assign(items, 1.0F);
    for (std::uint32_t item = 0; item < items; ++item) {
      const auto with = static_cast<double>(sessions_.with(item).size());
      const double idf = with > 0 ? std::log(static_cast<double>(sessions_.size()) / with) : 0.0;
      if (rule_.idf != 0) shared_idf_[item] = static_cast<float>(std::pow(idf, rule_.idf));
      if (rule_.item_idf != 0) item_idf_[item] = static_cast<float>(std::pow(idf, rule_.item_idf));
    }
  }

 private:
  friend Summed<SessionKnn>;
  struct Own {                          // an item of the current session
    std::uint32_t item = 0, place = 0;  // place: from the end of the session, of its last event
    float weight = 0;
  };
  struct Scratch {
    explicit Scratch(std::size_t sessions) : similarity(sessions) {}
    index::SumRow<float> similarity;  // by session
    std::vector<std::uint32_t> sample;
    TopK best{0};
  };

  // The different items of the current session, newest first.
  std::vector<Own> current(const eval::History& history) const {
    std::vector<Own> own;
    if (history.size() == 0) return own;
    std::size_t begin = begin_of_session(history, history.size() - 1, rule_.gap);
    if (rule_.history > 0) begin = std::max(begin, history.size() - std::min<std::size_t>(history.size(), rule_.history));
    for (std::size_t event = history.size(); event-- > begin;) {
      const std::uint32_t item = history.items[event];
      if (!(history.weights[event] > 0)) continue;
      const auto same = std::find_if(own.begin(), own.end(), [&](const Own& one) { return one.item == item; });
      if (same != own.end()) {
        same->weight = std::max(same->weight, history.weights[event]);
      } else {
        own.push_back({item, static_cast<std::uint32_t>(history.size() - 1 - event), history.weights[event]});
      }
    }
    return own;
  }

  template <class Add>
  void each(const eval::History& history, const Add& add) const {
    const std::vector<Own> own = current(history);
    if (own.empty() || sessions_.size() == 0) return;
    auto scratch = scratch_.lease([&] { return std::make_unique<Scratch>(sessions_.size()); });
    find_neighbours(own, history.times.back(), *scratch);
    for (const Scored& neighbour : scratch->best.take()) {
      const std::span<const Entry> entries = sessions_.of(neighbour.row);
      const std::uint32_t meeting = last_shared(own, entries);
      for (const Entry& entry : entries) {
        float value = neighbour.score * entry.weight * item_idf_[entry.item];
        if (rule_.lambda_near > 0) {
          const auto distance = static_cast<float>(std::max(entry.position, meeting) - std::min(entry.position, meeting));
          value *= std::exp(-distance / rule_.lambda_near);
        }
        const bool known = std::any_of(own.begin(), own.end(), [&](const Own& one) { return one.item == entry.item; });
        if (known) value *= rule_.known;
        if (value > 0) add(entry.item, value);
      }
    }
    scratch->similarity.clear();
  }

  // Leaves the neighbours and their sim w2 in scratch.best.
  void find_neighbours(const std::vector<Own>& own, Timestamp now, Scratch& scratch) const {
    for (const Own& one : own) {
      std::span<const std::uint32_t> sessions = sessions_.with(one.item);
      // A session among the `sample` latest of all is among the `sample` latest of each of its items.
      if (rule_.sample > 0 && sessions.size() > rule_.sample) sessions = sessions.last(rule_.sample);
      float weight = one.weight * shared_idf_[one.item];
      if (rule_.lambda_position > 0) weight *= std::exp(-static_cast<float>(one.place) / rule_.lambda_position);
      for (const std::uint32_t session : sessions) scratch.similarity.add(session, weight);
    }
    scratch.sample.assign(scratch.similarity.touched().begin(), scratch.similarity.touched().end());
    if (rule_.sample > 0 && scratch.sample.size() > rule_.sample) {
      std::nth_element(scratch.sample.begin(), scratch.sample.begin() + rule_.sample, scratch.sample.end(), std::greater<>());
      scratch.sample.resize(rule_.sample);
    }
    scratch.best.reset(rule_.neighbours == 0 ? scratch.sample.size() : std::min<std::size_t>(rule_.neighbours, scratch.sample.size()));
    for (const std::uint32_t session : scratch.sample) {
      const auto lengths = static_cast<float>(own.size()) * static_cast<float>(sessions_.of(session).size());
      float similarity = scratch.similarity.sum(session) / std::sqrt(lengths);
      if (rule_.lambda_age > 0) {
        const auto age = static_cast<double>(std::max<Duration>(0, now - sessions_.ends[session]));
        similarity *= static_cast<float>(std::exp(-age / static_cast<double>(rule_.lambda_age)));
      }
      scratch.best.offer(session, similarity);
    }
  }

  // The position in a past session of the item that the current session chose last.
  static std::uint32_t last_shared(const std::vector<Own>& own, std::span<const Entry> entries) {
    for (const Own& one : own) {
      const auto found = std::lower_bound(entries.begin(), entries.end(), one.item,
                                          [](const Entry& entry, std::uint32_t item) { return entry.item < item; });
      if (found != entries.end() && found->item == one.item) return found->position;
    }
    return 0;
  }

  Sessions sessions_;
  Rule rule_;
  std::vector<float> shared_idf_, item_idf_;  // [items], to their powers
  mutable Pool<Scratch> scratch_;
};

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  const Config& settings = input.settings;
  SOUK_CHECK(only_settings(settings, kSettings));
  Rule rule;
  SOUK_TRY(rule.gap, span_setting(settings, "gap", rule.gap));
  SOUK_TRY(rule.history, count_setting(settings, "history", rule.history));
  SOUK_TRY(rule.sample, count_setting(settings, "sample", rule.sample));
  SOUK_TRY(rule.neighbours, count_setting(settings, "neighbours", rule.neighbours));
  SOUK_TRY(rule.lambda_position, number_setting(settings, "lambda_position", rule.lambda_position));
  SOUK_TRY(rule.lambda_age, span_setting(settings, "lambda_age", rule.lambda_age));
  SOUK_TRY(rule.lambda_near, number_setting(settings, "lambda_near", rule.lambda_near));
  SOUK_TRY(rule.idf, number_setting(settings, "idf", rule.idf));
  SOUK_TRY(rule.item_idf, number_setting(settings, "item_idf", rule.item_idf));
  SOUK_TRY(rule.known, number_setting(settings, "known", rule.known));
  if (!input.train.timed()) {  // times say nothing: a row is one session, and none is older than another
    rule.gap = 0;
    rule.lambda_age = 0;
  }
  return std::make_unique<SessionKnn>(sessions_of(input.train, rule.gap), rule);
}

}  // namespace

RankModelEntry session_knn_entry() {
  return {"session-knn", "sessions like the current one, and what else was chosen in them", kSettings, reweighable<fit>};
}

}  // namespace souk::recommend
