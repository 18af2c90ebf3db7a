// Codes in a range against one comparison after the other, on every instruction set that this machine has.
#include "souk/base/kernels/code_bits.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::kernels {
namespace {

class CodeBits : public OnEachTarget {};
INSTANTIATE_TEST_SUITE_P(Simd, CodeBits, each_target(), target_name);

template <class T>
void compare(Random& random) {
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t limit = random.below(2) == 0 ? 5 : std::uint64_t{std::numeric_limits<T>::max()} + 1;
    std::vector<T> codes(random.below(400));
    for (T& code : codes) code = static_cast<T>(random.below(limit));
    const auto low = static_cast<T>(random.below(limit));
    const auto span = static_cast<T>(random.below(std::uint64_t{std::numeric_limits<T>::max()} + 1 - low));
    std::vector<std::uint64_t> bits((codes.size() + 63) / 64 + 1, 0x5555);
    bits_in_range(std::span<const T>(codes), low, span, bits.data());
    for (std::size_t i = 0; i < (codes.size() + 63) / 64 * 64; ++i) {
      const bool in = i < codes.size() && codes[i] >= low && std::uint64_t{codes[i]} <= std::uint64_t{low} + span;
      ASSERT_EQ((bits[i / 64] >> (i % 64) & 1U) != 0, in) << "code " << i << " of " << codes.size();
    }
    ASSERT_EQ(bits.back(), 0x5555U) << "nothing is written beyond";
  }
}

TEST_P(CodeBits, AreThoseOfTheRange) {
  Random random(1);
  compare<std::uint8_t>(random);
  compare<std::uint16_t>(random);
  compare<std::uint32_t>(random);
}

TEST_P(CodeBits, AreNumbersAndPlaces) {
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> bits(random.below(40));
    const std::uint64_t kind = random.below(3);
    for (std::uint64_t& word : bits) word = kind == 0 ? random() : kind == 1 ? random() & random() & random() & random() : random.below(3);
    std::vector<std::uint32_t> expected, numbers, places;
    for (std::uint32_t i = 0; i < bits.size() * 64; ++i) {
      const bool set = (bits[i / 64] >> (i % 64) & 1U) != 0;
      if (set) expected.push_back(i);
      if (random.below(3) > 0) continue;
      if (set) places.push_back(static_cast<std::uint32_t>(numbers.size()));
      numbers.push_back(i);
    }
    ASSERT_EQ(count_bits(bits), expected.size());
    std::vector<std::uint32_t> found(expected.size() + kBitsBeyond);
    found.resize(numbers_of_bits(bits, found.data()));
    ASSERT_EQ(found, expected);
    found.resize(numbers.size() + kBitsBeyond);
    found.resize(places_in_bits(numbers, bits.data(), found.data()));
    ASSERT_EQ(found, places);
  }
}

}  // namespace
}  // namespace souk::kernels
