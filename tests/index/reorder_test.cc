#include "souk/index/reorder.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "souk/base/random.h"

namespace souk::index {
namespace {

struct Rows {
  std::vector<std::uint32_t> begins = {0}, terms;
  std::uint32_t term_count = 0;
  ForwardRows view() const { return {begins, terms, term_count}; }
};

// Documents of a few topics, each with words of its own and some that all share, in random order.
Rows topics(Random& random, std::uint32_t documents, std::uint32_t topics) {
  Rows rows;
  rows.term_count = 40 * topics + 40;
  for (std::uint32_t d = 0; d < documents; ++d) {
    const auto topic = static_cast<std::uint32_t>(random.below(topics));
    std::vector<std::uint32_t> terms;
    for (int i = 0; i < 8; ++i) terms.push_back(40 * topic + static_cast<std::uint32_t>(random.below(40)));
    for (int i = 0; i < 4; ++i) terms.push_back(40 * topics + static_cast<std::uint32_t>(random.below(40)));
    std::sort(terms.begin(), terms.end());
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    rows.terms.insert(rows.terms.end(), terms.begin(), terms.end());
    rows.begins.push_back(static_cast<std::uint32_t>(rows.terms.size()));
  }
  return rows;
}

std::vector<std::uint32_t> in_order(const Rows& rows) {
  std::vector<std::uint32_t> order(rows.begins.size() - 1);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

TEST(Bisect, BringsLikeDocumentsTogether) {
  Random random(1);
  const Rows rows = topics(random, 4000, 16);
  const std::vector<std::uint32_t> order = bisect(rows.view());
  EXPECT_LT(gap_bits(rows.view(), order), 0.75 * gap_bits(rows.view(), in_order(rows)));
  EXPECT_EQ(order, bisect(rows.view())) << "the same each time";
  std::vector<std::uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, in_order(rows)) << "each document once";
}

TEST(Bisect, LeavesAloneWhatHasNoPattern) {
  for (const std::uint32_t documents : {0U, 1U, 2U, 31U, 33U, 100U}) {
    Rows rows;
    rows.term_count = 1;
    for (std::uint32_t d = 0; d < documents; ++d) {
      rows.terms.push_back(0);
      rows.begins.push_back(d + 1);
    }
    std::vector<std::uint32_t> order = bisect(rows.view());
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, in_order(rows));
  }
}

}  // namespace
}  // namespace souk::index
