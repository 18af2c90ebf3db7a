#include "souk/learn/softmax_row.h"

#include <cassert>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/learn/softmax_row.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "souk/learn/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace souk::learn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

float softmax_row_here(float* HWY_RESTRICT scores, std::size_t size, std::size_t target, float scale) {
  const hn::ScalableTag<float> full;
  auto highs = hn::Set(full, -INFINITY), poison = hn::Zero(full);
  float high = -INFINITY, one_poison = 0;  // 0 times a score: maxima and exponentials swallow what is no number
  for_each_lane(size, [&](auto d, std::size_t i) {
    if constexpr (hn::MaxLanes(d) == 1) {
      high = std::fmax(high, scores[i]);
      one_poison += 0 * scores[i];
    } else {
      highs = hn::Max(highs, hn::LoadU(d, scores + i));
      poison = hn::MulAdd(hn::Zero(d), hn::LoadU(d, scores + i), poison);
    }
  });
  high = std::fmax(high, hn::GetLane(hn::MaxOfLanes(full, highs)));
  const float wanted = scores[target] - high;
  auto sums = hn::Zero(full);
  float sum = 0;
  for_each_lane(size, [&](auto d, std::size_t i) {
    const auto power = hn::Exp(d, hn::Sub(hn::LoadU(d, scores + i), hn::Set(d, high)));
    hn::StoreU(power, d, scores + i);
    if constexpr (hn::MaxLanes(d) == 1) {
      sum += scores[i];
    } else {
      sums = hn::Add(sums, power);
    }
  });
  sum += hn::GetLane(hn::SumOfLanes(full, sums));
  const float factor = scale / sum;
  for_each_lane(size, [&](auto d, std::size_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, scores + i), hn::Set(d, factor)), d, scores + i); });
  scores[target] -= scale;
  return std::log(sum) - wanted + one_poison + hn::GetLane(hn::SumOfLanes(full, poison));
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::learn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::learn {
namespace {

HWY_EXPORT(softmax_row_here);

}  // namespace

float softmax_row(std::span<float> scores, std::size_t target, float scale) {
  assert(target < scores.size());
  return HWY_DYNAMIC_DISPATCH(softmax_row_here)(scores.data(), scores.size(), target, scale);
}

}  // namespace souk::learn
#endif  // HWY_ONCE
