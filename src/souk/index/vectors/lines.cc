#include "souk/index/vectors/lines.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace souk::index {

namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20U, kPage = 4096;
}  // namespace

void let_go(std::span<const std::byte> mapped) {
  const auto begin = reinterpret_cast<std::uintptr_t>(mapped.data());
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage, end = (begin + mapped.size()) / kPage * kPage;  // whole pages
  if (first >= end) return;
  auto* pages = const_cast<std::byte*>(mapped.data()) + (first - begin);
  (void)::madvise(pages, end - first, MADV_RANDOM);
  (void)::madvise(pages, end - first, MADV_DONTNEED);  // of a file, which is read again
}

void Lines::Free::operator()(std::byte* data) const {
  std::free(data);
}

Lines::Lines(std::size_t bytes) : size_(bytes) {
  const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kLineBytes;
  const std::size_t room = std::max((bytes + alignment - 1) / alignment * alignment, alignment);
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, room)));
  if (data_ == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) (void)::madvise(data_.get(), room, MADV_HUGEPAGE);  // a wish: small pages do as well
  std::memset(data_.get(), 0, bytes);
}

Lines Lines::copy_of(std::span<const std::byte> bytes) {
  Lines lines(bytes.size());
  if (!bytes.empty()) std::memcpy(lines.data(), bytes.data(), bytes.size());
  return lines;
}

}  // namespace souk::index
