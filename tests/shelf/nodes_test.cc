// The nodes that change what their input answered: filter, cut, score, relax; and what becomes of them when the request chose the order.
#include "tests/shelf/support.h"

namespace souk::shelf {
namespace {

using testing::concepts_of;
using ::testing::ElementsAre;
using testing::FakeItem;
using testing::FakeShop;
using testing::ids;
using ::testing::IsEmpty;
using testing::make_plan;
using testing::plain_items;

Candidates answer(const std::string& body, const Request& request, const ShopView& view) {
  const auto plan = make_plan(body);
  EXPECT_TRUE(plan) << plan.error().message();
  if (!plan) return {};
  auto found = (*plan)->run(request, view);
  EXPECT_TRUE(found) << found.error().message();
  return found ? *std::move(found) : Candidates();
}

FakeItem titled(const std::string& title, Timestamp released = 0) {
  return {.title = title, .category = {}, .brand = {}, .group = {}, .released = released};
}

// Found by "self": all items with the words of the query, scores the number of words.
Request query(const std::vector<std::string>& words) {
  Request request;
  request.concepts = concepts_of(words);
  for (const std::string& word : words) request.query += word + " ";
  return request;
}

const std::string kFive = "[shelves.s.settings]\na.items = [1, 2, 3, 4, 5]\n";  // scores 5 to 1
std::string nodes(const std::string& rest) {
  return "nodes = [{id = \"a\", type = \"retrieve\", name = \"one\"}, " + rest + "]\n" + kFive;
}

TEST(FilterNode, KeepsWhatItsExpressionHoldsFor) {
  auto items = plain_items(8);
  for (const std::size_t i : {1U, 4U, 6U}) items[i].brand = "Acme";
  const FakeShop shop(std::move(items));
  EXPECT_THAT(ids(answer(nodes("{id = \"f\", type = \"filter\", in = [\"a\"], filter = \"brand = acme\"}"), {}, shop.view)),
              ElementsAre(1, 4));
}

TEST(FilterNode, KeepsTheTotalInStep) {
  auto items = plain_items(300);
  for (std::size_t i = 0; i < 300; i += 2) items[i].brand = "Acme";
  const FakeShop shop(std::move(items));
  const std::string body =
      "nodes = [{id = \"l\", type = \"retrieve\", name = \"self\"}, {id = \"f\", type = \"filter\", in = [\"l\"], filter = \"brand = "
      "acme\"}]";
  const Candidates part = answer(body, {}, shop.view);
  EXPECT_EQ(part.size(), 10U);
  EXPECT_EQ(part.lexical->total, 200U) << "100 of the 200 that were retrieved were dropped";
  EXPECT_FALSE(part.total_exact);
  Request deep;
  deep.k = 200;
  const Candidates whole = answer(body, deep, shop.view);
  EXPECT_EQ(whole.lexical->total, 150U);
  EXPECT_TRUE(whole.total_exact);
}

TEST(CutNode, CutsByScoreAndByTheShareOfTheBest) {
  const FakeShop shop(plain_items(10));
  const auto cut = [&](const std::string& where) {
    return ids(answer(nodes("{id = \"c\", type = \"cut\", in = [\"a\"], " + where + "}"), {}, shop.view));
  };
  EXPECT_THAT(cut("k = 2"), ElementsAre(1, 2));
  EXPECT_THAT(cut("score = 3"), ElementsAre(1, 2, 3));
  EXPECT_THAT(cut("score = 6"), IsEmpty());
  EXPECT_THAT(cut("ratio = 0.8"), ElementsAre(1, 2));
  EXPECT_THAT(cut("ratio = 1"), ElementsAre(1));
  EXPECT_THAT(cut("ratio = 0.1"), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(cut("ratio = 0.2, score = 2, k = 3"), ElementsAre(1, 2, 3));
}

TEST(CutNode, OfNothingIsNothing) {
  const FakeShop shop(plain_items(10));
  EXPECT_THAT(ids(answer("retrieve = [\"one\"]\ncut = {ratio = 0.5}", {}, shop.view)), IsEmpty());
}

TEST(CutNode, KeepsTheTotalInStep) {
  std::vector<FakeItem> items(400, titled("red shirt"));
  for (std::size_t i = 0; i < 100; ++i) items[i] = titled("red");
  const FakeShop shop(std::move(items));
  // "by-id" scores by the id: of 400 the 200 first found are ranked, and those from 150 on stay.
  const std::string body = "retrieve = [\"self\"]\nscore = [\"by-id\"]\ncut = {score = 150}";
  const Candidates found = answer(body, {}, shop.view);
  EXPECT_EQ(found.size(), 10U);
  EXPECT_EQ(found.lexical->total, 50U);
  EXPECT_TRUE(found.total_exact) << "nothing below the bar can follow";
  const Candidates all = answer("retrieve = [\"self\"]\nscore = [\"by-id\"]\ncut = {score = -1}", {}, shop.view);
  EXPECT_EQ(all.lexical->total, 400U);
  EXPECT_FALSE(all.total_exact) << "200 were not looked at";
  const Candidates first = answer(
      "nodes = [{id = \"a\", type = \"retrieve\", name = \"self\"}, {id = \"c\", type = \"cut\", in = [\"a\"], k = 7}]", {}, shop.view);
  EXPECT_EQ(first.lexical->total, 7U);
  EXPECT_TRUE(first.total_exact);
}

TEST(ScoreNode, ReplacesTheScoresOrAddsItsShare) {
  const FakeShop shop(plain_items(10));
  const auto scored = [&](const std::string& weight) {
    return answer(nodes("{id = \"s\", type = \"score\", name = \"by-id\", in = [\"a\"]" + weight + "}"), {}, shop.view);
  };
  EXPECT_THAT(ids(scored("")), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(scored("").scores, ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(ids(scored(", weight = 0.5")), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(scored(", weight = 0.5").scores, ElementsAre(5.5F, 5, 4.5F, 4, 3.5F));
  EXPECT_THAT(ids(scored(", weight = 3")), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(scored(", weight = -1").scores, ElementsAre(4, 2, 0, -2, -4));
}

TEST(RelaxNode, AsksForLessOnlyWhenTooLittleIsFound) {
  const FakeShop shop({titled("red wool shirt"), titled("red wool sock"), titled("red cotton shirt"), titled("blue shirt")});
  const std::string body = "retrieve = [\"self\"]\nrelax = \"drop-last\"";
  const Candidates enough = answer(body, query({"red", "wool"}), shop.view);
  EXPECT_THAT(ids(enough), ElementsAre(0, 1));
  EXPECT_THAT(enough.lexical->dropped, IsEmpty());
  const Candidates relaxed = answer(body, query({"red", "wool", "shirt", "long"}), shop.view);
  EXPECT_THAT(ids(relaxed), ElementsAre(0, 1));
  EXPECT_THAT(relaxed.lexical->dropped, ElementsAre("shirt", "long"));
  EXPECT_EQ(relaxed.lexical->total, 2U);
}

TEST(RelaxNode, LeavesTheRequestWhenNothingHelps) {
  const FakeShop shop({titled("red shirt")});
  const Candidates found = answer("retrieve = [\"self\"]\nrelax = \"drop-last\"", query({"red", "shirt"}), shop.view);
  EXPECT_THAT(ids(found), ElementsAre(0)) << "one is fewer than two, but all there is";
  EXPECT_THAT(found.lexical->dropped, IsEmpty());
}

TEST(RelaxNode, LeavesRequestsThatSayHowToMatchAndThoseNobodyRead) {
  const FakeShop shop({titled("red shirt"), titled("red sock")});
  const std::string body = "retrieve = [\"self\"]\nrelax = \"drop-last\"";
  Request strict = query({"red", "hat"});
  strict.lexical.match = index::Match::all;
  EXPECT_THAT(ids(answer(body, strict, shop.view)), IsEmpty());
  Request unread = query({"red", "hat"});
  unread.concepts.clear();
  EXPECT_THAT(ids(answer(body, unread, shop.view)), IsEmpty());
}

TEST(RelaxNode, CountsUnderTheFilterAndRunsWhatItReadsOnceInTheReport) {
  auto items = std::vector<FakeItem>{titled("red shirt"), titled("red sock"), titled("red hat"), titled("red hat")};
  items[2].brand = items[3].brand = "Acme";
  const FakeShop shop(std::move(items));
  const auto plan = make_plan("retrieve = [\"self\"]\nrelax = \"drop-last\"");
  ASSERT_TRUE(plan);
  Request request = query({"red", "shirt"});
  request.filter = *index::parse_filter("brand = acme", *shop.view.schema);
  RunReport report;
  const auto found = (*plan)->run(request, shop.view, &report);
  ASSERT_TRUE(found);
  EXPECT_THAT(ids(*found), ElementsAre(2, 3));
  ASSERT_EQ(report.timings.size(), 2U);
  EXPECT_EQ(report.timings[0].node, "self");
  EXPECT_EQ(report.timings[0].candidates, 2U);
  EXPECT_EQ(report.timings[1].node, "drop-last");
}

TEST(AnOrderTheRequestChose, StaysAsItIs) {
  std::vector<FakeItem> items;
  for (Timestamp i = 0; i < 6; ++i) items.push_back(titled("item", i));
  const FakeShop shop(std::move(items));
  Request request;
  request.lexical.sort = {{"released", true}};
  const std::string settings = "[shelves.s.settings]\none.items = [0, 1]\n";
  EXPECT_THAT(ids(answer("retrieve = [\"self\"]", request, shop.view)), ElementsAre(5, 4, 3, 2, 1, 0));
  EXPECT_THAT(ids(answer("retrieve = [\"one\", \"self\"]\nscore = [\"by-id\"]\ncut = {score = 100}\narrange = [\"reverse\"]\n" + settings,
                         request, shop.view)),
              ElementsAre(5, 4, 3, 2, 1, 0));
  EXPECT_THAT(ids(answer("retrieve = [\"self\"]\narrange = [\"every-other\"]", request, shop.view)), ElementsAre(5, 3, 1))
      << "what only drops has its say";
}

TEST(Paging, GoesOnBehindWhatWasShownLast) {
  const FakeShop shop(plain_items(10));
  const std::string body = "retrieve = [\"one\"]\n[shelves.s.settings]\none.items = [7, 1, 2, 3, 4, 5]\n";
  Request request;
  request.k = 2;
  request.offset = 2;
  request.after = {ItemId{1}, ItemId{2}};  // were the first two before 7 came
  const auto plan = make_plan(body);
  ASSERT_TRUE(plan);
  RunReport report;
  const auto page = (*plan)->run(request, shop.view, &report);
  ASSERT_TRUE(page);
  EXPECT_THAT(ids(*page), ElementsAre(3, 4));
  EXPECT_EQ(report.next, 5U);
}

}  // namespace
}  // namespace souk::shelf
