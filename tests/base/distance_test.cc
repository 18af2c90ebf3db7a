// Distances against sums in double precision, on every instruction set that this machine has.
#include "souk/base/kernels/distance.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::kernels {
namespace {

class Distance : public OnEachTarget {};
INSTANTIATE_TEST_SUITE_P(Simd, Distance, each_target(), target_name);

std::vector<float> random_floats(Random& random, std::size_t size) {
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

std::vector<Bf16> random_halves(Random& random, std::size_t size) {
  std::vector<Bf16> values(size);
  for (Bf16& value : values) value = to_bf16(static_cast<float>(random.normal()));
  return values;
}

struct Sums {
  double dot = 0, squared = 0, size = 0;
};
template <class At>
Sums expected_sums(const std::vector<float>& a, At at) {
  Sums sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = at(i);
    sums.dot += x * y, sums.squared += (x - y) * (x - y), sums.size += x * x + y * y;
  }
  return sums;
}

TEST_P(Distance, OfFloatsIsThatOfDoubles) {
  Random random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const auto a = random_floats(random, size), b = random_floats(random, size);
    const Sums sums = expected_sums(a, [&](std::size_t i) { return b[i]; });
    ASSERT_NEAR(squared_distance(a, b), sums.squared, 1e-5 * sums.size) << size;
    ASSERT_EQ(squared_distance(a, b), squared_distance(b, a)) << "the same both ways";
    ASSERT_EQ(squared_distance(a, a), 0);
    if (size > 0) {
      double aa = 0, bb = 0;
      for (std::size_t i = 0; i < size; ++i) aa += double{a[i]} * a[i], bb += double{b[i]} * b[i];
      ASSERT_NEAR(cosine(a, b), sums.dot / std::sqrt(aa * bb), 1e-5);
    }
  }
  EXPECT_EQ(cosine(std::vector<float>(3, 0.0F), std::vector<float>(3, 1.0F)), 0);
}

TEST_P(Distance, OfHalvesIsThatOfDoubles) {
  Random random(2);
  for (std::size_t size = 0; size < 200; ++size) {
    const auto a = random_floats(random, size);
    const auto b = random_halves(random, size);
    const Sums sums = expected_sums(a, [&](std::size_t i) { return to_float(b[i]); });
    ASSERT_NEAR(dot(a, b), sums.dot, 1e-5 * sums.size) << size;
    ASSERT_NEAR(squared_distance(a, b), sums.squared, 1e-5 * sums.size) << size;
  }
}

TEST_P(Distance, OfRowsIsThatOfEach) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    const std::size_t size = random.below(200), stride = size + random.below(20), rows = 1 + random.below(10);
    const auto table = random_floats(random, rows * stride + 1), query = random_floats(random, size);
    std::vector<std::uint32_t> which(random.below(20));
    for (std::uint32_t& row : which) row = static_cast<std::uint32_t>(random.below(rows));
    std::vector<float> products(which.size()), distances(which.size());
    dot_rows(query, table.data(), stride, which, products.data());
    squared_distance_rows(query, table.data(), stride, which, distances.data());
    for (std::size_t i = 0; i < which.size(); ++i) {
      const std::span row(table.data() + which[i] * stride, size);
      float alone = 0;
      dot_rows(query, row.data(), 0, std::vector<std::uint32_t>{0}, &alone);
      ASSERT_EQ(products[i], alone);
      ASSERT_NEAR(products[i], dot(query, row), 1e-4);
      ASSERT_EQ(distances[i], squared_distance(query, row));
    }
  }
}

void check_hamming() {
  Random random(4);
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<std::uint64_t> a(size), rows(size * 7);
    for (std::uint64_t& word : a) word = random();
    for (std::uint64_t& word : rows) word = random();
    const std::vector<std::uint32_t> which{6, 0, 0, 5, 1, 2, 3};
    std::vector<std::uint32_t> out(which.size());
    hamming_rows(a, rows.data(), size, which, out.data());
    for (std::size_t i = 0; i < which.size(); ++i) {
      std::uint32_t expected = 0;
      for (std::size_t bit = 0; bit < size * 64; ++bit) {
        expected += ((a[bit / 64] ^ rows[which[i] * size + bit / 64]) >> (bit % 64) & 1U) != 0 ? 1 : 0;
      }
      ASSERT_EQ(out[i], expected) << size << " words";
      ASSERT_EQ(hamming(a, std::span(rows).subspan(which[i] * size, size)), expected);
    }
  }
}

TEST_P(Distance, OfBitsIsThatOfEachBit) {
  check_hamming();
}
TEST(DistanceAsChosen, OfBitsIsThatOfEachBit) {  // the later AVX-512, which OnEachTarget does not name
  check_hamming();
}

TEST(Bf16, RoundsToTheNearestEven) {
  EXPECT_EQ(to_float(to_bf16(1.0F)), 1.0F);
  EXPECT_EQ(to_float(to_bf16(-2.5F)), -2.5F);
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3F808000U)).bits, 0x3F80);  // half way, even below
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3F818000U)).bits, 0x3F82);  // half way, even above
  EXPECT_EQ(to_bf16(std::bit_cast<float>(0x3F808001U)).bits, 0x3F81);
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::infinity())), std::numeric_limits<float>::infinity());
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::max())), std::numeric_limits<float>::infinity()) << "beyond the largest";
  EXPECT_TRUE(std::isnan(to_float(to_bf16(std::bit_cast<float>(0x7F800001U)))));
}

}  // namespace
}  // namespace souk::kernels
