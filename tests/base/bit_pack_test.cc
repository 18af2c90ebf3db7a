#include "souk/base/kernels/bit_pack.h"

#include <gmock/gmock.h>
#include <numeric>

#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::kernels {
namespace {

std::vector<std::uint32_t> random_numbers(Random& random, unsigned bits, std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  for (std::uint32_t& number : numbers) number = static_cast<std::uint32_t>(random.below(std::uint64_t{1} << bits));
  return numbers;
}

std::vector<std::byte> packed(const std::vector<std::uint32_t>& numbers, unsigned bits, std::size_t before) {
  std::vector<std::byte> bytes(before);
  pack(numbers, bits, bytes);
  EXPECT_EQ(bytes.size(), before + packed_bytes(bits, numbers.size()));
  bytes.resize(bytes.size() + kPackReadsBeyond, std::byte{0xFF});
  return bytes;
}

void check(unsigned bits, std::size_t count, Random& random) {
  SCOPED_TRACE(testing::Message() << bits << " bits, " << count << " numbers");
  const std::vector<std::uint32_t> numbers = random_numbers(random, bits, count);
  const std::size_t offset = random.below(5);  // any alignment
  const std::vector<std::byte> bytes = packed(numbers, bits, offset);
  std::vector<std::uint32_t> out(count + kPackGroup);
  unpack(bytes.data() + offset, bits, count, out.data());
  EXPECT_TRUE(std::equal(numbers.begin(), numbers.end(), out.begin()));
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(packed_at(bytes.data() + offset, bits, i), numbers[i]);

  const auto before = static_cast<std::uint32_t>(random.below(3)) - 1;
  unpack_ascending(bytes.data() + offset, bits, count, before, out.data());
  std::uint32_t sum = before;
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i], sum += numbers[i] + 1);
}

class BitPack : public OnEachTarget {};

TEST_P(BitPack, EveryWidthAndManyCountsComeBack) {
  Random random(1);
  for (unsigned bits = 0; bits <= 32; bits == kMaxPackedBits ? bits = 32 : ++bits) {
    for (std::size_t count = 0; count <= 40; ++count) check(bits, count, random);
    check(bits, 128, random);
    check(bits, 1000, random);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, BitPack, each_target(), target_name);

// The widest form of AVX-512 is compiled for this kernel alone, so the list of targets above does not name it.
TEST(BitPackHere, EveryWidthComesBackOnTheBestTarget) {
  Random random(2);
  for (unsigned bits = 0; bits <= kMaxPackedBits; ++bits) {
    for (const std::size_t count : {1, 15, 16, 17, 127, 128}) check(bits, count, random);
  }
}

TEST(BitPackHere, WidthsBeyondTwentyFiveAreThirtyTwo) {
  EXPECT_EQ(packed_width(0), 0U);
  EXPECT_EQ(packed_width(1), 1U);
  EXPECT_EQ(packed_width((1U << 25U) - 1), 25U);
  EXPECT_EQ(packed_width(1U << 25U), 32U);
  EXPECT_EQ(packed_width(UINT32_MAX), 32U);
  EXPECT_FALSE(packed_width_valid(26));
  EXPECT_FALSE(packed_width_valid(33));
}

}  // namespace
}  // namespace souk::kernels
