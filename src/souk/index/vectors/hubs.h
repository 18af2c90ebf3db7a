// Hubs: rows that are among the nearest of very many queries, related or not, which spaces of many dimensions have by themselves
// (Radovanović, Nanopoulos and Ivanović, "Hubs in space", JMLR 2010). How many there are, and similarities that put them in their place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"
#include "souk/index/vectors/metric.h"

namespace souk::index {

// How often each of `rows` rows stands in the lists (N_k of the paper, section 2, for lists of k).
std::vector<std::uint32_t> occurrences(std::span<const std::vector<Scored>> lists, std::size_t rows);
// The skewness of the occurrences, E (x - mean)^3 / deviation^3 (the paper's S_N_k, equation 1): near 0 where all rows stand in about as
// many lists; some and more where a few stand in very many. 0 where all are equal.
double hub_skewness(std::span<const std::uint32_t> occurrences);
// The `count` rows that occur most, with their occurrences as scores: rows that a merchant should look at.
std::vector<Scored> largest_hubs(std::span<const std::uint32_t> occurrences, std::size_t count);

struct HubConfig {
  float query_scale = 1 / 1.99F;  // b1, 0: no query bank
  float gallery_scale = 3;        // b2, 0: no gallery bank
  std::uint32_t activation = 1;   // a row must be among so many best of some bank query for it to count as a hub; 0: all count
  std::size_t over_fetch = 10;    // times k: rows to ask an index for, of which the k best are kept
};

// Similarities normalised by two banks, a sample of past queries and a sample of the rows themselves (dual bank normalisation: Wang, Jian
// and Xue, "Balance Act: Mitigating Hubness in Cross-Modal Retrieval with Query and Gallery Banks", EMNLP 2023, equations 5 to 8):
//   s'(q, g) = exp(b1 s(q, g)) / sum_u exp(b1 s(u, g)) * exp(b2 s(q, g)) / sum_v exp(b2 s(v, g))
// Here its logarithm over b1 + b2, with means for sums, which keeps the order and the unit of s: s(q, g) - offset(g), where
//   offset(g) = (log mean_u exp(b1 s(u, g)) + log mean_v exp(b2 s(v, g))) / (b1 + b2)
// A row's own similarity is left out of its gallery mean, as banks are drawn from the rows that are searched. In the dynamic form a query
// whose best row is no hub (HubConfig::activation) keeps its similarities. Immutable: thread-safe; two numbers and a bit a row.
class Normalised {
 public:
  // rows and queries: checked by check_vector, for cosine unit vectors. gallery: numbers of rows, each once. A bank that is empty takes
  // no part, and notes() say so.
  static Normalised fit(MatrixView rows, MatrixView queries, std::span<const std::uint32_t> gallery, Metric metric, const HubConfig& config,
                        unsigned threads);
  const std::vector<std::string>& notes() const { return notes_; }
  const HubConfig& config() const { return config_; }
  float offset(std::uint32_t row) const { return offsets_[row]; }
  // Whether a query whose best row this is has its similarities normalised.
  bool acts_on(std::uint32_t best_row) const { return hubs_.empty() || hubs_[best_row]; }
  // found: the best rows by similarity, best first (ask an index for over_fetch k of them); then the k best by normalised similarity, or
  // just the k best where the query is left as it is.
  void apply(std::vector<Scored>& found, std::size_t k) const;

 private:
  HubConfig config_;
  std::vector<float> offsets_;  // a row
  std::vector<bool> hubs_;      // a row; empty: all queries are normalised
  std::vector<std::string> notes_;
};

}  // namespace souk::index
