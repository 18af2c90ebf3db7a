// Sums of table entries against the plain loop, bit for bit, by every kernel that this machine can run.
#include "souk/base/kernels/fast_scan.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "souk/base/random.h"

namespace souk::kernels {
namespace {

class FastScan : public ::testing::TestWithParam<ScanKernel> {};
INSTANTIATE_TEST_SUITE_P(Kernels, FastScan, ::testing::ValuesIn(scan_kernels().begin(), scan_kernels().end()),
                         [](const auto& kernel) { return std::string(kernel.param.name); });

TEST_P(FastScan, AddsUpWhatTheCodesPick) {
  Random random(1);
  for (std::size_t parts = 0; parts <= kMostParts; parts += kScanParts) {
    const std::size_t blocks = random.below(4), stride = scan_block_bytes(parts) + 64 * random.below(2);
    std::vector<std::byte> codes(blocks * stride + 1);
    std::vector<std::uint8_t> tables(parts * 16), picked(blocks * kScanRows * parts);
    const bool extreme = random.below(3) == 0;  // where sums are largest
    for (std::uint8_t& entry : tables) entry = static_cast<std::uint8_t>(extreme ? 255 : random.below(256));
    for (std::size_t at = 0; at < picked.size(); ++at) {
      const std::size_t row = at / parts, part = at % parts;
      picked[at] = static_cast<std::uint8_t>(random.below(16));
      set_scan_code(codes.data() + row / kScanRows * stride, part, row % kScanRows, picked[at]);
    }
    std::vector<std::uint16_t> sums(blocks * kScanRows + 1, 77);
    GetParam().sums(tables.data(), parts, codes.data(), stride, blocks, sums.data());
    for (std::size_t row = 0; row < blocks * kScanRows; ++row) {
      std::size_t expected = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        ASSERT_EQ(scan_code(codes.data() + row / kScanRows * stride, part, row % kScanRows), picked[row * parts + part]);
        expected += tables[part * 16 + picked[row * parts + part]];
      }
      ASSERT_EQ(sums[row], expected) << "row " << row << ", " << parts << " parts";
    }
    ASSERT_EQ(sums.back(), 77) << "nothing is written beyond";
  }
}

}  // namespace
}  // namespace souk::kernels
