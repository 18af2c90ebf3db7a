// A plan at work: what comes out of the graph, and what never does.
#include "tests/shelf/support.h"

namespace souk::shelf {
namespace {

using ::testing::ElementsAre;
using testing::FakeItem;
using testing::FakeShop;
using ::testing::HasSubstr;
using testing::ids;
using ::testing::IsEmpty;
using testing::make_plan;
using testing::plain_items;
using ::testing::UnorderedElementsAre;

std::vector<std::uint32_t> run(const std::string& body, const Request& request, const ShopView& view) {
  const auto plan = make_plan(body);
  EXPECT_TRUE(plan) << plan.error().message();
  if (!plan) return {};
  const auto answer = (*plan)->run(request, view);
  EXPECT_TRUE(answer) << answer.error().message();
  return answer ? ids(*answer) : std::vector<std::uint32_t>{};
}

const std::string kOne = "retrieve = [\"one\"]\n[shelves.s.settings.one]\nitems = [1, 2, 3, 4, 5]\n";

TEST(Plan, AnswersBestFirstAndPages) {
  const FakeShop shop(plain_items(10));
  Request request;
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(1, 2, 3, 4, 5));
  request.k = 2;
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(1, 2));
  request.offset = 2;
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(3, 4));
  request.offset = 4;
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(5));
  request.offset = 50;
  EXPECT_THAT(run(kOne, request, shop.view), IsEmpty());
}

TEST(Plan, NeverAnswersWhatIsLookedAtInTheBasketOrExcluded) {
  const FakeShop shop(plain_items(10));
  Request request;
  request.items = {ItemId{1}};
  request.basket = {ItemId{2}};
  request.exclude = {ItemId{4}};
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(3, 5));
}

TEST(Plan, KeepsOrMasksTheHistoryAsTheShelfSays) {
  const FakeShop shop(plain_items(10));
  Request request;
  request.past = {{ItemId{1}, store::EventKind::purchase, 5}, {ItemId{3}, store::EventKind::view, 6}};
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(run("repeats = \"mask\"\n" + kOne, request, shop.view), ElementsAre(2, 4, 5));
}

TEST(Plan, NeverAnswersWhatIsNotShown) {
  auto items = plain_items(5);  // item 5 is not even in the index
  items[2].shown = false;
  const FakeShop shop(std::move(items));
  EXPECT_THAT(run(kOne, Request{}, shop.view), ElementsAre(1, 3, 4));
}

TEST(Plan, NeverAnswersVariantsOfWhatIsLookedAt) {
  auto items = plain_items(10);
  items[1].group = items[2].group = items[3].group = "shirt";
  const FakeShop shop(std::move(items));
  Request request;
  request.items = {ItemId{2}};
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(4, 5));
}

TEST(Plan, JoinsTheShelfsFilterWithTheRequests) {
  auto items = plain_items(10);
  for (const std::size_t i : {1U, 2U, 3U}) items[i].brand = "Acme";
  for (const std::size_t i : {2U, 3U, 4U}) items[i].category = "Toys > Cars";
  const FakeShop shop(std::move(items));
  const std::string shelf = "filter = \"brand = acme\"\n" + kOne;
  EXPECT_THAT(run(shelf, Request{}, shop.view), ElementsAre(1, 2, 3));
  Request request;
  request.filter = *index::parse_filter("category = Toys", *shop.view.schema);
  EXPECT_THAT(run(shelf, request, shop.view), ElementsAre(2, 3));
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(2, 3, 4));
}

TEST(Plan, EvaluatesAFilterOncePerRequestAndNotAtAllWithoutOne) {
  const FakeShop shop(plain_items(10));
  const std::string body = "retrieve = [\"one\", \"two\", \"three\"]";
  run(body, Request{}, shop.view);
  EXPECT_EQ(shop.reader->matched, 0);
  Request request;
  request.filter = *index::parse_filter("brand = x", *shop.view.schema);
  run(body, request, shop.view);
  EXPECT_EQ(shop.reader->matched, 1);
}

TEST(Plan, SparesTheBitmapWhenTheRetrieverFiltersByItself) {
  auto items = plain_items(4);
  items[2].brand = "x";
  const FakeShop shop(std::move(items));
  Request request;
  request.filter = *index::parse_filter("brand = x", *shop.view.schema);
  EXPECT_THAT(run("retrieve = [\"self\"]", request, shop.view), ElementsAre(2));
  EXPECT_EQ(shop.reader->matched, 0);
}

TEST(Plan, HoldsWhatFillsASearchToTheChosenFacets) {
  auto items = plain_items(6);
  items[1].brand = items[3].brand = "x";
  const FakeShop shop(std::move(items));
  Request request;
  request.lexical.facet_filters["brand"] = *index::facet_filter("brand", {"x"}, *shop.view.schema);
  EXPECT_THAT(run(kOne, request, shop.view), ElementsAre(1, 3));
}

TEST(Plan, HandsTheLexicalAnswerThroughTheGraph) {
  const FakeShop shop(plain_items(4));
  const auto plan = make_plan("retrieve = [\"one\", \"self\"]\narrange = [\"reverse\"]");
  ASSERT_TRUE(plan);
  const auto answer = (*plan)->run(Request{}, shop.view);
  ASSERT_TRUE(answer && answer->lexical);
  EXPECT_EQ(answer->lexical->total, 4U);
}

TEST(Plan, BlendsScoresAndArranges) {
  const FakeShop shop(plain_items(10));
  const std::string settings = "\n[shelves.s.settings]\none.items = [1, 2]\ntwo.items = [2, 3]\nthree.items = [2, 7, 8]";
  const std::string two = "retrieve = [\"one\", \"two\"]\n";
  // 1: 1; 2: 0.5 + 1; 3: 0.5
  EXPECT_THAT(run("retrieve = [\"one\", \"two\"]\n[shelves.s.settings]\none.items = [1, 2]\ntwo.items = [2, 3]", Request{}, shop.view),
              ElementsAre(2, 1, 3));
  EXPECT_THAT(run(two + "fill = [\"three\"]" + settings, Request{}, shop.view), ElementsAre(2, 1, 3, 7, 8));
  EXPECT_THAT(run(two + "fill = [\"three\"]\nscore = [\"by-id\"]" + settings, Request{}, shop.view), ElementsAre(8, 7, 3, 2, 1));
  EXPECT_THAT(run(two + "fill = [\"three\"]\nscore = [\"by-id\"]\narrange = [\"reverse\"]" + settings, Request{}, shop.view),
              ElementsAre(1, 2, 3, 7, 8));
}

TEST(Plan, RunsAFillerOnlyWhenPlacesStayEmpty) {
  const FakeShop shop(plain_items(10));
  const std::string shelf = "retrieve = [\"one\"]\nfill = [\"failing\"]\n[shelves.s.settings]\none.items = [1, 2, 3]";
  Request request;
  request.k = 3;
  EXPECT_THAT(run(shelf, request, shop.view), ElementsAre(1, 2, 3));
  request.k = 4;
  const auto answer = (*make_plan(shelf))->run(request, shop.view);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "the disk is gone");
}

TEST(Plan, FillsAfterFilteringSoThatPlacesAreNotLost) {
  auto items = plain_items(10);
  for (const std::size_t i : {2U, 6U, 7U}) items[i].brand = "x";
  const FakeShop shop(std::move(items));
  EXPECT_THAT(run("retrieve = [\"one\"]\nfill = [\"two\"]\nfilter = \"brand = x\"\n[shelves.s.settings]\none.items = [1, 2, 3]\n"
                  "two.items = [5, 6, 7]",
                  Request{}, shop.view),
              ElementsAre(2, 6, 7));
}

TEST(Plan, LetsTwoNodesReadOne) {
  const FakeShop shop(plain_items(10));
  EXPECT_THAT(run("nodes = [{id = \"a\", type = \"retrieve\", name = \"one\"}, {id = \"top\", type = \"cut\", in = [\"a\"], k = 1},"
                  " {id = \"back\", type = \"arrange\", name = \"reverse\", in = [\"a\"]},"
                  " {id = \"all\", type = \"fill\", in = [\"top\", \"back\"]}]\n[shelves.s.settings]\na.items = [1, 2, 3]",
                  Request{}, shop.view),
              ElementsAre(1, 3, 2));
}

TEST(Plan, TellsWhatEachNodeTookAndGave) {
  const FakeShop shop(plain_items(10));
  const auto plan = make_plan("retrieve = [\"one\", \"two\"]\n[shelves.s.settings]\none.items = [1, 2]\ntwo.items = [2, 3]");
  ASSERT_TRUE(plan);
  RunReport report;
  ASSERT_TRUE((*plan)->run(Request{}, shop.view, &report));
  const std::vector<NodeTiming>& timings = report.timings;
  ASSERT_EQ(timings.size(), 3U);
  EXPECT_EQ(timings[0].node, "one");
  EXPECT_EQ(timings[0].candidates, 2U);
  EXPECT_EQ(timings[2].node, "blend");
  EXPECT_EQ(timings[2].candidates, 3U);
  for (const NodeTiming& timing : timings) EXPECT_GE(timing.milliseconds, 0);
  EXPECT_THAT(report.explanations, IsEmpty()) << "nobody asked";
}

TEST(Plan, OfAShopWithoutAnIndexAnswersNothing) {
  EXPECT_THAT(run(kOne, Request{}, ShopView{}), IsEmpty());
}

}  // namespace
}  // namespace souk::shelf
