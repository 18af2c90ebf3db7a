#include "souk/learn/cloze.h"

#include <gmock/gmock.h>
#include <numeric>

namespace souk::learn {
namespace {

constexpr std::uint32_t kMask = 1'000'000;

TEST(Cloze, HidesItsShareOfEverySequence) {
  std::vector<std::uint32_t> items(20'000);
  std::iota(items.begin(), items.end(), 0U);
  std::vector<std::uint32_t> begin{0};
  while (begin.back() < items.size()) begin.push_back(std::min(begin.back() + 10, 20'000U));
  begin.push_back(begin.back());  // an empty sequence
  Random random(1);
  const Cloze cloze = hide({.mask = kMask, .proportion = 0.3, .last_only = 0.25}, items, begin, random);
  ASSERT_EQ(cloze.input.size(), items.size());
  std::size_t next = 0, alone = 0;
  for (std::size_t s = 0; s + 1 < begin.size(); ++s) {
    std::size_t hidden = 0;
    for (std::uint32_t i = begin[s]; i < begin[s + 1]; ++i) {
      if (next == cloze.places.size() || cloze.places[next] != i) {
        EXPECT_EQ(cloze.input[i], items[i]);
        continue;
      }
      EXPECT_EQ(cloze.input[i], kMask);
      EXPECT_EQ(cloze.items[next++], items[i]);
      ++hidden;
    }
    if (begin[s] == begin[s + 1]) continue;
    EXPECT_GE(hidden, 1U);
    alone += hidden == 1 && cloze.input[begin[s + 1] - 1] == kMask ? 1 : 0;
  }
  EXPECT_EQ(next, cloze.places.size());
  // 500 of 2,000 sequences hide their last alone, 1,500 hide 3 of 10; one event of a sequence by chance: 1,500 x (0.7^10 + 0.12 / 10).
  EXPECT_NEAR(static_cast<double>(cloze.places.size()), 500 + 1500 * 3.03, 250);
  EXPECT_NEAR(static_cast<double>(alone), 500 + 1500 * 0.015, 70);
}

TEST(Cloze, HidesAtLeastOneEvent) {
  Random random(2);
  const Cloze cloze = hide({.mask = kMask, .proportion = 0, .last_only = 0}, std::vector<std::uint32_t>{4, 5, 6},
                           std::vector<std::uint32_t>{0, 1, 3}, random);
  EXPECT_EQ(cloze.places.size(), 2U);
  EXPECT_EQ(cloze.places[0], 0U);
}

}  // namespace
}  // namespace souk::learn
