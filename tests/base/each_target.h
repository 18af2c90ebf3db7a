// Runs tests with every instruction set that this machine and the build have in common, not only with the best.
#pragma once

#include <cstdint>
#include <gmock/gmock.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <string>

#include "souk/base/kernels/dot.h"

namespace souk::kernels {

class OnEachTarget : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    ASSERT_STREQ(simd_target(), hwy::TargetName(GetParam()));
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

inline auto each_target() {
  return ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets());
}
inline std::string target_name(const ::testing::TestParamInfo<std::int64_t>& info) {
  return hwy::TargetName(info.param);
}

}  // namespace souk::kernels
