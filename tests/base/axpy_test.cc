#include "souk/base/kernels/axpy.h"

#include <gmock/gmock.h>
#include <vector>

#include "souk/base/random.h"

namespace souk::kernels {
namespace {

TEST(AddScaled, EqualsThePlainLoopForEveryLength) {
  Random random(1);
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<float> x(size), y(size + 1, 7);  // one value past the end must stay
    for (float& value : x) value = static_cast<float>(random.uniform()) - 0.5F;
    for (std::size_t i = 0; i < size; ++i) y[i] = static_cast<float>(random.uniform());
    const std::vector<float> before = y;
    add_scaled(-1.5F, x, std::span(y).first(size));
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(y[i], before[i] - 1.5F * x[i], 1e-6F);
    EXPECT_EQ(y[size], 7.0F);
  }
}

}  // namespace
}  // namespace souk::kernels
