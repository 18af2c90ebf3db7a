// The tree of an item's score, from the answer back to the sources.
#include <cmath>
#include <fmt/format.h>

#include "tests/shelf/support.h"

namespace souk::shelf {
namespace {

using ::testing::ElementsAre;
using testing::FakeShop;
using ::testing::HasSubstr;
using testing::ids;
using testing::make_plan;
using testing::plain_items;

std::string text(const index::Explanation& explanation, std::size_t depth = 0) {
  std::string all = fmt::format("{:{}}{:g} {}\n", "", depth, explanation.value, explanation.what);
  for (const index::Explanation& part : explanation.parts) all += text(part, depth + 1);
  return all;
}

std::vector<std::string> trees(const std::string& body, const Request& request = {}) {
  const FakeShop shop(plain_items(10));
  const auto plan = make_plan(body);
  EXPECT_TRUE(plan) << plan.error().message();
  RunReport report{.explain = true};
  const auto found = (*plan)->run(request, shop.view, &report);
  EXPECT_TRUE(found) << found.error().message();
  EXPECT_EQ(report.explanations.size(), found->size());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < found->size(); ++i) {
    EXPECT_FLOAT_EQ(report.explanations[i].value, found->scores[i]) << "the value of a tree is the score of its item";
    result.push_back(text(report.explanations[i]));
  }
  return result;
}

TEST(Explain, ASourceSaysWhatItKnows) {
  EXPECT_THAT(trees("retrieve = [\"one\"]\n[shelves.s.settings]\none.items = [1, 2]"),
              ElementsAre("2 one, in its own scale\n", "1 one, in its own scale\n"));
  Request request;
  request.k = 1;
  request.query = "item";
  EXPECT_THAT(trees("retrieve = [\"self\"]", request), ElementsAre("1 self: asked for \"item\"\n 0 part\n"));
}

TEST(Explain, ABlendIsASumOfShares) {
  EXPECT_THAT(
      trees("retrieve = [\"one\", \"two\"]\nweights = [1.0, 0.5]\n[shelves.s.settings]\none.items = [1, 2]\ntwo.items = [2, 3]"),
      ElementsAre("1 blend, the sum of weighted shares of the best\n 1 weight 1 x 2 / 2, the best of one\n  2 one, in its own scale\n",
                  "1 blend, the sum of weighted shares of the best\n 0.5 weight 1 x 1 / 2, the best of one\n  1 one, in its own scale\n"
                  " 0.5 weight 0.5 x 2 / 2, the best of two\n  2 two, in its own scale\n",
                  "0.25 blend, the sum of weighted shares of the best\n 0.25 weight 0.5 x 1 / 2, the best of two\n"
                  "  1 two, in its own scale\n"));
}

TEST(Explain, AFusionIsASumOfReciprocalRanks) {
  const auto found = trees(
      "nodes = [{id = \"one\", type = \"retrieve\", name = \"one\"}, {id = \"two\", type = \"retrieve\", name = \"two\"},"
      " {id = \"both\", type = \"fuse\", in = [\"one\", \"two\"]}]\n[shelves.s.settings]\none.items = [1, 2]\ntwo.items = [2, 3]");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0], HasSubstr("both, the sum of reciprocal ranks\n"));
  EXPECT_THAT(found[0], HasSubstr("weight 1 / (60 + 2), place 2 of one\n"));
  EXPECT_THAT(found[0], HasSubstr("weight 1 / (60 + 1), place 1 of two\n"));
}

TEST(Explain, FillersScoresAndPlacesAreSaid) {
  const std::string body =
      "retrieve = [\"one\"]\nfill = [\"three\"]\nscore = [\"by-id\"]\nscore_weights = [0.5]\narrange = [\"reverse\"]\n"
      "[shelves.s.settings]\none.items = [1, 2]\nthree.items = [7]";
  const auto found = trees(body);
  ASSERT_EQ(found.size(), 3U);
  // 7: 1 as a filler + 0.5 x 7; 1: 2 + 0.5 x 1; 2: 1 + 0.5 x 2. "reverse" moves scores with items.
  EXPECT_EQ(
      found[2],
      "4.5 sum\n 1 fill, a place left empty, never above those before it\n  1 three, in its own scale\n 3.5 weight 0.5 x 7, by by-id\n");
  EXPECT_THAT(trees("retrieve = [\"one\"]\nscore = [\"by-id\"]\n[shelves.s.settings]\none.items = [1, 2]"),
              ElementsAre("2 by-id, instead of\n 1 one, in its own scale\n", "1 by-id, instead of\n 2 one, in its own scale\n"));
}

TEST(Explain, ARelaxedSourceIsExplainedAsItWasAskedAtLast) {
  Request request;
  request.query = "item 1 never";
  request.concepts = testing::concepts_of({"item", "1", "never"});
  // "drop-last" wants two items: only "item" has them.
  for (const std::string& tree : trees("retrieve = [\"self\"]\nrelax = \"drop-last\"\n", request)) {
    EXPECT_THAT(tree, HasSubstr("self: asked for \"item \"\n"));
  }
}

TEST(Explain, AnOrderTheRequestChoseIsPassedOn) {
  Request request;
  request.k = 1;
  request.lexical.sort = {{"released", true}};
  EXPECT_THAT(trees("retrieve = [\"one\", \"self\"]\nscore = [\"by-id\"]\n", request), ElementsAre("0 self: asked for \"\"\n 0 part\n"));
}

}  // namespace
}  // namespace souk::shelf
