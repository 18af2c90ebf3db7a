// Row-major float matrices: views never own.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace souk {

struct MatrixView {  // [rows, columns], row r begins at data + r * stride
  const float* data = nullptr;
  std::size_t rows = 0, columns = 0, stride = 0;
  std::span<const float> row(std::size_t r) const { return {data + r * stride, columns}; }
};

class Matrix {  // [rows, columns], contiguous
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), values_(rows * columns) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::span<float> row(std::size_t r) { return {values_.data() + r * columns_, columns_}; }
  std::span<const float> row(std::size_t r) const { return {values_.data() + r * columns_, columns_}; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  MatrixView view() const { return {values_.data(), rows_, columns_, columns_}; }

 private:
  std::size_t rows_ = 0, columns_ = 0;
  std::vector<float> values_;
};

}  // namespace souk
