#include "souk/learn/sparse_table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>

#include "souk/base/kernels/axpy.h"
#include "souk/base/threads.h"
#include "souk/learn/row_step.h"

namespace souk::learn {
namespace {

constexpr std::size_t kRowsAtOnce = 256;  // touched rows that a thread takes

bool is_rate(float beta) {
  return beta >= 0 && beta < 1;
}

}  // namespace

std::uint64_t SparseTable::bytes(const SparseTableConfig& config, std::uint64_t rows, std::uint64_t dim) {
  const std::uint64_t matrices = 1 + static_cast<std::uint64_t>(config.rule);
  const std::uint64_t counters = config.rule == SparseTableConfig::Rule::adam ? 1 : 0;
  return rows * (matrices * dim * sizeof(float) + counters * sizeof(std::uint32_t));
}

Result<SparseTable> SparseTable::make(const SparseTableConfig& config, std::uint64_t rows, std::uint32_t dim, Random& random) {
  if (rows == 0 || dim == 0 || rows > UINT32_MAX) {
    return fail(ErrorKind::invalid, fmt::format("an embedding table cannot have {} rows of {} values", rows, dim));
  }
  if (!is_rate(config.beta1) || !is_rate(config.beta2) || !(config.epsilon >= 0) || !(config.deviation >= 0)) {
    return fail(ErrorKind::invalid, fmt::format("an embedding table cannot have beta {} and {}, epsilon {}, deviation {}", config.beta1,
                                                config.beta2, config.epsilon, config.deviation));
  }
  SparseTable table;
  table.config_ = config;
  table.rows_ = static_cast<std::uint32_t>(rows);
  table.dim_ = dim;
  table.values_.resize(rows * dim);
  for (float& value : table.values_) value = static_cast<float>(random.normal()) * config.deviation;
  if (config.rule != SparseTableConfig::Rule::sgd) table.first_.resize(rows * dim);
  if (config.rule == SparseTableConfig::Rule::adam) {
    table.second_.resize(rows * dim);
    table.steps_.resize(rows);
  }
  return table;
}

void SparseTable::gather(std::span<const std::uint32_t> rows, float* out) const {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    assert(rows[i] < rows_);
    std::ranges::copy(values().row(rows[i]), out + i * dim_);
  }
}

void SparseTable::step_row(std::uint32_t row, std::span<const float> gradient, float rate) {
  const auto part = [&](std::vector<float>& all) { return std::span(all).subspan(std::size_t{row} * dim_, dim_); };
  switch (config_.rule) {
    case SparseTableConfig::Rule::sgd:
      return sgd_row(rate, gradient, part(values_));
    case SparseTableConfig::Rule::adagrad:
      return adagrad_row(rate, config_.epsilon, gradient, part(first_), part(values_));
    case SparseTableConfig::Rule::adam:
      break;
  }
  if (steps_[row] < UINT32_MAX) ++steps_[row];
  adam_row(adam_step(config_, rate, steps_[row]), gradient, part(first_), part(second_), part(values_));
}

void SparseTable::step(std::span<const std::uint32_t> rows, MatrixView gradients, float rate, unsigned threads) {
  assert(gradients.rows == rows.size() && (rows.empty() || gradients.columns == dim_));
  // Row and place in one number: sorted, a row's gradients stand together, in their order.
  std::vector<std::uint64_t> order(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) order[i] = std::uint64_t{rows[i]} << 32 | i;
  std::ranges::sort(order);
  std::vector<std::size_t> begin;  // of each row's gradients in `order`
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i] >> 32 != order[i - 1] >> 32) begin.push_back(i);
  }
  begin.push_back(order.size());
  parallel_for(begin.size() - 1, kRowsAtOnce, threads, [&](std::size_t from, std::size_t to, unsigned) {
    std::vector<float> sum(dim_);
    for (std::size_t r = from; r < to; ++r) {
      const auto row = static_cast<std::uint32_t>(order[begin[r]] >> 32);
      const auto gradient = [&](std::size_t i) { return gradients.row(order[i] & UINT32_MAX); };
      if (begin[r + 1] == begin[r] + 1) {
        step_row(row, gradient(begin[r]), rate);
        continue;
      }
      std::ranges::copy(gradient(begin[r]), sum.begin());
      for (std::size_t i = begin[r] + 1; i < begin[r + 1]; ++i) kernels::add_scaled(1, gradient(i), sum);
      step_row(row, sum, rate);
    }
  });
}

}  // namespace souk::learn
