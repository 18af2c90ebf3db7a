// Ids of requests, and the access log: what it holds and what it never holds.
#include "souk/serve/access_log.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "souk/engine/api_keys.h"

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using testing::Client;
using ::testing::HasSubstr;
using ::testing::Not;

class Access : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    options_.access_log = (dir_ / "access.log").string();
  }
  std::string text(const std::string& name = "access.log") const {
    std::ostringstream out;
    out << std::ifstream(dir_ / name).rdbuf();
    return out.str();
  }
  // The server writes a line before it sends the answer.
  std::vector<json> lines() const {
    std::vector<json> out;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }
};

TEST_F(Access, EveryAnswerHasAnId) {
  start();
  std::set<std::string> ids;
  for (const char* target : {"/healthz", "/v1/search", "/nosuch", "/v1/items/nosuch", "/metrics", "/%zz"}) {
    const std::string id = get(target).header("souk-request");
    EXPECT_EQ(id.size(), 32U) << target;
    EXPECT_TRUE(ids.insert(id).second) << target;
  }
  EXPECT_EQ(get("/healthz", {{"Host", "evil.example"}}).header("souk-request").size(), 32U);
  EXPECT_EQ(ask("OPTIONS", "/v1/search").header("souk-request").size(), 32U);
  Client broken(port());
  ASSERT_TRUE(broken.send("nonsense\r\n\r\n"));
  EXPECT_EQ(broken.receive()->header("souk-request").size(), 32U);
}

TEST_F(Access, TheClientsOwnIdIsKept) {
  start();
  for (const char* id : {"0b6f0c9e-6f0a-4f1c-9d2e-8a7b5c4d3e2f", "5F1C3C6D9B0E4B7FA8D1C2E3F4A5B6C7", "463ac35c9f6413ad"}) {
    EXPECT_EQ(get("/healthz", {{"X-Request-Id", id}}).header("souk-request"), id);
    EXPECT_EQ(lines().back()["request"], id);
  }
}

TEST_F(Access, AnIdThatMayNameSomebodyIsReplaced) {
  start();
  for (const std::string id :
       {"ann.smith-1980-02-29", "ann@shop.example", "4915112345678", "order_of_ann_smith_0001", "7f3a.checkout_1-B"}) {
    EXPECT_EQ(get("/healthz", {{"X-Request-Id", id}}).header("souk-request").size(), 32U) << id;
    EXPECT_THAT(text(), Not(HasSubstr(id)));
  }
}

TEST_F(Access, ALineForEachAnswer) {
  start();
  const auto reply = get("/v1/search?q=x");
  get("/v1/nosuch");
  ask("HEAD", "/healthz");
  Client broken(port());
  ASSERT_TRUE(broken.send("nonsense\r\n\r\n"));
  ASSERT_TRUE(broken.receive());
  const auto all = lines();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0]["method"], "GET");
  EXPECT_EQ(all[0]["route"], "/v1/search");
  EXPECT_EQ(all[0]["status"], 200);
  EXPECT_EQ(all[0]["bytes"], reply.body.size());
  EXPECT_EQ(all[0]["request"], reply.header("souk-request"));
  EXPECT_EQ(all[0]["key"], "");
  EXPECT_GE(all[0]["ms"], 0);
  EXPECT_THAT(all[0]["time"].get<std::string>(), ::testing::EndsWith("Z"));
  EXPECT_EQ(all[1]["route"], "none");
  EXPECT_EQ(all[1]["status"], 404);
  EXPECT_EQ(all[2]["method"], "HEAD");
  EXPECT_EQ(all[2]["bytes"], 0);
  EXPECT_EQ(all[3]["status"], 400);
  EXPECT_EQ(all[3]["method"], "");
}

TEST_F(Access, NothingOfAPersonAndNoKeyIsWritten) {
  const auto key = shop_->api_keys().add({engine::Scope::write, "backend", {}, 0}).value();
  const auto visitor = shop_->api_keys().add({engine::Scope::search, "page", {}, 0}).value();
  start();
  const Client::Headers headers{
      {"Content-Type", "application/json"}, {"Authorization", "Bearer " + key.text}, {"User-Agent", "Secret/1.0"}};
  post("/v1/events", R"({"kind":"search","shopper":"secret-ann","session":"secret-session","query":"secret words"})", headers);
  get("/v1/search?q=secret+words&shopper=secret-ann", headers);
  get("/v1/items/secret-key", headers);
  get("/secret-page");
  ask("SECRET", "/v1/search");
  post("/v1/events?key=" + visitor.text, R"({"kind":"view","session":"secret"})", {{"Content-Type", "text/plain"}});
  get("/v1/search", {{"Authorization", "Bearer secret"}});
  const auto all = lines();
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all[0]["key"], key.key.id);
  EXPECT_EQ(all[5]["key"], visitor.key.id);
  EXPECT_EQ(all[6]["key"], "");
  EXPECT_EQ(all[6]["route"], "/v1/search");
  EXPECT_EQ(all[6]["status"], 401);
  EXPECT_THAT(text(), Not(HasSubstr("secret")));
  EXPECT_THAT(text(), Not(HasSubstr("SECRET")));
  EXPECT_THAT(text(), Not(HasSubstr("Secret")));
  EXPECT_THAT(text(), Not(HasSubstr("127.0.0.1")));
  EXPECT_THAT(text(), Not(HasSubstr(key.text.substr(7))));
  EXPECT_THAT(text(), Not(HasSubstr(visitor.text.substr(7))));
}

TEST_F(Access, GoesOnUnderItsNameWhenTheFileWasMovedAway) {
  start();
  get("/healthz");
  std::filesystem::rename(dir_ / "access.log", dir_ / "access.log.1");
  get("/readyz");
  EXPECT_THAT(text("access.log.1"), HasSubstr("/readyz"));
  ASSERT_TRUE(server_->reload());
  get("/metrics");
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines().front()["route"], "/metrics");
}

TEST_F(Access, AFileThatCannotBeOpenedIsAnErrorAtStart) {
  options_.access_log = (dir_ / "nosuch" / "access.log").string();
  const auto server = Server::start(*shop_, options_);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message(), HasSubstr("access log"));
}

}  // namespace
}  // namespace souk::serve
