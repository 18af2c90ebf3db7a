// Items whose shoppers are alike: the neighbourhood model of item to item, fitted once and folded in over any history.
#pragma once

#include <cstdint>

#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"
#include "souk/index/sparse_rows.h"
#include "souk/store/interactions.h"

namespace souk::index {

// X [shoppers, items] of user_items(), its values x weighted, then with s_ab = sum_u x_ua x_ub and n_a = s_aa
//   similarity(a -> b) = s_ab / (n_a^alpha n_b^beta + shrink),  the `keep` largest of each a.
// alpha = beta = 1/2 is the cosine, alpha + beta = 1 the asymmetric cosine (Aiolli, RecSys 2013, eq. 4), 0 and 0 the plain product.
// Weightings, with N items, |u| items of a shopper, |a| = sum_u x_ua and m its mean over items; logarithms are natural, and an idf below 0
// counts 0:
//   tf_idf  sqrt(x_ua) idf_u,  idf_u = log(N) - log(1 + |u|)
//   bm25    x_ua (k1 + 1) / (x_ua + k1 (1 - b + b |a| / m)) idf_u
// Both take the items for documents and their shoppers for words, as the library `implicit` does: what a shopper of few items chose says
// more. Its CosineRecommender is {none, alpha 0.5, beta 0.5}, its TFIDFRecommender {tf_idf, 0.5, 0.5}, its BM25Recommender {bm25, 0, 0};
// its K counts the item itself, `keep` does not.
struct ItemKnnConfig {
  enum class Weighting : std::uint32_t { none, tf_idf, bm25 };
  Weighting weighting = Weighting::none;
  float k1 = 1.2F, b = 0.75F;
  float alpha = 0.5F, beta = 0.5F, shrink = 0;
  std::uint32_t keep = 200;   // neighbours an item; 0: all
  std::uint32_t sum = 0;      // 1: UserItemsRule::sum
  std::uint32_t longest = 0;  // UserItemsRule::longest
};

class ItemKnn {  // immutable, thread-safe
 public:
  // Memory: two copies of X, the result, and 12 bytes an item and thread.
  static ItemKnn fit(const store::Interactions& log, const ItemKnnConfig& config, unsigned threads, Progress& progress);
  SparseRows::Row neighbours(std::uint32_t item) const { return rows_.row(item); }  // best first, never the item itself
  std::uint32_t items() const { return rows_.rows(); }
  const ItemKnnConfig& config() const { return config_; }
  void add_to(SectionWriter& writer) const;
  static Result<ItemKnn> read(const SectionFile& file);

 private:
  ItemKnnConfig config_;
  SparseRows rows_;
};

}  // namespace souk::index
