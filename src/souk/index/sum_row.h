// Adding up one row of a sparse product: positive sums over many columns of which few are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace souk::index {

// Positive sums by column; clearing costs only the columns touched. Not thread-safe; allocates nothing after its making.
template <class T>
class SumRow {
 public:
  explicit SumRow(std::size_t columns = 0) : sums_(columns, T{0}), touched_(columns + 1) {}
  std::size_t columns() const { return sums_.size(); }
  void add(std::uint32_t column, T positive) {
    T& sum = sums_[column];
    touched_[count_] = column;  // overwritten unless the column is new: no branch to mispredict
    count_ += static_cast<std::size_t>(sum == T{0}) & static_cast<std::size_t>(positive > T{0});
    sum += positive;
  }
  std::span<const std::uint32_t> touched() const { return std::span(touched_).first(count_); }  // in the order of their first sum
  T sum(std::uint32_t column) const { return sums_[column]; }
  void clear() {
    for (const std::uint32_t column : touched()) sums_[column] = T{0};
    count_ = 0;
  }

 private:
  std::vector<T> sums_;
  std::vector<std::uint32_t> touched_;
  std::size_t count_ = 0;
};

}  // namespace souk::index
