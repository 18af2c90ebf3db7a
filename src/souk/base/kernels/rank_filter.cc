#include "souk/base/kernels/rank_filter.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace souk {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

void RankFilter::reset(std::uint32_t k, std::span<const float> asked, std::span<const std::uint32_t> skip, bool keep_best) {
  assert(k > 0 && std::ranges::is_sorted(asked) && std::ranges::is_sorted(skip));
  k_ = k;
  keep_best_ = keep_best;
  kept_.clear();
  asked_.assign(asked.begin(), asked.end());
  skip_ = skip;
  next_skipped_ = skip.empty() ? SIZE_MAX : skip.front();
  equal_lowest_ = 0;
  done_ = asked.empty() && !keep_best;
  // One asked score is settled by k better ones; else the room beyond k makes tightening rare.
  capacity_ = asked.size() == 1 && !keep_best ? k : 2 * std::size_t{k} + 32;
  if (done_) {
    set_lowest(kInfinity, false);
  } else if (keep_best) {
    set_lowest(-kInfinity, false);
  } else {
    set_lowest(asked.front(), true);
  }
}

void RankFilter::set_lowest(float score, bool count_equal) {
  lowest_ = score;
  bound_ = count_equal ? score : std::nextafter(score, kInfinity);
}

void RankFilter::start_at(float score) {
  // The scores equal to it may be among the best, so what is counted and not kept begins just below.
  const float below = std::nextafter(score, -kInfinity);
  if (below > lowest_) set_lowest(below, std::ranges::binary_search(asked_, below));
}

void RankFilter::hide_next(std::span<float> scores, std::size_t first) {
  std::size_t passed = 0;
  for (; passed < skip_.size() && skip_[passed] < first + scores.size(); ++passed) {
    assert(skip_[passed] >= first);
    scores[skip_[passed] - first] = -kInfinity;
  }
  skip_ = skip_.subspan(passed);
  next_skipped_ = skip_.empty() ? SIZE_MAX : skip_.front();
}

void RankFilter::tighten() {
  const auto kth_place = kept_.begin() + (static_cast<std::ptrdiff_t>(k_) - 1);
  std::nth_element(kept_.begin(), kth_place, kept_.end(), Better());
  const float kth = kth_place->score;
  const auto equal_to = [&](float score) { return static_cast<std::uint64_t>(std::ranges::count(kept_, score, &Scored::score)); };
  if (keep_best_) {
    // Where kth is the lowest already, its ties were counted as they came, and those kept longest have the lowest rows.
    if (kth > lowest_) {
      equal_lowest_ = equal_to(kth);
      set_lowest(kth, std::ranges::binary_search(asked_, kth));
    }
    kept_.resize(k_);
    return;
  }
  // Everything kept is above the lowest asked score, so at least that one has k better ones now.
  asked_.erase(asked_.begin(), std::ranges::lower_bound(asked_, kth));
  if (asked_.empty()) {
    done_ = true;
    kept_.clear();
    set_lowest(kInfinity, false);
    return;
  }
  const float lowest = asked_.front();
  equal_lowest_ = equal_to(lowest);
  std::erase_if(kept_, [&](const Scored& one) { return one.score <= lowest; });
  set_lowest(lowest, true);
  if (asked_.size() == 1) capacity_ = k_;
}

std::optional<RankFilter::Place> RankFilter::place(float asked) const {
  if (done_ || asked < lowest_) return {};
  Place place;
  for (const Scored& one : kept_) {
    place.above += static_cast<std::uint64_t>(one.score > asked);
    place.equal += static_cast<std::uint64_t>(one.score == asked);
  }
  if (asked == lowest_) place.equal = equal_lowest_;
  if (place.above >= k_) return {};
  return place;
}

std::vector<Scored> RankFilter::take_best() {
  assert(keep_best_);
  const std::size_t count = std::min<std::size_t>(k_, kept_.size());
  std::partial_sort(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count), kept_.end(), Better());
  std::vector<Scored> best(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count));
  kept_.clear();
  return best;
}

}  // namespace souk
