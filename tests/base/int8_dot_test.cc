// Int8 dot products against the plain loop, bit for bit, by every kernel that this machine can run.
#include "souk/base/kernels/int8_dot.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "souk/base/random.h"

namespace souk::kernels {
namespace {

std::int32_t expected_dot(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::int64_t{a[i]} * b[i];
  return static_cast<std::int32_t>(sum);
}

std::vector<std::int8_t> random_bytes(Random& random, std::size_t size) {
  const bool extreme = random.below(3) == 0;  // where sums are largest
  std::vector<std::int8_t> bytes(size);
  for (std::int8_t& byte : bytes) {
    const std::uint64_t drawn = random.below(256);
    byte = static_cast<std::int8_t>(!extreme ? drawn : drawn % 2 == 0 ? 0x80U : 0x7FU);
  }
  return bytes;
}

class Int8Dot : public ::testing::TestWithParam<Int8Kernel> {};
INSTANTIATE_TEST_SUITE_P(Kernels, Int8Dot, ::testing::ValuesIn(int8_kernels().begin(), int8_kernels().end()),
                         [](const auto& kernel) { return std::string(kernel.param.name); });

TEST_P(Int8Dot, IsThatOfThePlainLoop) {
  Random random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const auto a = random_bytes(random, size), b = random_bytes(random, size);
    ASSERT_EQ(GetParam().dot(a.data(), b.data(), size), expected_dot(a.data(), b.data(), size)) << size << " columns";
  }
}

TEST_P(Int8Dot, FitsAtItsLongest) {
  for (const std::int8_t value : {std::int8_t{-128}, std::int8_t{127}}) {
    const std::vector<std::int8_t> a(kMaxInt8Columns, -128), b(kMaxInt8Columns, value);
    EXPECT_EQ(GetParam().dot(a.data(), b.data(), a.size()), expected_dot(a.data(), b.data(), a.size()));
  }
}

TEST_P(Int8Dot, OfRowsIsThatOfEach) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = random.below(900), stride = size + random.below(70), rows = 1 + random.below(20);
    const auto table = random_bytes(random, rows * stride + 1), query = random_bytes(random, size);
    std::vector<std::uint32_t> which(1 + random.below(40));
    for (std::uint32_t& row : which) row = static_cast<std::uint32_t>(random.below(rows));
    std::vector<std::int32_t> out(which.size() + 1, 77);
    GetParam().dot_rows(query.data(), size, table.data(), stride, which.data(), which.size(), out.data());
    for (std::size_t i = 0; i < which.size(); ++i) {
      ASSERT_EQ(out[i], expected_dot(query.data(), table.data() + which[i] * stride, size))
          << "row " << which[i] << ", " << size << " columns";
    }
    ASSERT_EQ(out.back(), 77) << "nothing is written beyond";
  }
}

TEST_P(Int8Dot, SumsWhereBitsAreSet) {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = random.below(500), words = (size + 63) / 64, rows = 1 + random.below(9);
    const auto query = random_bytes(random, size);
    std::vector<std::uint64_t> bits(rows * words + 1);
    for (std::size_t at = 0; at < rows * size; ++at) {
      if (random.below(3) > 0) bits[at / size * words + at % size / 64] |= std::uint64_t{1} << (at % size % 64);
    }
    std::vector<std::uint32_t> which(1 + random.below(20));
    for (std::uint32_t& row : which) row = static_cast<std::uint32_t>(random.below(rows));
    std::vector<std::int32_t> out(which.size());
    GetParam().masked_sum_rows(query.data(), size, reinterpret_cast<const std::byte*>(bits.data()), words * 8, which.data(), which.size(),
                               out.data());
    for (std::size_t i = 0; i < which.size(); ++i) {
      std::int32_t expected = 0;
      for (std::size_t c = 0; c < size; ++c) {
        if ((bits[which[i] * words + c / 64] >> (c % 64) & 1U) != 0) expected += query[c];
      }
      ASSERT_EQ(out[i], expected) << size << " columns";
    }
  }
}

TEST(Int8DotDispatch, TakesTheFirst) {
  Random random(3);
  const auto a = random_bytes(random, 77), b = random_bytes(random, 77);
  EXPECT_EQ(dot(a, b), expected_dot(a.data(), b.data(), 77));
  dot_rows(a, b.data(), 77, {}, nullptr);  // of no rows: nothing
  EXPECT_STREQ(int8_kernels().back().name, "plain");
}

}  // namespace
}  // namespace souk::kernels
