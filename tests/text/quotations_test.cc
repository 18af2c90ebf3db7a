// Quotation marks of queries.
#include "souk/text/quotations.h"

#include <gmock/gmock.h>
#include <string>

namespace souk::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> between_marks(std::string_view text) {
  std::vector<std::string> found;
  for (const Quotation& one : quotations(text)) {
    EXPECT_LT(one.from, one.begin);
    EXPECT_LT(one.end, one.to);
    found.emplace_back(text.substr(one.begin, one.end - one.begin));
  }
  return found;
}

TEST(Quotations, ArePairsOfMarks) {
  EXPECT_THAT(between_marks("red \"tea pot\" large"), ElementsAre("tea pot"));
  EXPECT_THAT(between_marks("\"tea pot\", (\"blue cup\")"), ElementsAre("tea pot", "blue cup"));
  EXPECT_THAT(between_marks("\u201Ctea pot\u201D \u201Erote Kanne\u201C \u00ABth\u00E9 vert\u00BB \u300C\u8336\u300D"),
              ElementsAre("tea pot", "rote Kanne", "th\u00E9 vert", "\u8336"));
  EXPECT_THAT(between_marks("\"\""), ElementsAre(""));
}

TEST(Quotations, AreNoInches) {
  EXPECT_THAT(between_marks("32\" tv 5\" pipe"), IsEmpty());
  EXPECT_THAT(between_marks("\"32\" tv\""), ElementsAre("32"));
  EXPECT_THAT(between_marks("\"a\"b c\""), ElementsAre("a\"b c"));
}

TEST(Quotations, AreClosed) {
  EXPECT_THAT(between_marks("\"tea pot"), IsEmpty());
  EXPECT_THAT(between_marks("tea pot\""), IsEmpty());
  EXPECT_THAT(between_marks("\u201Ctea \"blue cup\""), ElementsAre("blue cup"));
  EXPECT_THAT(between_marks(""), IsEmpty());
}

TEST(Quotations, AreFoundInBoundedTime) {
  std::string marks;
  for (int i = 0; i < 50'000; ++i) marks += "\u201E\" ";
  EXPECT_THAT(between_marks(marks), IsEmpty());
}

}  // namespace
}  // namespace souk::text
