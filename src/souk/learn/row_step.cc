#include "souk/learn/row_step.h"

#include <cassert>
#include <cmath>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/learn/row_step.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "souk/learn/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace souk::learn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void sgd_here(float rate, const float* HWY_RESTRICT g, float* HWY_RESTRICT w, std::size_t size) {
  for_each_lane(size, [&](auto d, std::size_t i) {
    hn::StoreU(hn::NegMulAdd(hn::Set(d, rate), hn::LoadU(d, g + i), hn::LoadU(d, w + i)), d, w + i);
  });
}

void adagrad_here(float rate, float epsilon, const float* HWY_RESTRICT g, float* HWY_RESTRICT sum, float* HWY_RESTRICT w,
                  std::size_t size) {
  for_each_lane(size, [&](auto d, std::size_t i) {
    const auto gradient = hn::LoadU(d, g + i);
    const auto total = hn::MulAdd(gradient, gradient, hn::LoadU(d, sum + i));
    hn::StoreU(total, d, sum + i);
    const auto step = hn::Div(hn::Mul(hn::Set(d, rate), gradient), hn::Add(hn::Sqrt(total), hn::Set(d, epsilon)));
    hn::StoreU(hn::Sub(hn::LoadU(d, w + i), step), d, w + i);
  });
}

void adam_here(const AdamStep& adam, const float* HWY_RESTRICT g, float* HWY_RESTRICT mean, float* HWY_RESTRICT square,
               float* HWY_RESTRICT w, std::size_t size) {
  const float rate = adam.rate / adam.bias1, root = 1 / std::sqrt(adam.bias2);
  for_each_lane(size, [&](auto d, std::size_t i) {
    const auto gradient = hn::LoadU(d, g + i);
    const auto old_mean = hn::LoadU(d, mean + i);
    const auto new_mean = hn::MulAdd(hn::Set(d, 1 - adam.beta1), hn::Sub(gradient, old_mean), old_mean);
    const auto part = hn::Mul(hn::Set(d, 1 - adam.beta2), hn::Mul(gradient, gradient));
    const auto new_square = hn::MulAdd(hn::Set(d, adam.beta2), hn::LoadU(d, square + i), part);
    hn::StoreU(new_mean, d, mean + i);
    hn::StoreU(new_square, d, square + i);
    const auto scale = hn::MulAdd(hn::Sqrt(new_square), hn::Set(d, root), hn::Set(d, adam.epsilon));
    hn::StoreU(hn::Sub(hn::LoadU(d, w + i), hn::Div(hn::Mul(hn::Set(d, rate), new_mean), scale)), d, w + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::learn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::learn {
namespace {

HWY_EXPORT(sgd_here);
HWY_EXPORT(adagrad_here);
HWY_EXPORT(adam_here);

}  // namespace

void sgd_row(float rate, std::span<const float> gradient, std::span<float> weight) {
  assert(gradient.size() == weight.size());
  HWY_DYNAMIC_DISPATCH(sgd_here)(rate, gradient.data(), weight.data(), weight.size());
}

void adagrad_row(float rate, float epsilon, std::span<const float> gradient, std::span<float> sum, std::span<float> weight) {
  assert(gradient.size() == weight.size() && sum.size() == weight.size());
  HWY_DYNAMIC_DISPATCH(adagrad_here)(rate, epsilon, gradient.data(), sum.data(), weight.data(), weight.size());
}

void adam_row(const AdamStep& step, std::span<const float> gradient, std::span<float> mean, std::span<float> square,
              std::span<float> weight) {
  assert(gradient.size() == weight.size() && mean.size() == weight.size() && square.size() == weight.size());
  HWY_DYNAMIC_DISPATCH(adam_here)(step, gradient.data(), mean.data(), square.data(), weight.data(), weight.size());
}

}  // namespace souk::learn
#endif  // HWY_ONCE
