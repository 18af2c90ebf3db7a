// The loop over a row, once for each target: included by files that foreach_target.h compiles several times, so the guard turns over.
#if defined(SOUK_LEARN_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SOUK_LEARN_LANES_INL_H
#undef SOUK_LEARN_LANES_INL_H
#else
#define SOUK_LEARN_LANES_INL_H
#endif

#include <cstddef>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace souk::learn {
namespace HWY_NAMESPACE {

// Calls step(d, i) for groups of lanes, then for the values that are left one by one: the same arithmetic for both.
template <class Step>
void for_each_lane(std::size_t size, Step step) {
  const hwy::HWY_NAMESPACE::ScalableTag<float> d;
  const std::size_t lanes = hwy::HWY_NAMESPACE::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) step(d, i);
  const hwy::HWY_NAMESPACE::CappedTag<float, 1> one;
  for (; i < size; ++i) step(one, i);
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::learn
HWY_AFTER_NAMESPACE();

#endif
