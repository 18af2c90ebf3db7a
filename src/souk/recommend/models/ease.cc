// EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019. With G = X'X and P = (G + lambda I)^-1 (eq. 6),
// B_ij = -P_ij / P_jj and B_jj = 0 (eq. 8); score(j | history) = sum over its items i of x_i B_ij. X [shoppers, items] is 1 where a shopper
// chose an item; with binary = false, the largest weight of their events (repeats = "sum": their sum).
//
// Memory: the one matrix, 4 bytes for each pair of items; it is inverted in place. Above the limit the commonest items are taken and the
// others are never recommended.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "souk/base/kernels/axpy.h"
#include "souk/base/threads.h"
#include "souk/index/user_items.h"
#include "souk/linear/cholesky.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/history.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 8> kSettings = {"lambda",  "max_items", "max_memory", "binary",
                                                       "history", "decay",     "half_life",  "repeats"};
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

struct FreeMemory {
  void operator()(float* memory) const { std::free(memory); }
};
using Square = std::unique_ptr<float[], FreeMemory>;  // [n, n], zeros that take no memory before they are touched

Square make_square(std::size_t n) {
  return Square(static_cast<float*>(std::calloc(std::max<std::size_t>(1, n * n), sizeof(float))));
}

// Which items the model knows: the n commonest by shoppers, ties by lower row; in the order of their rows.
struct Vocabulary {
  std::vector<std::uint32_t> items;  // [n] item row of a model row
  std::vector<std::uint32_t> place;  // [all items] model row, kNone where there is none
};

Vocabulary commonest(const index::SparseRows& by_item, std::size_t n) {
  Vocabulary result;
  result.items.resize(by_item.rows());
  std::iota(result.items.begin(), result.items.end(), 0U);
  if (n < result.items.size()) {
    const auto commoner = [&](std::uint32_t a, std::uint32_t b) {
      const std::size_t of_a = by_item.row(a).size(), of_b = by_item.row(b).size();
      return of_a != of_b ? of_a > of_b : a < b;
    };
    std::nth_element(result.items.begin(), result.items.begin() + static_cast<std::ptrdiff_t>(n), result.items.end(), commoner);
    result.items.resize(n);
    std::sort(result.items.begin(), result.items.end());
  }
  result.place.assign(by_item.rows(), kNone);
  for (std::uint32_t row = 0; row < result.items.size(); ++row) result.place[result.items[row]] = row;
  return result;
}

// The lower triangle of X'X + lambda I.
void fill_gram(const index::SparseRows& users, const index::SparseRows& by_item, const Vocabulary& known, float lambda, unsigned threads,
               float* gram) {
  const std::size_t n = known.items.size();
  parallel_for(n, 64, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t r = begin; r < end; ++r) {
      float* const row = gram + r * n;
      const std::uint32_t item = known.items[r];
      const index::SparseRows::Row shoppers = by_item.row(item);
      for (std::size_t s = 0; s < shoppers.size(); ++s) {
        const index::SparseRows::Row choices = users.row(shoppers.columns[s]);
        for (std::size_t e = 0; e < choices.size() && choices.columns[e] <= item; ++e) {
          const std::uint32_t column = known.place[choices.columns[e]];
          if (column != kNone) row[column] += shoppers.values[s] * choices.values[e];
        }
      }
      row[r] += lambda;
    }
  });
}

// P, of which the lower triangle stands, becomes B in full: by blocks, since one of the two sides is walked across its rows.
void weights_from_inverse(float* p, std::size_t n, unsigned threads) {
  constexpr std::size_t kBlock = 64;
  std::vector<float> factor(n);  // -1 / P_jj
  for (std::size_t j = 0; j < n; ++j) factor[j] = -1.0F / p[j * n + j];
  const std::size_t blocks = (n + kBlock - 1) / kBlock;
  parallel_for(blocks, 1, threads, [&](std::size_t first, std::size_t last, unsigned) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t r_end = std::min(n, (i + 1) * kBlock);
      for (std::size_t j = 0; j <= i; ++j) {
        const std::size_t c_begin = j * kBlock, c_end = std::min(n, (j + 1) * kBlock);
        for (std::size_t r = i * kBlock; r < r_end; ++r) {
          for (std::size_t c = c_begin; c < std::min(c_end, r); ++c) {
            const float shared = p[r * n + c];
            p[r * n + c] = shared * factor[c];
            p[c * n + r] = shared * factor[r];
          }
        }
      }
    }
  });
  for (std::size_t j = 0; j < n; ++j) p[j * n + j] = 0;
}

class Ease final : public RankModel {
 public:
  Ease(Vocabulary known, Square weights, HistoryRule rule, std::string note)
      : known_(std::move(known)), weights_(std::move(weights)), rule_(rule), note_(std::move(note)) {}

  void score(const eval::History& history, std::span<float> scores) const override {
    const std::size_t n = known_.items.size();
    if (n == known_.place.size()) {
      sum(history, scores);
      return;
    }
    std::vector<float> sums(n);
    sum(history, sums);
    for (std::size_t item = 0; item < scores.size(); ++item) {
      const std::uint32_t row = known_.place[item];
      scores[item] += row == kNone ? -std::numeric_limits<float>::infinity() : sums[row];
    }
  }
  std::string note() const override { return note_; }

 private:
  void sum(const eval::History& history, std::span<float> sums) const {
    const std::size_t n = known_.items.size();
    for (const Scored& own : chosen(history, rule_)) {
      const std::uint32_t row = known_.place[own.row];
      if (row != kNone) kernels::add_scaled(own.score, {weights_.get() + row * n, n}, sums);
    }
  }

  Vocabulary known_;
  Square weights_;  // B
  HistoryRule rule_;
  std::string note_;
};

// How many items fit, and what to say when it is not all of them.
struct Fitting {
  std::size_t items = 0;
  std::string note;
};
Fitting fitting(std::uint32_t items, std::uint32_t max_items, double gigabytes) {
  const auto by_memory = static_cast<std::size_t>(std::sqrt(gigabytes * 1e9 / sizeof(float)));
  const std::size_t most = max_items == 0 ? by_memory : std::min<std::size_t>(max_items, by_memory);
  if (items <= most) return {items, {}};
  const double needed = static_cast<double>(items) * static_cast<double>(items) * sizeof(float) / 1e9;
  if (most == by_memory) {
    return {most, fmt::format("the {} commonest of {} items: all of them need {:.3g} GB, the limit is {:.3g} GB", most, items, needed,
                              gigabytes)};
  }
  return {most, fmt::format("the {} commonest of {} items", most, items)};
}

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, kSettings));
  SOUK_TRY(const float lambda, number_setting(input.settings, "lambda", 250, Bound::above));
  SOUK_TRY(const std::uint32_t max_items, count_setting(input.settings, "max_items", 0));
  SOUK_TRY(const double gigabytes, memory_setting(input.settings));
  SOUK_TRY(HistoryRule rule, history_rule(input.settings));
  SOUK_TRY(rule.binary, input.settings.flag("binary", !input.settings.has("weights")));

  index::SparseRows users = index::user_items(input.train, {rule.sum, 0});
  if (rule.binary) std::fill(users.values().begin(), users.values().end(), 1.0F);
  const index::SparseRows by_item = users.transposed(input.train.items());
  Fitting fits = fitting(input.train.items(), max_items, gigabytes);
  Vocabulary known = commonest(by_item, fits.items);
  const std::size_t n = known.items.size();
  Square square = make_square(n);
  if (square == nullptr) {
    return fail(ErrorKind::limit, "there is not enough memory for the matrix of item pairs", input.settings.where("max_memory"),
                "set a lower max_memory, in gigabytes");
  }
  input.progress.stage("item weights", n, "items");
  fill_gram(users, by_item, known, lambda, input.threads, square.get());
  if (input.progress.cancelled()) return fail(ErrorKind::cancelled, "fitting was cancelled");
  if (auto inverted = linear::invert_positive({square.get(), n * n}, n, input.threads); !inverted) {
    Error error = std::move(inverted).error();
    error.hint = "set a larger lambda";
    return fail(std::move(error));
  }
  weights_from_inverse(square.get(), n, input.threads);
  input.progress.finish();
  return std::make_unique<Ease>(std::move(known), std::move(square), rule, std::move(fits.note));
}

}  // namespace

RankModelEntry ease_entry() {
  return {"ease", "a linear model of all items on all items, in closed form", kSettings, reweighable<fit>};
}

}  // namespace souk::recommend
