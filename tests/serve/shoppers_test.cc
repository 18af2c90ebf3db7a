// A person over HTTP: handed out, joined, erased. And reviews.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class People : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    start_with_items();
    ASSERT_EQ(put("/v1/shoppers", R"({"key":"ann/1","attributes":{"email":"ann@example.org"}})").status, 200);
    ASSERT_EQ(post("/v1/events", R"([{"id":"1","shopper":"ann/1","item":"pb","kind":"view","session":"abc","time":"2024-01-01T00:00:00Z"},
      {"id":"2","shopper":"ann/1","item":"jelly","kind":"purchase","time":"2024-01-02T00:00:00Z"},
      {"id":"3","session":"def","item":"bread","kind":"view","time":"2024-01-03T00:00:00Z"}])")
                  .status,
              200);
  }
};

TEST_F(People, AreToldWithAllThatIsKnownOfThem) {
  const auto reply = get("/v1/shoppers/ann%2F1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["key"], "ann/1");
  EXPECT_EQ(answer["attributes"]["email"], "ann@example.org");
  EXPECT_EQ(answer["known"]["events"], 2);
  EXPECT_EQ(answer["known"]["kinds"], (json{{"view", 1}, {"purchase", 1}}));
  EXPECT_EQ(answer["known"]["first_event"], "2024-01-01T00:00:00Z");
  EXPECT_EQ(get("/v1/shoppers/nobody").status, 404);
}

TEST_F(People, TheirEventsComeInPages) {
  const json first = json::parse(get("/v1/shoppers/ann%2F1/events?limit=1").body);
  ASSERT_EQ(first["events"].size(), 1U);
  EXPECT_EQ(first["events"][0]["id"], "1");
  EXPECT_EQ(first["events"][0]["session"], "abc");
  EXPECT_EQ(first["next_offset"], 1);
  const json last = json::parse(get("/v1/shoppers/ann%2F1/events?limit=1&offset=1").body);
  EXPECT_EQ(last["events"][0]["id"], "2");
  EXPECT_FALSE(last.contains("next_offset"));
  EXPECT_EQ(json::parse(get("/v1/shoppers/ann%2F1/events?offset=9").body)["events"].size(), 0U);
  EXPECT_EQ(get("/v1/shoppers/ann%2F1/events?limit=0").status, 400);
  EXPECT_EQ(get("/v1/shoppers/ann%2F1/events?page=2").status, 400);
  EXPECT_EQ(get("/v1/shoppers/nobody/events").status, 404);
}

TEST_F(People, TheirReviewsComeInPages) {
  ASSERT_EQ(post("/v1/reviews", R"([{"id":"r1","item":"pb","shopper":"ann/1","rating":5,"text":"Nice"},
    {"id":"r2","item":"jelly","shopper":"ann/1","rating":1},{"id":"r3","item":"pb","shopper":"bob","rating":2}])")
                .status,
            200);
  const json first = json::parse(get("/v1/shoppers/ann%2F1/reviews?limit=1").body);
  const json last = json::parse(get("/v1/shoppers/ann%2F1/reviews?offset=1").body);
  ASSERT_EQ(first["reviews"].size(), 1U);
  ASSERT_EQ(last["reviews"].size(), 1U);
  EXPECT_EQ((std::set<std::string>{first["reviews"][0]["id"], last["reviews"][0]["id"]}), (std::set<std::string>{"r1", "r2"}));
  EXPECT_EQ(first["next_offset"], 1);
  EXPECT_FALSE(last.contains("next_offset"));
  EXPECT_EQ(get("/v1/shoppers/ann%2F1/reviews?offset=x").status, 400);
  EXPECT_EQ(get("/v1/shoppers/nobody/reviews").status, 404);
}

// Their searches, those of the sessions in their events, and those of sessions that only answers know; nobody else's.
TEST_F(People, WhatTheyWereShownComesInPages) {
  ASSERT_EQ(get("/v1/search?q=peanut&shopper=ann%2F1&session=looked").status, 200);
  ASSERT_EQ(get("/v1/search?q=butter&session=abc").status, 200);
  ASSERT_EQ(get("/v1/search?q=jelly&session=looked").status, 200);
  ASSERT_EQ(get("/v1/search?q=bread&session=def").status, 200);
  ASSERT_EQ(get("/v1/search?q=cake&shopper=stranger").status, 200);
  const auto queries = [&](const std::string& key) {
    std::multiset<std::string> asked;
    const json served = json::parse(get("/v1/shoppers/" + key + "/served").body)["served"];
    for (const json& record : served) asked.insert(record["query"]);
    return asked;
  };
  while (json::parse(get("/v1/shoppers/stranger/served").body)["served"].empty()) {  // written a moment later
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(queries("ann%2F1"), (std::multiset<std::string>{"peanut", "butter", "jelly"}));
  EXPECT_EQ(queries("stranger"), (std::multiset<std::string>{"cake"}));
  EXPECT_EQ(queries("session:def"), (std::multiset<std::string>{"bread"}));
  EXPECT_EQ(queries("nobody"), (std::multiset<std::string>{}));
  const json all = json::parse(get("/v1/shoppers/ann%2F1/served").body)["served"];
  const auto peanut = std::find_if(all.begin(), all.end(), [](const json& record) { return record["query"] == "peanut"; });
  EXPECT_EQ((*peanut)["shopper"], "ann/1");
  EXPECT_EQ((*peanut)["session"], "looked");
  EXPECT_EQ((*peanut)["shelf"], "search");
  EXPECT_EQ((*peanut)["items"][0], "pb");
  const json first = json::parse(get("/v1/shoppers/ann%2F1/served?limit=1").body);
  EXPECT_EQ(first["served"], json::array({all[0]}));
  EXPECT_EQ(first["next_offset"], 1);
  EXPECT_EQ(json::parse(get("/v1/shoppers/ann%2F1/served?offset=2").body)["served"], json::array({all[2]}));
  EXPECT_EQ(get("/v1/shoppers/ann%2F1/served?limit=0").status, 400);
}

TEST_F(People, ASessionIsJoinedToALogin) {
  const auto reply = post("/v1/shoppers/ann%2F1/merge", R"({"session":"def"})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json::parse(reply.body), (json{{"known", true}, {"events", 1}}));
  EXPECT_EQ(json::parse(get("/v1/shoppers/ann%2F1").body)["known"]["events"], 3);
  EXPECT_EQ(json::parse(post("/v1/shoppers/ann%2F1/merge", R"({"session":"def"})").body)["known"], false);
  EXPECT_EQ(post("/v1/shoppers/ann%2F1/merge", R"({"session":""})").status, 400);
  EXPECT_EQ(post("/v1/shoppers/ann%2F1/merge", R"({"sessions":"x"})").status, 400);
  EXPECT_EQ(post("/v1/shoppers/ann%2F1/merge", "[").status, 400);
  EXPECT_EQ(post("/v1/shoppers/session:x/merge", R"({"session":"def"})").status, 400);
}

TEST_F(People, AreForgotten) {
  const auto reply = ask("DELETE", "/v1/shoppers/ann%2F1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["known"], true);
  EXPECT_EQ(answer["events"], 2);
  EXPECT_EQ(answer["marked"], false) << "nothing was learned yet";
  EXPECT_EQ(get("/v1/shoppers/ann%2F1").status, 404);
  EXPECT_EQ(shop_->store().counts().events, 1U);
  const json again = json::parse(ask("DELETE", "/v1/shoppers/ann%2F1").body);
  EXPECT_EQ(again["known"], false);
  EXPECT_THAT(again["words"][0].get<std::string>(), HasSubstr("no such shopper"));
}

TEST_F(People, Review) {
  const auto reply = post("/v1/reviews", R"([{"id":"r1","item":"pb","shopper":"ann/1","rating":5,"text":"Nice"},
    {"item":"pb","rating":1},{"item":"pb","rating":1},{"item":"pb"},{"id":"r2","item":"pb","rating":"bad"}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json answer = json::parse(reply.body);
  EXPECT_EQ(answer["accepted"], 2);
  EXPECT_EQ(answer["duplicates"], 1);
  ASSERT_EQ(answer["rejected"].size(), 2U);
  EXPECT_EQ(answer["rejected"][0]["path"], "[3].rating");
  EXPECT_EQ(json::parse(get("/v1/shoppers/ann%2F1").body)["known"]["reviews"], 1);
  EXPECT_EQ(json::parse(ask("DELETE", "/v1/shoppers/ann%2F1").body)["reviews"], 1);
  EXPECT_EQ(post("/v1/reviews", R"({"item":"pb"})").status, 422);
}

}  // namespace
}  // namespace souk::serve
