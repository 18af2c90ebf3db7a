// Count tables over Interactions: what can be said about items by counting. They are served as shelves and printed as floors by every
// evaluation. All are fitted from Interactions (item rows) and immutable; files are section files written by Tables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"
#include "souk/index/item_knn.h"
#include "souk/index/sparse_rows.h"
#include "souk/store/interactions.h"

namespace souk::index {

// Decayed co-visitation. w(a,b) = sum over sequences and pairs of different items at distance d <= window of 1/d^distance, times
// `backward` where b came before a (1: symmetric); w(a,a) = self n_a, so that an item recommends itself a little;
// score(b | history) = sum over the `history` most recent items a_i (i = 0 newest) of w(a_i,b) / ((i+1)^decay n_a^alpha n_b^beta),
// n = an item's number of events. `weighted`: a pair counts the product of its events' weights, n their sum, and a_i its event's weight.
struct CoVisitConfig {
  std::uint32_t window = 8;
  std::uint32_t history = 10;
  float alpha = 0.5F, beta = 0.3F;
  std::uint32_t keep = 0;  // neighbours kept an item, best first; 0: all
  float distance = 1, backward = 1, self = 0, decay = 1;
  std::uint32_t weighted = 0;  // 1: yes
};
class CoVisit {
 public:
  static CoVisit fit(const store::Interactions& log, const CoVisitConfig& config, unsigned threads, Progress& progress);
  // Neighbours of an item with w/(n_a^alpha n_b^beta), best first.
  SparseRows::Row neighbours(std::uint32_t item) const { return rows_.row(item); }
  std::uint32_t items() const { return rows_.rows(); }
  // What the item at place i counts, counted from the newest at 0.
  float recency(std::size_t i) const;
  // Adds the scores of all items for a history (oldest first, as in Interactions) to `scores` [items].
  void score(std::span<const std::uint32_t> history, std::span<float> scores) const;
  const CoVisitConfig& config() const { return config_; }
  void add_to(SectionWriter& writer) const;
  static Result<CoVisit> read(const SectionFile& file);

 private:
  CoVisitConfig config_;
  SparseRows rows_;
};

// Events an item, decayed by age: sum of weight * 2^-(age / half_life), age counted from the log's last event.
struct PopularConfig {
  Duration half_life = 0;  // 0: no decay
};
class Popular {
 public:
  static Popular fit(const store::Interactions& log, const PopularConfig& config);
  std::span<const float> scores() const { return scores_; }  // [items]
  void add_to(SectionWriter& writer, std::string_view prefix) const;
  static Result<Popular> read(const SectionFile& file, std::string_view prefix);

 private:
  std::vector<float> scores_;
};

// What rises: the events of the recent window against those the time before it lets expect, as a smoothed log ratio times the recent
// count: r * log((r + smoothing) / (e + smoothing)), e = p * window / past, never below 0. What sells in numbers and rises stands above
// what rose from next to nothing.
// A log that began less than `past` before the window counts only the past it has seen. Untimed logs: nothing rises.
struct TrendingConfig {
  Duration window = 7 * kDay;
  Duration past = 56 * kDay;
  float smoothing = 5;  // events
};
class Trending {
 public:
  static Trending fit(const store::Interactions& log, const TrendingConfig& config);
  std::span<const float> scores() const { return scores_; }
  void add_to(SectionWriter& writer) const;
  static Result<Trending> read(const SectionFile& file);

 private:
  std::vector<float> scores_;
};

// Basket association: for items bought in one order, lift with shrinkage
// score(b | a) = (n_ab - e_ab) / (n_a^alpha n_b^beta + shrink), e_ab = n_a n_b / orders, kept when positive. For several a: the sum.
struct BasketConfig {
  float alpha = 0.5F, beta = 0, shrink = 10;
  std::uint32_t keep = 200;        // neighbours kept an item
  std::uint32_t max_basket = 200;  // larger orders are cut to their first lines
};
class Basket {
 public:
  static Basket fit(const store::Interactions& log, const BasketConfig& config, unsigned threads, Progress& progress);
  SparseRows::Row neighbours(std::uint32_t item) const { return rows_.row(item); }
  std::uint32_t items() const { return rows_.rows(); }
  void add_to(SectionWriter& writer) const;
  static Result<Basket> read(const SectionFile& file);

 private:
  SparseRows rows_;
};

// How often an item is bought again: purchases a buyer, smoothed by so many buyers of the average item, (n + smoothing m) / (buyers +
// smoothing) with m = purchases / pairs of shopper and item they bought. At least about 1; milk is high, a kettle low. 1 without purchases.
struct RepeatConfig {
  float smoothing = 5;
};
class Repeat {
 public:
  static Repeat fit(const store::Interactions& log, const RepeatConfig& config);
  std::span<const float> scores() const { return scores_; }  // [items]
  void add_to(SectionWriter& writer) const;
  static Result<Repeat> read(const SectionFile& file);

 private:
  std::vector<float> scores_;
};

// A shopper's own repeats: score(item) = number of events, decayed by their rank of recency:
// sum over occurrences at position p from the end of 1 / (1 + p / scale).
struct BuyAgainConfig {
  float scale = 50;
};
void buy_again(std::span<const std::uint32_t> history, const BuyAgainConfig& config,
               std::vector<Scored>& scores);  // unordered, one an item

// All tables of a shop in one file (kind "TABL", version 3), with the RowMaps that join them to the shop.
struct Tables {
  std::vector<ItemId> item_ids;  // by row
  RowMap item_keys;
  Popular popular, recent;  // all time (config half-life 0), and decayed (half-life 28 days)
  Trending trending;
  Repeat repeat;
  CoVisit co_visit;
  Basket basket;
  ItemKnn item_knn;
  std::string facts;  // JSON: snapshot, fingerprint of the log, configs, when trained
  Status write(const fs::path& path) const;
  static Result<Tables> open(const fs::path& path);
};

}  // namespace souk::index
