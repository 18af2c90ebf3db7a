// Memory in cache lines: zeros at first, aligned to 64 bytes, on huge pages when there is much of it (a walk over a graph touches a page
// for nearly every vector, and looking up small pages would cost as much as reading them).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace souk::index {

inline constexpr std::size_t kLineBytes = 64;
inline constexpr std::size_t whole_lines(std::size_t bytes) {
  return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
}

// Mapped bytes leave the process's memory until they are read again, and are then read from here and there. Only speed and memory change.
void let_go(std::span<const std::byte> mapped);

class Lines {  // movable; throws std::bad_alloc
 public:
  Lines() = default;
  explicit Lines(std::size_t bytes);
  static Lines copy_of(std::span<const std::byte> bytes);
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace souk::index
