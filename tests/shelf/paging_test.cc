// Which places make a page when the shop changed since the one before.
#include "souk/shelf/paging.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <set>
#include <vector>

#include "souk/base/random.h"

namespace souk::shelf {
namespace {

using Ids = std::vector<std::uint32_t>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Ids page(const Ids& items, const Ids& after, std::size_t offset, std::size_t k = 3) {
  std::vector<ItemId> all, shown;
  for (const std::uint32_t id : items) all.push_back(ItemId{id});
  for (const std::uint32_t id : after) shown.push_back(ItemId{id});
  Ids result;
  for (const std::uint32_t place : page_of(all, shown, offset, k)) result.push_back(items[place]);
  return result;
}

TEST(PageOf, BeginsAtTheOffset) {
  EXPECT_THAT(page({1, 2, 3, 4, 5}, {}, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(page({1, 2, 3, 4, 5}, {}, 3), ElementsAre(4, 5));
  EXPECT_THAT(page({1, 2, 3, 4, 5}, {}, 50), IsEmpty());
  EXPECT_THAT(page({1, 2}, {}, 0, 0), IsEmpty());
  EXPECT_THAT(page({}, {1}, 5), IsEmpty());
}

TEST(PageOf, BeginsBehindWhatWasShownLast) {
  EXPECT_THAT(page({1, 2, 3, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6));
  EXPECT_THAT(page({8, 9, 1, 2, 3, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6)) << "two new items stand first now";
  EXPECT_THAT(page({3, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6)) << "two are gone";
  EXPECT_THAT(page({1, 2, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6)) << "the last one is gone";
  EXPECT_THAT(page({1, 2, 8, 3, 4, 5}, {1, 2, 3}, 3), ElementsAre(8, 4, 5)) << "a new one among them";
  EXPECT_THAT(page({1, 2}, {1, 2}, 2), IsEmpty());
}

TEST(PageOf, IsNotFooledByOneThatMoved) {
  EXPECT_THAT(page({1, 2, 4, 5, 6, 3}, {1, 2, 3}, 3), ElementsAre(4, 5, 6));
  EXPECT_THAT(page({3, 1, 2, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6));
  EXPECT_THAT(page({2, 1, 3, 4, 5, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6));
  EXPECT_THAT(page({1, 3, 4, 5, 2, 6}, {1, 2, 3}, 3), ElementsAre(4, 5, 6));
}

TEST(PageOf, BeginsAtTheOffsetWhenNothingIsLeftOfThem) {
  EXPECT_THAT(page({4, 5, 6, 7}, {1, 2, 3}, 2), ElementsAre(6, 7));
}

// Items come and go between the pages, but for the last two that were shown: every item that stays is shown once, in the order.
TEST(PageOf, PagesAreOneLongPage) {
  constexpr std::uint32_t kNew = 1000;
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    Ids list;
    for (std::uint32_t i = 0; i < 60; ++i) list.push_back(i);
    Ids seen;
    std::uint32_t fresh = kNew;
    const std::size_t k = 1 + random.below(9);
    while (true) {
      const Ids after(seen.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(seen.size(), 5)), seen.end());
      const Ids next = page(list, after, seen.size(), k);
      if (next.empty()) break;
      seen.insert(seen.end(), next.begin(), next.end());
      for (int change = 0; change < 4; ++change) {
        const auto place = list.begin() + static_cast<std::ptrdiff_t>(random.below(list.size()));
        const bool last =
            std::find(seen.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(seen.size(), 2)), seen.end(), *place) != seen.end();
        if (random.below(2) == 0) {
          list.insert(place, fresh++);
        } else if (!last) {
          list.erase(place);
        }
      }
    }
    Ids stayed, shown;
    std::copy_if(list.begin(), list.end(), std::back_inserter(stayed), [](std::uint32_t item) { return item < kNew; });
    std::copy_if(seen.begin(), seen.end(), std::back_inserter(shown),
                 [&](std::uint32_t item) { return std::find(stayed.begin(), stayed.end(), item) != stayed.end(); });
    ASSERT_EQ(shown, stayed) << "round " << round;
    ASSERT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), seen.size()) << "round " << round;
  }
}

}  // namespace
}  // namespace souk::shelf
