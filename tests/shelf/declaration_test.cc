// A shelf as declared: what is accepted, what it expands to, and what a shop owner is told when it is wrong.
#include "tests/shelf/support.h"

namespace souk::shelf {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_plan;
using testing::message_of;
using ::testing::StartsWith;

std::string json_of(const std::string& body) {
  const auto plan = make_plan(body);
  EXPECT_TRUE(plan) << plan.error().message();
  return plan ? (*plan)->to_json() : "";
}

TEST(ShelfSpec, HasDefaults) {
  const auto plan = make_plan("retrieve = [\"one\"]");
  ASSERT_TRUE(plan);
  const ShelfSpec& spec = (*plan)->spec();
  EXPECT_EQ(spec.name, "s");
  EXPECT_EQ(spec.context, Context::none);
  EXPECT_EQ(spec.k, 10U);
  EXPECT_EQ(spec.truth, store::EventKind::purchase);
  EXPECT_TRUE(spec.repeats);
}

TEST(ShelfSpec, ReadsEveryKey) {
  const auto plan = make_plan("context = \"basket\"\nretrieve = [\"one\"]\nk = 5\ntruth = \"click\"\nrepeats = \"mask\"");
  ASSERT_TRUE(plan) << plan.error().message();
  const ShelfSpec& spec = (*plan)->spec();
  EXPECT_EQ(spec.context, Context::basket);
  EXPECT_EQ(spec.k, 5U);
  EXPECT_EQ(spec.truth, store::EventKind::click);
  EXPECT_FALSE(spec.repeats);
}

TEST(ShelfSpec, ErrorsNameLineColumnAndTheNearestWord) {
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ncontext = \"shoper\""),
              AllOf(HasSubstr("shop.toml:3:"), HasSubstr("Did you mean 'shopper'?")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ntruth = \"purchse\""),
              AllOf(HasSubstr("shop.toml:3:"), HasSubstr("Did you mean 'purchase'?")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nrepeats = \"yes\""), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("keep, mask")));
  EXPECT_THAT(message_of("retreive = [\"one\"]"), AllOf(HasSubstr("shop.toml:2:1"), HasSubstr("retrieve")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nk = 0"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("1 to 1000")));
  EXPECT_THAT(message_of("retrieve = \"one\""), HasSubstr("shop.toml:2:"));
}

TEST(Shorthand, OfOneSourceIsOneNode) {
  EXPECT_EQ(json_of("retrieve = [\"one\"]"), R"({"shelf":"s","context":"none","k":10,"truth":"purchase","repeats":"keep","filter":"",)"
                                             R"("nodes":[{"id":"one","type":"retrieve","name":"one"}]})");
}

TEST(Shorthand, ExpandsToTheUsualGraph) {
  const std::string json = json_of(
      "retrieve = [\"one\", \"two\"]\nweights = [1.0, 0.5]\nfill = [\"three\"]\nfilter = \"brand = 'A'\"\n"
      "score = [\"by-id\"]\narrange = [\"reverse\"]\n[shelves.s.settings.one]\nitems = [3]");
  EXPECT_THAT(json, HasSubstr(R"("filter":"brand = 'A'")"));
  EXPECT_THAT(json, HasSubstr(R"("nodes":[{"id":"one","type":"retrieve","name":"one","settings":{"items":[3]}},)"
                              R"({"id":"two","type":"retrieve","name":"two"},)"
                              R"({"id":"blend","type":"blend","in":["one","two"],"weights":[1,0.5]},)"
                              R"({"id":"three","type":"retrieve","name":"three"},)"
                              R"({"id":"fill","type":"fill","in":["blend","three"]},)"
                              R"({"id":"by-id","type":"score","name":"by-id","in":["fill"]},)"
                              R"({"id":"reverse","type":"arrange","name":"reverse","in":["by-id"]}])"));
}

TEST(Shorthand, RelaxesBeforeItFillsAndCutsBeforeItArranges) {
  EXPECT_THAT(
      json_of("retrieve = [\"one\"]\nrelax = \"drop-last\"\nfill = [\"two\"]\nscore = [\"by-id\"]\nscore_weights = [0.5]\n"
              "cut = {ratio = 0.25, score = 2}\narrange = [\"reverse\"]"),
      HasSubstr(R"("nodes":[{"id":"one","type":"retrieve","name":"one"},{"id":"drop-last","type":"relax","name":"drop-last","in":["one"]},)"
                R"({"id":"two","type":"retrieve","name":"two"},{"id":"fill","type":"fill","in":["drop-last","two"]},)"
                R"({"id":"by-id","type":"score","name":"by-id","in":["fill"],"weight":0.5},)"
                R"({"id":"cut","type":"cut","in":["by-id"],"ratio":0.25,"score":2},)"
                R"({"id":"reverse","type":"arrange","name":"reverse","in":["cut"]}])"));
}

TEST(Shorthand, ErrorsSayWhatIsWrongWhere) {
  EXPECT_THAT(message_of("context = \"none\""), AllOf(HasSubstr("shelf 's'"), HasSubstr("retrieves nothing")));
  EXPECT_THAT(message_of("retrieve = [\"one\", \"tow\"]"),
              AllOf(HasSubstr("shop.toml:2:"), HasSubstr("no retriever 'tow'"), HasSubstr("Did you mean 'two'?")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\narrange = [\"revers\"]"),
              AllOf(HasSubstr("shop.toml:3:"), HasSubstr("no arranger"), HasSubstr("'reverse'")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nscore = [\"x\"]"), AllOf(HasSubstr("no scorer"), HasSubstr("by-id")));
  EXPECT_THAT(message_of("retrieve = [\"one\", \"two\"]\nweights = [1]"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("weights")));
  EXPECT_THAT(message_of("retrieve = [\"one\", \"two\"]\nweights = [1, -1]"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("above 0")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nrelax = \"drop-lats\""),
              AllOf(HasSubstr("shop.toml:3:"), HasSubstr("no relaxer"), HasSubstr("Did you mean 'drop-last'?")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nrelax = [\"drop-last\"]"), HasSubstr("shop.toml:3:"));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nscore = [\"by-id\"]\nscore_weights = [1, 2]"),
              AllOf(HasSubstr("shop.toml:4:"), HasSubstr("1, one a scorer")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ncut = {ratio = 1.5}"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("at most 1")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ncut = {ratoi = 0.5}"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("ratio")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ncut = {}"), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("does not say where it cuts")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\ncut = 3"), HasSubstr("shop.toml:3:"));
  EXPECT_THAT(message_of("retrieve = [\"one\", \"one\"]"), HasSubstr("two nodes are called 'one'"));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nfill = [\"one\"]"), HasSubstr("two nodes are called 'one'"));
}

TEST(Settings, GoToTheNodeOfTheirNameAndAreChecked) {
  EXPECT_THAT(message_of("retrieve = [\"one\"]\n[shelves.s.settings.oen]\nitems = [1]"),
              AllOf(HasSubstr("shop.toml:3:"), HasSubstr("Did you mean 'one'?")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\n[shelves.s.settings.one]\nitem = [1]"),
              AllOf(HasSubstr("shop.toml:4:"), HasSubstr("items")));
  EXPECT_THAT(message_of("retrieve = [\"one\", \"two\"]\n[shelves.s.settings.blend]\nx = 1"), HasSubstr("has no settings"));
}

TEST(Filter, OfAShelfIsCheckedAgainstTheSchema) {
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nfilter = \"brnd = 'A'\""), AllOf(HasSubstr("shop.toml:3:"), HasSubstr("brand")));
  EXPECT_THAT(message_of("retrieve = [\"one\"]\nfilter = \"brand =\""), HasSubstr("shop.toml:3:"));
}

TEST(Nodes, MayStandInAnyOrderAndAreSorted) {
  const std::string json = json_of(
      "nodes = [{id = \"end\", type = \"cut\", in = [\"mix\"], k = 3}, {id = \"mix\", type = \"fuse\", in = [\"a\", \"b\"]},"
      " {id = \"b\", type = \"retrieve\", name = \"two\", k = 50}, {id = \"a\", type = \"retrieve\", name = \"one\"}]");
  EXPECT_THAT(json,
              HasSubstr(R"("nodes":[{"id":"a","type":"retrieve","name":"one"},{"id":"b","type":"retrieve","name":"two","k":50},)"
                        R"({"id":"mix","type":"fuse","in":["a","b"],"weights":[1,1]},{"id":"end","type":"cut","in":["mix"],"k":3}])"));
}

TEST(Nodes, ErrorsSayWhatIsWrong) {
  const std::string a = "{id = \"a\", type = \"retrieve\", name = \"one\"}", b = "{id = \"b\", type = \"retrieve\", name = \"two\"}";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nodes = []", "wrong number of nodes"},
      {"nodes = 5", "nodes"},
      {"nodes = [{type = \"retrieve\", name = \"one\"}]", "a node without id"},
      {"nodes = [{id = \"a\"}]", "a node without type"},
      {"nodes = [{id = \"a\", type = \"retreive\"}]", "Did you mean 'retrieve'?"},
      {"nodes = [{id = \"a\", type = \"retrieve\"}]", "does not say which retrieve"},
      {"nodes = [{id = \"a\", type = \"retrieve\", name = \"one\", in = [\"b\"]}]", "unknown key"},
      {"nodes = [" + a + ", " + a + "]", "two nodes are called 'a'"},
      {"nodes = [" + a + ", " + b + "]", "more than one end: expected one node that no other reads: the answer, found a, b"},
      {"nodes = [" + a + ", {id = \"c\", type = \"arrange\", name = \"reverse\", in = [\"aa\"]}]", "reads 'aa', which is no node"},
      {"nodes = [" + a + ", {id = \"c\", type = \"arrange\", name = \"reverse\"}]", "wrong number of inputs of node 'c'"},
      {"nodes = [" + a + ", {id = \"c\", type = \"fill\", in = [\"a\"]}]", "at least 2"},
      {"nodes = [" + a + ", {id = \"c\", type = \"blend\", in = [\"a\"], weights = [1, 2]}]", "wrong number of weights"},
      {"nodes = [" + a + ", {id = \"c\", type = \"cut\", in = [\"a\"]}]", "does not say where it cuts"},
      {"nodes = [{id = \"a\", type = \"retrieve\", name = \"one\", k = 0}]", "1 to 10000"},
      {"nodes = [" + a + ", {id = \"c\", type = \"cut\", in = [\"a\"], ratio = 0}]", "above 0, at most 1"},
      {"nodes = [" + a + ", {id = \"c\", type = \"cut\", in = [\"a\"], score = \"x\"}]", "a finite number"},
      {"nodes = [" + a + ", {id = \"c\", type = \"filter\", in = [\"a\"]}]", "does not say what it keeps"},
      {"nodes = [" + a + ", {id = \"c\", type = \"filter\", in = [\"a\"], filter = \"brnd = x\"}]", "brand"},
      {"nodes = [" + a + ", {id = \"c\", type = \"filter\", in = [\"a\"], filter = \"brand =\"}]", "filter:8"},
      {"nodes = [" + a + ", {id = \"c\", type = \"filter\", filter = \"brand = x\"}]", "wrong number of inputs of node 'c'"},
      {"nodes = [" + a + ", {id = \"c\", type = \"relax\", in = [\"a\"]}]", "does not say which relax"},
      {"nodes = [" + a + ", {id = \"c\", type = \"relax\", name = \"drop-all\", in = [\"a\"]}]", "no relaxer 'drop-all'"},
      {"nodes = [" + a + ", " + b + ", {id = \"c\", type = \"relax\", name = \"drop-last\", in = [\"a\", \"b\"]}]",
       "wrong number of inputs"},
      {"nodes = [" + a + ", {id = \"c\", type = \"arrange\", name = \"reverse\", in = [\"a\"], weight = 1}]", "unknown key"},
      {"retrieve = [\"one\"]\nnodes = [" + a + "]", "'retrieve' stands beside 'nodes'"},
      {"nodes = [{id = \"x\", type = \"cut\", in = [\"y\"], k = 1}, {id = \"y\", type = \"cut\", in = [\"x\"], k = 1}]",
       "in a circle: x reads y reads x"},
      {"nodes = [{id = \"x\", type = \"cut\", in = [\"x\"], k = 1}]", "in a circle: x reads x"},
  };
  for (const auto& [body, expected] : cases) EXPECT_THAT(message_of(body), AllOf(HasSubstr(expected), HasSubstr("shop.toml:"))) << body;
}

TEST(Registry, ListsWhatItKnowsWithHelp) {
  const auto retrievers = testing::test_registry().retrievers();
  ASSERT_EQ(retrievers.size(), 5U);
  EXPECT_EQ(retrievers[0].name, "failing");
  EXPECT_EQ(retrievers[0].help, "never answers");
  EXPECT_EQ(testing::test_registry().scorers().size(), 1U);
  EXPECT_EQ(testing::test_registry().relaxers().size(), 1U);
  EXPECT_EQ(testing::test_registry().arrangers().size(), 2U);
}

TEST(Registry, WithoutEntriesSaysSo) {
  const auto missing = Registry().scorer("ctr", Config());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("this build has no scorers"));
}

}  // namespace
}  // namespace souk::shelf
