// Items, events and shoppers, sent over HTTP.
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Records : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    start_with_items();
  }
  std::uint64_t events() const { return shop_->store().counts().events; }
};

TEST_F(Records, PutSaysWhatBecameOfEachRow) {
  const auto reply = put("/v1/items", R"([{"key":"new","title":"New","colour":"red"},{"key":"pb","title":5},{"title":"no key"},
    {"key":"jelly","title":"Grape jelly","brand":"Sweet","category":["Food > Spreads"],"price":"1.99"}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 2);
  EXPECT_EQ(answer["changed"], 1);
  EXPECT_EQ(answer["unchanged"], 1);
  EXPECT_EQ(answer["unknown_fields"], 1);
  EXPECT_GT(answer["seq"], 0);
  ASSERT_EQ(answer["rejected"].size(), 2U);
  EXPECT_EQ(answer["rejected"][0]["path"], "[1].title");
  EXPECT_EQ(answer["rejected"][1]["path"], "[2].key");
  for (const json& row : answer["rejected"]) EXPECT_GE(row["line"], 1);
  EXPECT_THAT(get("/v1/items/new").body, HasSubstr(R"("title":"New")"));
}

TEST_F(Records, PutVectorsChangeNothingElseOfTheirItems) {
  const auto reply = put("/v1/vectors/text", R"([{"key":"pb","vector":[1,0]},
    {"key":"jelly",
     "vector":[1,0.5]},{"key":"nosuch","vector":[1,2]},{"key":"bread","vector":[1,2,3]},{"key":"bread","vector":[0,0]},{"vector":[1,2]}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 2);
  EXPECT_EQ(answer["changed"], 2);
  ASSERT_EQ(answer["rejected"].size(), 4U) << reply.body;
  EXPECT_EQ(answer["rejected"][0]["path"], "[2].key");
  EXPECT_EQ(answer["rejected"][1]["path"], "[3].vector");
  EXPECT_EQ(answer["rejected"][1]["expected"], "2 numbers") << "as the first has";
  const json item = json::parse(get("/v1/items/pb").body);
  EXPECT_EQ(item["vectors"]["text"], json::array({1, 0}));
  EXPECT_FALSE(item["title"].empty());
  const std::vector<float> query{1, 0};
  const auto found = shop_->view()->vectors->search({.space = "text", .vector = query});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2U) << "found as soon as it is answered";
  EXPECT_EQ(put("/v1/vectors/text", R"({"key":"pb","vector":[1,2,3]})").status, 422);
  EXPECT_EQ(put("/v1/vectors/text?encoder=clip", R"({"key":"pb","vector":[1,2]})").status, 400) << "no encoder is declared";
  EXPECT_EQ(put("/v1/vectors/text?encodr=clip", R"({"key":"pb","vector":[1,2]})").status, 400);
  EXPECT_EQ(put("/v1/vectors/a%0Ab", R"({"key":"pb","vector":[1,2]})").status, 400);
  EXPECT_EQ(put("/v1/vectors/image", "{\"key\":\"pb\",\"embedding\":[1,2]}\n{\"key\":\"bread\",\"vector\":[1\n", testing::kNdjson).status,
            200);
}

// A broken line of NDJSON, or a key twice, spoils its own row alone.
TEST_F(Records, ABrokenRowIsRejectedByItself) {
  const auto reply =
      put("/v1/items", "{\"key\":\"n1\"}\n{\"key\":\"n2\",\"title\n{\"key\":\"n3\",\"title\":\"a\",\"title\":\"b\"}\n{\"key\":\"n4\"}\n",
          testing::kNdjson);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 2);
  ASSERT_EQ(answer["rejected"].size(), 2U) << reply.body;
  EXPECT_EQ(answer["rejected"][0]["line"], 2);
  EXPECT_EQ(answer["rejected"][1]["line"], 3);
  EXPECT_EQ(answer["rejected"][1]["path"], "title");
  EXPECT_EQ(put("/v1/items", R"({"key":"n5","title":"a","title":"b"})").status, 422);
}

TEST_F(Records, PutOfNothingGoodIs422WithTheSameMembers) {
  const auto reply = put("/v1/items", R"({"title":"no key"})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  const json problem = json::parse(reply.body);
  EXPECT_EQ(problem["accepted"], 0);
  EXPECT_EQ(problem["rejected"].size(), 1U);
  EXPECT_EQ(problem["errors"][0]["path"], "key");
  EXPECT_EQ(put("/v1/items", "[]").status, 422);
}

TEST_F(Records, BodiesThatAreNotJsonAre400) {
  for (const std::string body : {"", "{", "[{]", "{\"key\":\"\xFF\"}", "x"}) {
    const int status = put("/v1/items", body).status;
    EXPECT_TRUE(status == 400 || status == 422) << body << status;
  }
  EXPECT_EQ(put("/v1/items", "").status, 400);
  EXPECT_EQ(put("/v1/items", std::string(200'000, '[')).status / 100, 4);
  EXPECT_EQ(put("/v1/items", "{\"key\":\"deep\",\"attributes\":" + std::string(100'000, '[')).status / 100, 4);
  EXPECT_EQ(put("/v1/items", "{}", {{"Content-Type", "text/csv"}}).status, 415);
  EXPECT_EQ(get("/v1/items/pb").status, 200);
}

TEST_F(Records, ItemsAreReadAndRemovedByTheirEncodedKey) {
  const auto item = get("/v1/items/a%2Fb%20c");
  ASSERT_EQ(item.status, 200) << item.body;
  EXPECT_EQ(json::parse(item.body)["key"], "a/b c");
  const auto head = ask("HEAD", "/v1/items/a%2Fb%20c");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), std::to_string(item.body.size()));
  const auto removed = ask("DELETE", "/v1/items/a%2Fb%20c");
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(json::parse(removed.body)["removed"], 1);
  EXPECT_EQ(get("/v1/items/a%2Fb%20c").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/items/a%2Fb%20c").status, 404);
  EXPECT_EQ(json::parse(get("/v1/search?q=knife").body)["total"], 0);
}

TEST_F(Records, KeysThatCannotBeAreHandled) {
  EXPECT_EQ(get("/v1/items/nosuch").status, 404);
  EXPECT_EQ(get("/v1/items/%FF").status, 400);
  EXPECT_EQ(get("/v1/items/%00").status, 400);
  EXPECT_EQ(get("/v1/items/%zz").status, 400);
  EXPECT_EQ(get("/v1/items/" + std::string(600, 'x')).status, 404);
}

TEST_F(Records, PatchMerges) {
  const auto reply = patch(
      "/v1/items", "{\"key\":\"pb\",\"brand\":null,\"description\":\"smooth\"}\n{\"key\":\"pb\",\"title\":\"Smooth peanut butter\"}\n",
      testing::kNdjson);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json::parse(reply.body)["changed"], 1);
  const json item = json::parse(get("/v1/items/pb").body);
  EXPECT_EQ(item["title"], "Smooth peanut butter");
  EXPECT_EQ(item["description"], "smooth");
  EXPECT_FALSE(item.contains("brand"));
  EXPECT_EQ(item["category"][0], "Food > Spreads");
  EXPECT_EQ(patch("/v1/items", R"({"key":"jelly","title":"Jelly"})", {{"Content-Type", "application/merge-patch+json"}}).status, 200);
}

TEST_F(Records, PatchOfAnItemThatIsNotThereIsRejected) {
  const auto reply = patch("/v1/items", R"([{"key":"nosuch","title":"x"},{"title":"x"},{"key":"bread","title":7}])");
  EXPECT_EQ(reply.status, 422);
  const json problem = json::parse(reply.body);
  ASSERT_EQ(problem["rejected"].size(), 3U) << reply.body;
  EXPECT_EQ(problem["rejected"][0]["expected"], "the key of an item that exists");
  EXPECT_EQ(problem["rejected"][0]["found"], "nosuch");
  EXPECT_EQ(problem["rejected"][2]["path"], "[2].title");
  EXPECT_EQ(json::parse(get("/v1/items/bread").body)["title"], "White bread");
}

TEST_F(Records, EventsAreTakenInEveryForm) {
  EXPECT_EQ(post("/v1/events", R"({"kind":"view","shopper":"1","item":"pb"})").status, 200);
  EXPECT_EQ(post("/v1/events", R"([{"kind":"view","shopper":"1","item":"pb"},{"kind":"cart","session":"s","item":"jelly"}])").status, 200);
  EXPECT_EQ(
      post("/v1/events", "{\"kind\":\"view\",\"shopper\":\"1\",\"item\":\"pb\"}\n{\"kind\":\"view\",\"shopper\":\"2\",\"item\":\"pb\"}\n",
           testing::kNdjson)
          .status,
      200);
  EXPECT_EQ(post("/v1/events?format=souk", R"({"kind":"click","session":"s","item":"pb"})", {{"Content-Type", "text/plain;charset=UTF-8"}})
                .status,
            200);
  EXPECT_EQ(events(), 6U);
}

TEST_F(Records, EventsAreAnsweredRowByRow) {
  const auto reply = post(
      "/v1/events", R"([{"kind":"view","shopper":"1","item":"pb"},{"kind":"teleport","shopper":"1","item":"pb"},{"kind":"view","item":"pb"},
    {"kind":"view","shopper":"1"}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 2);
  EXPECT_EQ(answer["duplicates"], 0);
  EXPECT_EQ(answer["unknown_kinds"], json({{"teleport", 1}}));
  ASSERT_EQ(answer["rejected"].size(), 2U) << reply.body;
  for (const json& row : answer["rejected"]) {
    for (const char* member : {"line", "path", "expected", "found"}) EXPECT_TRUE(row.contains(member));
  }
  EXPECT_EQ(post("/v1/events", R"({"kind":"view"})").status, 422);
}

TEST_F(Records, TheServerAddsTimes) {
  const Timestamp before = now();
  ASSERT_EQ(post("/v1/events", R"({"kind":"view","shopper":"1","item":"pb"})").status, 200);
  ASSERT_EQ(post("/v1/events", R"({"kind":"view","shopper":"1","item":"pb","time":"2020-01-01T00:00:00Z"})").status, 200);
  std::vector<store::Event> all;
  ASSERT_TRUE(shop_->store().for_each_event([&](store::Event&& event) {
    all.push_back(std::move(event));
    return true;
  }));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].time, parse_rfc3339("2020-01-01T00:00:00Z").value());
  EXPECT_GE(all[1].time.value_or(0), before);
  for (const store::Event& event : all) EXPECT_GE(event.received.value_or(0), before);
}

TEST_F(Records, AnIdIsTakenOnce) {
  const std::string event = R"({"id":"e1","kind":"view","shopper":"1","item":"pb","time":1600000000000})";
  EXPECT_EQ(json::parse(post("/v1/events", event).body)["accepted"], 1);
  const auto again = post("/v1/events", event);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(json::parse(again.body)["duplicates"], 1);
  const auto other = post("/v1/events", R"({"id":"e1","kind":"cart","shopper":"1","item":"pb","time":1600000000000})");
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(json::parse(other.body)["rejected"][0]["path"], "id");
  EXPECT_EQ(json::parse(other.body)["rejected"][0]["line"], 1);
  EXPECT_EQ(events(), 1U);
}

TEST_F(Records, AnIdempotencyKeyMakesEventsOnce) {
  const std::string two =
      R"([{"kind":"view","shopper":"1","item":"pb","time":1600000000000},{"kind":"view","shopper":"1","item":"pb","time":1600000000000}])";
  const testing::Client::Headers once{{"Content-Type", "application/json"}, {"Idempotency-Key", "request-7"}};
  EXPECT_EQ(json::parse(post("/v1/events", two, once).body)["accepted"], 2);
  EXPECT_EQ(json::parse(post("/v1/events", two, once).body)["duplicates"], 2);
  EXPECT_EQ(events(), 2U);
  EXPECT_EQ(json::parse(post("/v1/events", two).body)["accepted"], 2);
  EXPECT_EQ(json::parse(post("/v1/events", two).body)["accepted"], 2);
  EXPECT_EQ(events(), 6U);
  EXPECT_EQ(post("/v1/events", two, {{"Idempotency-Key", std::string(300, 'x')}}).status, 400);
  EXPECT_EQ(post("/v1/events", two, {{"Idempotency-Key", "a b"}}).status, 400);
}

// A retry may come without the body's own times: the server's clock has gone on, and the events are still the same.
TEST_F(Records, AnIdempotencyKeyHoldsForEventsWithoutATime) {
  const std::string event = R"({"kind":"view","shopper":"1","item":"pb"})";
  const testing::Client::Headers once{{"Content-Type", "application/json"}, {"Idempotency-Key", "request-8"}};
  EXPECT_EQ(json::parse(post("/v1/events", event, once).body)["accepted"], 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto again = post("/v1/events", event, once);
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(json::parse(again.body)["duplicates"], 1);
  EXPECT_EQ(events(), 1U);
}

// The time that the server sets is not the client's content; everything else is.
TEST_F(Records, AnEventWithoutATimeComesAgainOnlyWithTheSameContent) {
  EXPECT_EQ(json::parse(post("/v1/events", R"({"id":"e1","kind":"view","shopper":"1","item":"pb"})").body)["accepted"], 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const json again = json::parse(post("/v1/events", R"([{"id":"e1","kind":"view","shopper":"1","item":"pb"},
    {"id":"e2","kind":"view","shopper":"1","item":"pb"},{"id":"e2","kind":"view","shopper":"1","item":"pb"}])")
                                     .body);
  EXPECT_EQ(again["accepted"], 1) << again;
  EXPECT_EQ(again["duplicates"], 2) << again;
  EXPECT_TRUE(again["rejected"].empty()) << again;

  const auto other = post("/v1/events", R"({"id":"e1","kind":"purchase","shopper":"1","item":"jelly","value":"9.99"})");
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(json::parse(other.body)["duplicates"], 0);
  EXPECT_EQ(json::parse(other.body)["rejected"][0]["path"], "id");
  EXPECT_EQ(json::parse(other.body)["rejected"][0]["found"], "e1");
  EXPECT_EQ(events(), 2U);
}

TEST_F(Records, ManyEventsWithoutATimeMayComeAgain) {
  std::string body;
  for (int i = 0; i < 250; ++i) body += fmt::format("{{\"id\":\"e{}\",\"kind\":\"view\",\"shopper\":\"1\",\"item\":\"pb\"}}\n", i);
  EXPECT_EQ(json::parse(post("/v1/events", body, testing::kNdjson).body)["accepted"], 250);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const json again = json::parse(post("/v1/events", body, testing::kNdjson).body);
  EXPECT_EQ(again["duplicates"], 250) << again;
  EXPECT_EQ(events(), 250U);
}

// A shop's events are all timed or all untimed; in an untimed one a time spoils its own row alone.
TEST_F(Records, ATimeInAShopWithoutTimesIsRejectedByItself) {
  store::Changes changes;
  changes.events.resize(1);
  changes.events[0].id = "first";
  changes.events[0].shopper = "1";
  changes.events[0].item = "pb";
  ASSERT_TRUE(shop_->apply(changes));
  const auto mixed = post("/v1/events", R"([{"kind":"view","shopper":"1","item":"pb","time":"2024-05-01T12:00:00Z"},
    {"kind":"view","shopper":"1","item":"pb"}])");
  ASSERT_EQ(mixed.status, 200) << mixed.body;
  EXPECT_EQ(json::parse(mixed.body)["accepted"], 1);
  ASSERT_EQ(json::parse(mixed.body)["rejected"].size(), 1U);
  EXPECT_EQ(json::parse(mixed.body)["rejected"][0]["path"], "[0].time");
  EXPECT_EQ(post("/v1/events", R"({"kind":"view","shopper":"1","item":"pb","time":1714564800000})").status, 422);
  EXPECT_EQ(events(), 2U);
}

TEST_F(Records, EventsInAnotherFormatAreRefused) {
  EXPECT_EQ(post("/v1/events?format=other", "{}").status, 400);
  EXPECT_EQ(post("/v1/events?fromat=souk", "{}").status, 400);
}

TEST_F(Records, ShoppersArePut) {
  const auto reply = put("/v1/shoppers", R"([{"key":"900","attributes":{"age":"45-54"},"consent":{"train":false}},{"key":5.5}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 1);
  EXPECT_EQ(answer["changed"], 1);
  EXPECT_EQ(answer["rejected"].size(), 1U);
  const auto id = shop_->store().find_shopper("900").value();
  ASSERT_TRUE(id);
  EXPECT_FALSE(shop_->store().shopper(*id)->train);
}

TEST_F(Records, TooManyRecordsAre413) {
  options_.batch_records = 3;
  server_.reset();
  start();
  EXPECT_EQ(put("/v1/items", R"([{"key":"1"},{"key":"2"},{"key":"3"}])").status, 200);
  EXPECT_EQ(put("/v1/items", R"([{"key":"1"},{"key":"2"},{"key":"3"},{"key":"4"}])").status, 413);
}

TEST_F(Records, AReadOnlyServerRefusesEveryWrite) {
  options_.read_only = true;
  server_.reset();
  start();
  EXPECT_EQ(put("/v1/items", R"({"key":"x"})").status, 403);
  EXPECT_EQ(patch("/v1/items", R"({"key":"pb"})").status, 403);
  EXPECT_EQ(put("/v1/shoppers", R"({"key":"x"})").status, 403);
  EXPECT_EQ(post("/v1/events", R"({"kind":"view","shopper":"1","item":"pb"})").status, 403);
  EXPECT_EQ(ask("DELETE", "/v1/items/pb").status, 403);
  EXPECT_EQ(post("/v1/search", R"({"query":"jelly"})").status, 200);
  EXPECT_EQ(get("/v1/items/pb").status, 200);
}

}  // namespace
}  // namespace souk::serve
