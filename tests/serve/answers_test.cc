// Searches, shelves, suggestions and configuration, asked over HTTP.
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

class Answers : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    start_with_items();
  }
  static std::vector<std::string> keys(const json& answer) {
    std::vector<std::string> out;
    for (const json& item : answer["items"]) out.push_back(item["key"]);
    return out;
  }
  static void expect_problem(const testing::Reply& reply, int status, const std::string& path) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    const json problem = json::parse(reply.body);
    EXPECT_EQ(problem["status"], status);
    for (const char* member : {"type", "title", "detail", "errors"}) EXPECT_TRUE(problem.contains(member)) << member;
    if (!path.empty()) {
      ASSERT_FALSE(problem["errors"].empty()) << reply.body;
      EXPECT_EQ(problem["errors"][0]["path"], path) << reply.body;
    }
  }
};

TEST_F(Answers, SearchFindsAndSaysWhy) {
  const auto reply = post("/v1/search", R"({"query":"peanut butter","facets":["brand","price"]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  const json answer = json::parse(reply.body);
  EXPECT_THAT(keys(answer), ElementsAre("pb"));
  EXPECT_EQ(answer["items"][0]["title"], "Peanut butter");
  EXPECT_FALSE(answer["items"][0]["why"].empty());
  EXPECT_EQ(answer["total"], 1);
  EXPECT_EQ(answer["total_exact"], true);
  EXPECT_EQ(answer["facets"]["brand"]["values"][0]["value"], "Nutty");
  EXPECT_TRUE(answer["dropped"].empty());
  EXPECT_FALSE(answer["request"].get<std::string>().empty());
  EXPECT_TRUE(answer["took_ms"].is_number());
}

TEST_F(Answers, SearchByQueryStringIsTheSame) {
  const json posted = json::parse(post("/v1/search", R"({"query":"butter","sort":["price:desc"],"filter":"price > 1","k":5})").body);
  const json got = json::parse(get("/v1/search?q=butter&sort=price:desc&filter=price+%3E+1&k=5").body);
  EXPECT_THAT(keys(posted), ElementsAre("a/b c", "pb"));
  EXPECT_EQ(keys(got), keys(posted));
}

TEST_F(Answers, FiltersFacetChoicesAndPages) {
  EXPECT_THAT(keys(json::parse(post("/v1/search", R"({"filter":"category = \"Food\" AND price < 2"})").body)),
              UnorderedElementsAre("jelly", "bread"));
  const json chosen = json::parse(post("/v1/search", R"({"facet_filters":{"brand":["Sweet"]},"facets":["brand"]})").body);
  EXPECT_THAT(keys(chosen), ElementsAre("jelly"));
  EXPECT_EQ(chosen["facets"]["brand"]["values"].size(), 4U);  // its own choice does not shrink its counts
  const json page = json::parse(get("/v1/search?sort=price:asc&k=1&offset=1").body);
  EXPECT_THAT(keys(page), ElementsAre("jelly"));
  EXPECT_EQ(page["total"], 4);
  const std::string cursor = json::parse(get("/v1/search?sort=price:asc&k=2").body).value("cursor", "");
  ASSERT_FALSE(cursor.empty());
  EXPECT_THAT(keys(json::parse(post("/v1/search", json{{"sort", {"price:asc"}}, {"k", 2}, {"cursor", cursor}}.dump()).body)),
              ElementsAre("pb", "a/b c"));
}

TEST_F(Answers, ACursorFitsTheSearchThatGaveIt) {
  const std::string cursor = json::parse(get("/v1/search?sort=price:asc&k=2").body).value("cursor", "");
  ASSERT_FALSE(cursor.empty());
  expect_problem(post("/v1/search", json{{"query", "butter"}, {"cursor", cursor}}.dump()), 400, "cursor");
  expect_problem(post("/v1/search", json{{"sort", {"price:desc"}}, {"cursor", cursor}}.dump()), 400, "cursor");
  expect_problem(get("/v1/search?sort=price:asc&cursor=made-up"), 400, "cursor");
  ASSERT_EQ(put("/v1/items", R"({"key":"salt","title":"Salt","price":"0.50"})").status, 200);
  const json next = json::parse(get("/v1/search?sort=price:asc&k=2&cursor=" + cursor).body);
  EXPECT_THAT(keys(next), ElementsAre("pb", "a/b c")) << "a cheaper item came: nothing is shown twice";
  EXPECT_THAT(next["notes"][0], HasSubstr("the catalogue changed"));
}

TEST_F(Answers, WordsThatNothingHasAreLeftOutAndNamed) {
  const json answer = json::parse(post("/v1/search", R"({"query":"crunchy peanut butter"})").body);
  EXPECT_THAT(keys(answer), ElementsAre("pb"));
  EXPECT_EQ(answer["dropped"], json::array({"crunchy"}));
  EXPECT_TRUE(keys(json::parse(post("/v1/search", R"({"query":"crunchy peanut butter","match":"all"})").body)).empty());
}

TEST_F(Answers, AnExplanationIsATreeThatGivesTheScore) {
  for (const auto& reply : {post("/v1/search", R"({"query":"butter","explain":true})"), get("/v1/shelves/new?explain=true")}) {
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json answer = json::parse(reply.body);
    ASSERT_FALSE(answer["items"].empty());
    for (const json& item : answer["items"]) {
      EXPECT_NEAR(item["explanation"]["value"].get<double>(), item["score"].get<double>(), 1e-4);
      EXPECT_FALSE(item["explanation"]["what"].get<std::string>().empty());
    }
    EXPECT_FALSE(answer["timings"].empty());
    EXPECT_TRUE(answer["timings"][0].contains("node"));
  }
  const json plain = json::parse(post("/v1/search", R"({"query":"butter"})").body);
  EXPECT_FALSE(plain.contains("timings"));
  EXPECT_FALSE(plain["items"][0].contains("explanation"));
}

TEST_F(Answers, FieldsLimitsWhatComesBack) {
  const json answer = json::parse(post("/v1/search", R"({"query":"jelly","fields":["title"]})").body);
  EXPECT_EQ(answer["items"][0]["title"], "Grape jelly");
  EXPECT_FALSE(answer["items"][0].contains("brand"));
}

TEST_F(Answers, FieldsMayNameTheCurrentPrice) {
  const json answer = json::parse(post("/v1/search", R"({"query":"jelly","fields":["price","currency","availability"]})").body);
  EXPECT_EQ(answer["items"][0]["price"], "1.99");
  EXPECT_EQ(answer["items"][0]["currency"], "USD");
  EXPECT_EQ(answer["items"][0]["availability"], "in_stock");
  expect_problem(post("/v1/search", R"({"query":"jelly","fields":["title","pirce"]})"), 400, "fields[1]");
}

TEST_F(Answers, AnEmptyListOfFacetsCountsNone) {
  EXPECT_FALSE(json::parse(post("/v1/search", R"({"query":"jelly"})").body)["facets"].empty());
  EXPECT_TRUE(json::parse(post("/v1/search", R"({"query":"jelly","facets":[]})").body)["facets"].empty());
  EXPECT_TRUE(json::parse(get("/v1/search?q=jelly&facets=").body)["facets"].empty());
}

TEST_F(Answers, SeveralSearchesAreAnsweredInOrder) {
  const auto reply = post("/v1/search", R"({"searches":[{"query":"bread"},{"qeury":"x"},{"filter":"colour ="},{"query":"jelly"}]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json results = json::parse(reply.body)["results"];
  ASSERT_EQ(results.size(), 4U);
  EXPECT_THAT(keys(results[0]), ElementsAre("bread"));
  EXPECT_EQ(results[1]["status"], 400);
  EXPECT_EQ(results[1]["errors"][0]["path"], "searches[1].qeury");
  EXPECT_EQ(results[2]["status"], 400);
  EXPECT_THAT(keys(results[3]), ElementsAre("jelly"));
}

TEST_F(Answers, QuestionsThatCannotBeUnderstoodSayWhere) {
  expect_problem(post("/v1/search", R"({"qeury":"x"})"), 400, "qeury");
  expect_problem(post("/v1/search", "{"), 400, "body");
  expect_problem(post("/v1/search", ""), 400, "body");
  expect_problem(post("/v1/search", "{\"query\":\"\xFF\"}"), 400, "body");
  expect_problem(post("/v1/search", std::string(500'000, '[')), 400, "body");
  expect_problem(get("/v1/search?k=x"), 400, "k");
  expect_problem(get("/v1/search?q=%FF"), 400, "query");
  expect_problem(get("/v1/shelves/similar?itme=pb"), 400, "itme");
  expect_problem(get("/v1/suggest"), 400, "q");
  expect_problem(post("/v1/search", R"({"filter":"nosuchfield = 1"})"), 400, "");
  expect_problem(post("/v1/search", R"({"sort":["nosuchfield:asc"]})"), 400, "");
  expect_problem(post("/v1/search", R"({"query":"x"})", {{"Content-Type", "application/x-www-form-urlencoded"}}), 415, "Content-Type");
  expect_problem(post("/v1/search", R"({"query":"x"})", {{"Content-Type", "application/json; charset=latin1"}}), 415, "Content-Type");
  expect_problem(post("/v1/search", "xx", {{"Content-Encoding", "gzip"}}), 415, "Content-Encoding");
}

TEST_F(Answers, EveryShelfAnswers) {
  const json shelves = json::parse(get("/v1/config/shelves").body)["shelves"];
  std::vector<std::string> names;
  for (const json& shelf : shelves) {
    if (shelf["context"] != "query") names.push_back(shelf["name"]);
  }
  EXPECT_THAT(names, IsSupersetOf({"similar", "also-bought", "complete-the-basket", "for-you", "trending", "new"}));
  for (const std::string& name : names) {
    const auto reply = post("/v1/shelves/" + name, R"({"shopper":"nobody","item":"pb","basket":["bread"],"k":2})");
    ASSERT_EQ(reply.status, 200) << name << reply.body;
    const json answer = json::parse(reply.body);
    EXPECT_EQ(answer["shelf"], name);
    EXPECT_LE(answer["items"].size(), 2U);
    EXPECT_TRUE(answer["by"].contains("version"));
    EXPECT_TRUE(answer.contains("request"));
    EXPECT_EQ(get("/v1/shelves/" + name + "?shopper=nobody&item=pb&basket=bread").status, 200);
    const auto plan = get("/v1/config/shelves/" + name);
    EXPECT_EQ(plan.status, 200);
    EXPECT_TRUE(json::accept(plan.body)) << plan.body;
  }
}

TEST_F(Answers, AShelfOfQueriesIsAskedThroughSearch) {
  expect_problem(get("/v1/shelves/search"), 400, "shelf");
}

TEST_F(Answers, AnUnknownShelfIsNotFound) {
  expect_problem(get("/v1/shelves/nosuch"), 404, "");
  expect_problem(post("/v1/shelves/nosuch", "{}"), 404, "");
  expect_problem(get("/v1/config/shelves/nosuch"), 404, "");
  EXPECT_EQ(get("/v1/shelves/").status, 404);
}

TEST_F(Answers, SuggestCompletes) {
  const json answer = json::parse(get("/v1/suggest?q=pea&k=3").body);
  ASSERT_FALSE(answer["suggestions"].empty());
  EXPECT_LE(answer["suggestions"].size(), 3U);
  for (const json& suggestion : answer["suggestions"]) {
    for (const char* member : {"text", "kind", "count"}) EXPECT_TRUE(suggestion.contains(member)) << suggestion;
  }
  EXPECT_TRUE(json::parse(get("/v1/suggest?q=").body)["suggestions"].empty());
}

TEST_F(Answers, TheShopSaysItsName) {
  const json shop = json::parse(get("/v1/config/shop").body);
  EXPECT_EQ(shop["name"], "Corner shop");
  EXPECT_EQ(shop["currency"], "USD");
}

TEST_F(Answers, ReadersAndWritersTogether) {
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0}, answered{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&, i] {
      testing::Client client(port());
      const std::vector<std::string> asked{"/v1/search?q=butter&facets=brand", "/v1/shelves/new?k=3", "/v1/suggest?q=b", "/v1/items/pb"};
      while (!over) {
        const auto reply = client.ask("GET", asked[static_cast<std::size_t>(i)]);
        (reply.status == 200 && json::accept(reply.body) ? answered : wrong).fetch_add(1);
      }
    });
  }
  testing::Client writer(port());
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    EXPECT_EQ(writer.ask("PUT", "/v1/items", R"({"key":"pb","title":"Peanut butter )" + n + R"("})", testing::kJson).status, 200);
    EXPECT_EQ(writer.ask("POST", "/v1/events", R"({"kind":"view","session":"s","item":"pb"})", testing::kJson).status, 200);
  }
  while (answered < 100 && wrong == 0) std::this_thread::yield();
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THAT(get("/v1/search?q=butter").body, HasSubstr("Peanut butter 49"));
}

}  // namespace
}  // namespace souk::serve
