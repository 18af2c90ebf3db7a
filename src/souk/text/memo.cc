#include "souk/text/memo.h"

#include <algorithm>
#include <new>

#define XXH_INLINE_ALL  // the house's hash, inlined: most of what looking a short group up costs
#include <xxhash.h>

namespace souk::text {
namespace {

constexpr std::size_t kMemoBlock = std::size_t{1} << 16U;
constexpr std::size_t kMemoSlots = 1024;

}  // namespace

static_assert(std::is_trivially_copyable_v<TokenRef> && alignof(Remembered) == alignof(TokenRef));

std::uint64_t GroupMemo::hash(std::string_view group) {
  return XXH3_64bits(group.data(), group.size());
}

void GroupMemo::clear() {
  slots_.assign(kMemoSlots, Slot{});
  mask_ = kMemoSlots - 1;
  blocks_.clear();
  size_ = used_ = room_ = 0;
}

void GroupMemo::grow() {
  const std::vector<Slot> before = std::move(slots_);
  slots_.assign(before.size() * 2, Slot{});
  mask_ = slots_.size() - 1;
  for (const Slot& slot : before) {
    if (slot.group == nullptr) continue;
    std::size_t at = slot.hash;
    while (slots_[at & mask_].group != nullptr) ++at;
    slots_[at & mask_] = slot;
  }
}

const Remembered* GroupMemo::add(std::string_view group, std::uint64_t hash, Remembered head, std::span<const TokenRef> tokens) {
  head.key_bytes = static_cast<std::uint32_t>(group.size());
  head.count = static_cast<std::uint32_t>(tokens.size());
  std::size_t bytes = sizeof(Remembered) + tokens.size_bytes() + group.size();
  bytes += (alignof(Remembered) - bytes % alignof(Remembered)) % alignof(Remembered);
  if (room_ - used_ < bytes) {
    room_ = std::max(kMemoBlock, bytes);
    used_ = 0;
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(room_));
  }
  std::byte* place = blocks_.back().get() + used_;
  used_ += bytes;
  const auto* added = new (place) Remembered(head);
  place += sizeof(Remembered);
  if (!tokens.empty()) std::memcpy(place, tokens.data(), tokens.size_bytes());
  std::memcpy(place + tokens.size_bytes(), group.data(), group.size());

  if (size_ * 2 >= slots_.size()) grow();
  std::size_t at = hash;
  while (slots_[at & mask_].group != nullptr) ++at;
  slots_[at & mask_] = {hash, added};
  ++size_;
  return added;
}

}  // namespace souk::text
