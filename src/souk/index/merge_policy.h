// Which segments of an index are made one, and when: the same for words and for vectors. What a segment weighs is for its owner to say; all
// lists are oldest first, as a newer segment may hide what an older one holds.
#pragma once

#include <cstddef>
#include <vector>

namespace souk::index {

inline constexpr std::size_t kTierFanout = 4;  // memory segments of about one size before they are merged
inline constexpr std::size_t kTiers = 5;       // that are merged so, at once with an update: larger segments wait for the flush
inline constexpr std::size_t kMergeRatio = 4;  // a file joins a flush that is at least a quarter of its size

inline constexpr std::size_t kFlushWeight = 4096;  // four of the largest: every query pays for every segment
inline constexpr std::size_t kFlushBytes = std::size_t{64} << 20U;

inline std::size_t tier_of(std::size_t weight) {
  std::size_t tier = 0;
  for (; weight >= kTierFanout; weight /= kTierFanout) ++tier;
  return tier;
}

// From which segment of memory on they are merged, now that the last was added; their number: none are. The first `frozen` stay out of it.
template <class Segment, class Weigh>
std::size_t merged_from(const std::vector<Segment>& memory, std::size_t frozen, const Weigh& weigh) {
  if (memory.empty()) return 0;
  const std::size_t tier = tier_of(weigh(memory.back()));
  if (tier >= kTiers) return memory.size();
  std::size_t first = memory.size();
  while (first > frozen && tier_of(weigh(memory[first - 1])) <= tier) --first;
  return memory.size() - first < kTierFanout ? memory.size() : first;
}

// From which file on they join a flush of `memory`: those at the end that are not much larger than what joins them, or all.
template <class Segment, class Weigh>
std::size_t flushed_from(const std::vector<Segment>& files, const std::vector<Segment>& memory, bool everything, const Weigh& weigh) {
  std::size_t weight = 0, first = files.size();
  for (const Segment& segment : memory) weight += weigh(segment);
  while (first > 0 && (everything || weigh(files[first - 1]) <= kMergeRatio * weight)) weight += weigh(files[--first]);
  return first;
}

}  // namespace souk::index
