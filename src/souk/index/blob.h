// Arrays back to back in one run of bytes, read in the order they were added, without copying.
//
//   array   u64 count, count elements, zero bytes up to a multiple of 8          (little-endian)
//   strings array of u64 offsets [n + 1], array of the bytes of all strings
//
// The reader checks bounds, so that bytes of another origin give an error and not a crash.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "souk/base/result.h"

namespace souk::index {

struct Strings {  // a view of n strings
  std::span<const std::uint64_t> offsets;
  std::span<const char> text;

  std::uint32_t size() const { return offsets.empty() ? 0 : static_cast<std::uint32_t>(offsets.size() - 1); }
  std::string_view operator[](std::size_t i) const { return {text.data() + offsets[i], offsets[i + 1] - offsets[i]}; }
  // For sorted strings: the first that is not below `key`.
  std::uint32_t lower_bound(std::string_view key) const {
    std::uint32_t low = 0, high = size();
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if ((*this)[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

class BlobWriter {
 public:
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(std::span<const T> values) {
    const std::uint64_t count = values.size();
    append(&count, sizeof(count));
    append(values.data(), values.size_bytes());
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(std::span<const T>(values));
  }
  template <class Range>  // of anything that converts to std::string_view
  void add_strings(const Range& strings) {
    std::vector<std::uint64_t> offsets{0};
    std::vector<char> text;
    for (const std::string_view string : strings) {
      text.insert(text.end(), string.begin(), string.end());
      offsets.push_back(text.size());
    }
    add(offsets);
    add(text);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<std::byte> bytes_;
};

class BlobReader {  // after a failed read every further one fails too; ask failed() at the end
 public:
  explicit BlobReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::span<const T> array() {
    std::uint64_t count = 0;
    if (failed_ || rest_.size() < sizeof(count)) return fail_with<T>();
    std::memcpy(&count, rest_.data(), sizeof(count));
    rest_ = rest_.subspan(sizeof(count));
    if (count > rest_.size() / sizeof(T)) return fail_with<T>();
    const std::span<const T> values(reinterpret_cast<const T*>(rest_.data()), count);
    rest_ = rest_.subspan(std::min(rest_.size(), (values.size_bytes() + 7) / 8 * 8));
    return values;
  }
  // Offsets that begin at 0, never fall, and end at `end`; `rows` + 1 of them.
  template <class T>
  std::span<const T> offsets(std::uint64_t rows) {
    const std::span<const T> values = array<T>();
    if (values.size() != rows + 1 || values.front() != 0 || !std::is_sorted(values.begin(), values.end())) return fail_with<T>();
    return values;
  }
  Strings strings() {
    Strings result;
    result.offsets = array<std::uint64_t>();
    result.text = array<char>();
    if (failed_) return {};
    if (result.offsets.empty() || result.offsets.front() != 0 || result.offsets.back() != result.text.size() ||
        !std::is_sorted(result.offsets.begin(), result.offsets.end())) {
      failed_ = true;
      return {};
    }
    return result;
  }
  void expect(bool condition) { failed_ = failed_ || !condition; }
  bool failed() const { return failed_; }

 private:
  template <class T>
  std::span<const T> fail_with() {
    failed_ = true;
    return {};
  }
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

}  // namespace souk::index
