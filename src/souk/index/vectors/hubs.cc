#include "souk/index/vectors/hubs.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "souk/base/kernels/dot.h"
#include "souk/base/threads.h"
#include "souk/index/vectors/exact_scan.h"

namespace souk::index {
namespace {

constexpr std::size_t kRowsAtOnce = 64, kBankAtOnce = 256;

// similarities[i * ldc + b]: of row i and bank vector b, the scores of metric.h.
void similarities_of(MatrixView rows, MatrixView bank, Metric metric, float* similarities, std::size_t ldc) {
  kernels::multiply_transposed(rows, bank, similarities, ldc);
  if (metric != Metric::l2) return;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const float own = kernels::dot(rows.row(i), rows.row(i));
    for (std::size_t b = 0; b < bank.rows; ++b) {
      float& value = similarities[i * ldc + b];
      value = std::min(2 * value - own - kernels::dot(bank.row(b), bank.row(b)), 0.0F);
    }
  }
}

// The logarithm of the mean of exp(scale s), added up without leaving the range of a double.
class LogMeanExp {
 public:
  void add(double value) {
    if (value > largest_) {
      sum_ = sum_ * std::exp(largest_ - value) + 1;
      largest_ = value;
    } else {
      sum_ += std::exp(value - largest_);
    }
    ++count_;
  }
  double value() const { return count_ == 0 ? 0 : largest_ + std::log(sum_ / static_cast<double>(count_)); }

 private:
  double largest_ = -std::numeric_limits<double>::infinity(), sum_ = 0;
  std::size_t count_ = 0;
};

// offsets[r] += log mean over the bank of exp(scale s(bank, r)). own: the row that each bank vector is, or none.
void add_log_means(MatrixView rows, MatrixView bank, std::span<const std::uint32_t> own, Metric metric, float scale, unsigned threads,
                   std::vector<double>& offsets) {
  parallel_for(rows.rows, kRowsAtOnce, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> similarities((end - begin) * kBankAtOnce);
    std::vector<LogMeanExp> means(end - begin);
    const MatrixView some{rows.data + begin * rows.stride, end - begin, rows.columns, rows.stride};
    for (std::size_t first = 0; first < bank.rows; first += kBankAtOnce) {
      const MatrixView part{bank.data + first * bank.stride, std::min(kBankAtOnce, bank.rows - first), bank.columns, bank.stride};
      similarities_of(some, part, metric, similarities.data(), kBankAtOnce);
      for (std::size_t i = 0; i < means.size(); ++i) {
        for (std::size_t b = 0; b < part.rows; ++b) {
          if (own.empty() || own[first + b] != begin + i) means[i].add(double{scale} * similarities[i * kBankAtOnce + b]);
        }
      }
    }
    for (std::size_t i = 0; i < means.size(); ++i) offsets[begin + i] += means[i].value();
  });
}

}  // namespace

std::vector<std::uint32_t> occurrences(std::span<const std::vector<Scored>> lists, std::size_t rows) {
  std::vector<std::uint32_t> counts(rows, 0);
  for (const std::vector<Scored>& list : lists) {
    for (const Scored& next : list) ++counts[next.row];
  }
  return counts;
}

double hub_skewness(std::span<const std::uint32_t> occurrences) {
  const auto count = static_cast<double>(occurrences.size());
  if (occurrences.empty()) return 0;
  const double mean = std::accumulate(occurrences.begin(), occurrences.end(), 0.0) / count;
  double squares = 0, cubes = 0;
  for (const std::uint32_t value : occurrences) {
    const double off = value - mean;
    squares += off * off;
    cubes += off * off * off;
  }
  return squares > 0 ? cubes / count / std::pow(squares / count, 1.5) : 0;
}

std::vector<Scored> largest_hubs(std::span<const std::uint32_t> occurrences, std::size_t count) {
  TopK best(std::min(count, occurrences.size()));
  for (std::size_t row = 0; row < occurrences.size(); ++row) {
    best.offer(static_cast<std::uint32_t>(row), static_cast<float>(occurrences[row]));
  }
  return best.take();
}

Normalised Normalised::fit(MatrixView rows, MatrixView queries, std::span<const std::uint32_t> gallery, Metric metric,
                           const HubConfig& config, unsigned threads) {
  Normalised made;
  made.config_ = config;
  made.offsets_.assign(rows.rows, 0.0F);
  const bool by_queries = config.query_scale > 0 && queries.rows > 0, by_gallery = config.gallery_scale > 0 && !gallery.empty();
  if (config.query_scale > 0 && !by_queries) made.notes_.emplace_back("hub bank \"queries\" is empty: using raw similarity");
  if (config.gallery_scale > 0 && !by_gallery) made.notes_.emplace_back("hub bank \"gallery\" is empty: using raw similarity");
  const float scale = (by_queries ? config.query_scale : 0) + (by_gallery ? config.gallery_scale : 0);
  if (!(scale > 0)) return made;

  std::vector<double> offsets(rows.rows, 0.0);
  if (by_queries) add_log_means(rows, queries, {}, metric, config.query_scale, threads, offsets);
  if (by_gallery) {
    Matrix bank(gallery.size(), rows.columns);
    for (std::size_t i = 0; i < gallery.size(); ++i) std::ranges::copy(rows.row(gallery[i]), bank.row(i).begin());
    add_log_means(rows, bank.view(), gallery, metric, config.gallery_scale, threads, offsets);
  }
  for (std::size_t r = 0; r < rows.rows; ++r) made.offsets_[r] = static_cast<float>(offsets[r] / scale);
  if (config.activation > 0 && by_queries) {
    made.hubs_.assign(rows.rows, false);
    for (const auto& list : exact_top_k(queries, rows, metric, config.activation, {}, threads)) {
      for (const Scored& next : list) made.hubs_[next.row] = true;
    }
  }
  return made;
}

void Normalised::apply(std::vector<Scored>& found, std::size_t k) const {
  if (!found.empty() && acts_on(found.front().row)) {
    for (Scored& next : found) next.score -= offsets_[next.row];
    std::sort(found.begin(), found.end(), Better());
  }
  if (found.size() > k) found.resize(k);
}

}  // namespace souk::index
