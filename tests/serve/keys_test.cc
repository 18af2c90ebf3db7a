// A server that asks for keys: who may what, for whom, how often, from which pages.
#include <nlohmann/json.hpp>
#include <thread>

#include "souk/engine/api_keys.h"
#include "souk/serve/auth.h"

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using testing::Client;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSession = "0123456789abcdef0123456789abcdef";

class Keys : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    search_ = add(Scope::search).text;
    const engine::NewKey write = add(Scope::write);
    write_ = write.text;
    secret_ = write.key.token_secret;
    admin_ = add(Scope::admin).text;
    start();
    ASSERT_EQ(put("/v1/items", kItems, with(write_, testing::kNdjson)).status, 200);
  }
  engine::NewKey add(Scope scope, double rate = 0, std::optional<Duration> lifetime = {}) {
    return shop_->api_keys().add({scope, "test", lifetime, rate}).value();
  }
  static Client::Headers with(const std::string& key, Client::Headers headers = testing::kJson) {
    headers.emplace_back("Authorization", "Bearer " + key);
    return headers;
  }
  std::string token(const std::string& shopper, Duration from_now = kHour) {
    return engine::make_token(secret_, shopper, now() + from_now).value();
  }
  std::uint64_t events() const { return shop_->store().counts().events; }
  int posted(const json& event, const std::string& key) { return post("/v1/events", event.dump(), with(key)).status; }
  void restart() {
    server_.reset();
    start();
  }

  std::string search_, write_, admin_, secret_;
};

TEST_F(Keys, WithoutOneNothingIsAnsweredButThePagesAndTheHealth) {
  const std::vector<std::pair<std::string, std::string>> closed{
      {"GET", "/v1/search?q=butter"}, {"POST", "/v1/search"},     {"GET", "/v1/shelves/for-you"},
      {"GET", "/v1/suggest?q=b"},     {"GET", "/v1/items/pb"},    {"PUT", "/v1/items"},
      {"PATCH", "/v1/items"},         {"DELETE", "/v1/items/pb"}, {"POST", "/v1/events"},
      {"PUT", "/v1/shoppers"},        {"GET", "/v1/config/shop"}, {"GET", "/v1/config/shelves"},
      {"GET", "/v1/lab/runs"},        {"GET", "/v1/lab/shops"},   {"GET", "/metrics"},
      {"HEAD", "/metrics"},           {"GET", "/v1/lab/runs/a"},  {"GET", "/v1/config/shelves/new"}};
  for (const auto& [method, target] : closed) {
    const auto reply = ask(method, target);
    EXPECT_EQ(reply.status, 401) << method << ' ' << target;
    EXPECT_EQ(reply.header("www-authenticate"), "Bearer realm=\"souk\"") << target;
  }
  for (const char* target : {"/", "/souk.js", "/assets/app.css", "/healthz", "/readyz", "/openapi.json"}) {
    EXPECT_EQ(get(target).status, 200) << target;
  }
  EXPECT_EQ(events(), 0U);
}

// The table of routes says which scope each needs: this asks all of them with every key.
TEST_F(Keys, EachScopeReachesItsRoutesAndNoFurther) {
  for (const Route& route : routes()) {
    if (route.scope == Scope::none) continue;
    std::string target(route.pattern);
    for (const auto& [name, value] : {std::pair{"{shelf}", "new"}, {"{key}", "nosuch"}, {"{name}", "new"}, {"{name...}", "nosuch"}}) {
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, std::string(name).size(), value);
    }
    const std::string method(route.method);
    for (const auto& [scope, key] : {std::pair{Scope::search, search_}, {Scope::write, write_}, {Scope::admin, admin_}}) {
      const auto reply = testing::ask(port(), method, target, method == "GET" || method == "DELETE" ? "" : "{}", with(key));
      if (scope < route.scope) {
        EXPECT_EQ(reply.status, 403) << method << ' ' << target;
        EXPECT_THAT(reply.body, HasSubstr("insufficient-scope"));
        EXPECT_THAT(reply.body, HasSubstr("a key of scope " + std::string(name_of(route.scope))));
      } else {
        EXPECT_NE(reply.status, 401) << method << ' ' << target;
        EXPECT_THAT(reply.body, Not(HasSubstr("insufficient-scope"))) << method << ' ' << target;
      }
    }
  }
}

TEST_F(Keys, KeysThatAreNone) {
  for (const std::string& header :
       {std::string("Bearer"), std::string("Bearer "), "Basic " + search_, search_, "Bearer  " + search_, "Bearer " + search_ + "x",
        "Bearer " + search_.substr(1), std::string("Bearer \x01"), std::string("Bearer ") + std::string(4000, 'x')}) {
    const auto reply = get("/v1/search", {{"Authorization", header}});
    EXPECT_TRUE(reply.status == 401 || reply.status == 400) << header << reply.status;
    EXPECT_THAT(reply.body, Not(HasSubstr(search_)));
  }
  EXPECT_EQ(get("/v1/search", {{"Authorization", "bEARER " + search_}}).status, 200);
  EXPECT_EQ(get("/v1/search", {{"Authorization", "Bearer " + search_}, {"Authorization", "Bearer " + write_}}).status, 400);
  EXPECT_EQ(get("/v1/search", with("souk_s_nosuchkey")).header("www-authenticate"), "Bearer realm=\"souk\", error=\"invalid_token\"");
}

TEST_F(Keys, ExpireAndAreRevokedAtOnce) {
  const engine::NewKey brief = add(Scope::search, 0, 30), other = add(Scope::search);
  EXPECT_EQ(get("/v1/search", with(other.text)).status, 200);
  ASSERT_TRUE(shop_->api_keys().revoke(other.key.id));
  EXPECT_THAT(get("/v1/search", with(other.text)).body, HasSubstr("unknown-key"));
  while (!brief.key.expired(now())) std::this_thread::yield();
  const auto reply = get("/v1/search", with(brief.text));
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.body, HasSubstr("expired-key"));
  EXPECT_THAT(reply.body, HasSubstr(brief.key.id));
}

TEST_F(Keys, AKeyRevokedWhileABodyArrivesChangesNothing) {
  const engine::NewKey key = add(Scope::write);
  Client client(port());
  const std::string whole = client.render("PUT", "/v1/items", R"({"key":"late","title":"Late"})", with(key.text));
  ASSERT_TRUE(client.send(whole.substr(0, whole.size() - 5)));
  EXPECT_EQ(get("/healthz").status, 200);  // by then the header was read, most likely; in either order the answer is the same
  ASSERT_TRUE(shop_->api_keys().revoke(key.key.id));
  ASSERT_TRUE(client.send(whole.substr(whole.size() - 5)));
  EXPECT_EQ(client.receive()->status, 401);
  EXPECT_FALSE(shop_->store().find_item("late").value());
}

TEST_F(Keys, TheLastKeyRevokedClosesTheServer) {
  ASSERT_TRUE(shop_->api_keys().revoke_all());
  EXPECT_EQ(get("/v1/search").status, 401);
  EXPECT_EQ(get("/v1/search", with(admin_)).status, 401);
  restart();
  EXPECT_EQ(get("/v1/search").status, 200);
  EXPECT_THAT(server_->notice(), HasSubstr("open for development"));
}

TEST_F(Keys, TheFirstKeyClosesAnOpenServer) {
  ASSERT_TRUE(shop_->api_keys().revoke_all());
  restart();
  EXPECT_EQ(get("/v1/search").status, 200);
  search_ = add(Scope::search).text;
  EXPECT_EQ(get("/v1/search").status, 401);
  EXPECT_EQ(get("/v1/search", with(search_)).status, 200);
}

TEST_F(Keys, ABodyIsNotReadFromWhoMayNotSendIt) {
  Client client(port());
  ASSERT_TRUE(client.send("PUT /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n["));
  EXPECT_EQ(client.receive()->status, 401);  // before the rest is sent
  Client other(port());
  ASSERT_TRUE(
      other.send("PUT /v1/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + search_ + "\r\nContent-Length: 5000000\r\n\r\n["));
  EXPECT_EQ(other.receive()->status, 403);
}

TEST_F(Keys, ARefusalWithoutABodyKeepsTheConnection) {
  Client client(port());
  EXPECT_EQ(client.ask("GET", "/v1/search").status, 401);
  EXPECT_EQ(client.ask("GET", "/v1/search", "", with(search_)).status, 200);
}

TEST_F(Keys, HaveTheirOwnRate) {
  const std::string slow = add(Scope::search, 2).text;
  Client client(port());
  int many = 0;
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.ask("GET", "/v1/search", "", with(slow));
    if (reply.status != 429) continue;
    ++many;
    EXPECT_GE(std::stoi(reply.header("retry-after")), 1);
  }
  EXPECT_GE(many, 10);
  EXPECT_EQ(get("/v1/search", with(search_)).status, 200);
}

// --- what a key that only searches may say of whom ---

TEST_F(Keys, ASearchKeyTellsWhatItsOwnSessionDid) {
  for (const char* kind : {"impression", "click", "view", "wishlist", "cart", "remove"}) {
    EXPECT_EQ(posted({{"kind", kind}, {"session", kSession}, {"item", "pb"}}, search_), 200) << kind;
  }
  for (const char* kind : {"search", "filter"}) EXPECT_EQ(posted({{"kind", kind}, {"session", kSession}, {"query", "x"}}, search_), 200);
  EXPECT_EQ(events(), 8U);
}

TEST_F(Keys, ASearchKeyTellsNothingElse) {
  for (const char* kind : {"purchase", "checkout", "refund", "rating", "promo_view", "promo_click", "skip", "invented"}) {
    const auto reply = post("/v1/events", json{{"kind", kind}, {"session", kSession}, {"item", "pb"}, {"value", 1}}.dump(), with(search_));
    EXPECT_EQ(reply.status, 403) << kind;
    EXPECT_THAT(reply.body, HasSubstr("\"path\":\"kind\""));
  }
  EXPECT_EQ(events(), 0U);
  EXPECT_EQ(posted({{"kind", "purchase"}, {"shopper", "ann"}, {"item", "pb"}, {"value", 1}}, write_), 200);
}

TEST_F(Keys, ASessionThatOthersCouldGuessIsNotTaken) {
  for (const char* session :
       {"1", "abc", "2024-01-01", "0123456789abcdef0123456789abcde", "user@example.org-session-long", "aaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(posted({{"kind", "view"}, {"session", session}, {"item", "pb"}}, search_), 403) << session;
    EXPECT_EQ(post("/v1/shelves/for-you", json{{"session", session}}.dump(), with(search_)).status, 403) << session;
    EXPECT_EQ(post("/v1/search", json{{"session", session}}.dump(), with(search_)).status, 403) << session;
  }
  EXPECT_EQ(events(), 0U);
  EXPECT_TRUE(unguessable("0123456789abcdef0123456789ABCDEF"));
  EXPECT_TRUE(unguessable("123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_TRUE(unguessable("abcdefghijklmnopqrstu_"));
  EXPECT_FALSE(unguessable("abcdefabcdefabcdefabcd"));  // 22 digits of hex are 88 bits
  EXPECT_FALSE(unguessable(""));
}

TEST_F(Keys, ASearchKeyAsksAndTellsNothingOfOtherShoppers) {
  ASSERT_EQ(posted({{"kind", "purchase"}, {"shopper", "ann"}, {"item", "pb"}}, write_), 200);
  const json ask_for{{"shopper", "ann"}, {"session", kSession}};
  for (const std::string& target : {std::string("/v1/shelves/for-you"), std::string("/v1/search")}) {
    EXPECT_EQ(post(target, ask_for.dump(), with(search_)).status, 403) << target;
    EXPECT_EQ(get(target + "?shopper=ann", with(search_)).status, 403) << target;
    EXPECT_EQ(get(target + "?shopper=session:" + kSession, with(search_)).status, 403) << target;
    EXPECT_EQ(post(target, ask_for.dump(), with(write_)).status, 200) << target;
  }
  const auto batch = post("/v1/search", json{{"searches", {ask_for, {{"query", "butter"}}}}}.dump(), with(search_));
  EXPECT_EQ(batch.status, 200);
  EXPECT_EQ(json::parse(batch.body)["results"][0]["status"], 403);
  EXPECT_TRUE(json::parse(batch.body)["results"][1].contains("items"));
  EXPECT_EQ(posted({{"kind", "view"}, {"shopper", "ann"}, {"session", kSession}, {"item", "pb"}}, search_), 403);
  EXPECT_EQ(put("/v1/shoppers", R"({"key":"ann"})", with(search_)).status, 403);
  EXPECT_EQ(events(), 1U);
}

TEST_F(Keys, ATokenSpeaksForItsShopper) {
  const json ask_for{{"shopper", "ann"}};
  json vouched = ask_for;
  vouched["shopper_token"] = token("ann");
  EXPECT_EQ(post("/v1/shelves/for-you", vouched.dump(), with(search_)).status, 200);
  EXPECT_EQ(post("/v1/search", vouched.dump(), with(search_)).status, 200);
  auto headers = with(search_);
  headers.emplace_back("Souk-Shopper-Token", token("ann"));
  EXPECT_EQ(post("/v1/shelves/for-you", ask_for.dump(), headers).status, 200);
  EXPECT_EQ(get("/v1/shelves/for-you?shopper=ann", headers).status, 200);
  EXPECT_EQ(get("/v1/shelves/for-you?shopper=bob", headers).status, 403);
  EXPECT_EQ(post("/v1/events", R"({"kind":"view","shopper":"ann","item":"pb"})", headers).status, 200);
  for (const auto& [bad, words] : {std::pair{token("bob"), "for another shopper"},
                                   {token("ann", -kHour), "expired"},
                                   {"v1.x", "no token"},
                                   {token("ann") + "x", "another signature"}}) {
    vouched["shopper_token"] = bad;
    const auto reply = post("/v1/shelves/for-you", vouched.dump(), with(search_));
    EXPECT_EQ(reply.status, 403) << words;
    EXPECT_THAT(reply.body, HasSubstr(words));
    EXPECT_THAT(reply.body, Not(HasSubstr(bad)));
  }
}

TEST_F(Keys, ATokenInAnEventVouchesAndIsNotKept) {
  const std::string vouched = json{{"kind", "view"}, {"shopper", "ann"}, {"item", "pb"}, {"shopper_token", token("ann")}}.dump();
  const auto reply = post("/v1/events", vouched, with(search_));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("\"accepted\":1"));
  EXPECT_EQ(post("/v1/events", vouched, with(write_)).status, 200);
  ASSERT_EQ(events(), 2U);
  ASSERT_TRUE(shop_->store().for_each_event([](store::Event&& event) {
    EXPECT_TRUE(event.attributes.empty());
    return true;
  }));
}

// One event that is not theirs to tell, among others: nothing of the body is taken.
TEST_F(Keys, ABodyWithAnEventOfAnotherIsRefusedWhole) {
  const json mine{{"kind", "view"}, {"session", kSession}, {"item", "pb"}}, theirs{{"kind", "view"}, {"shopper", "ann"}, {"item", "pb"}};
  const auto reply = post("/v1/events", json::array({mine, theirs, mine}).dump(), with(search_));
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("not-yours"));
  EXPECT_EQ(events(), 0U);
}

TEST_F(Keys, BeaconsBringTheirKeyInTheAddress) {
  const std::string event = json{{"kind", "view"}, {"session", kSession}, {"item", "pb"}}.dump();
  const Client::Headers text{{"Content-Type", "text/plain;charset=UTF-8"}};
  EXPECT_EQ(post("/v1/events?key=" + search_, event, text).status, 200);
  EXPECT_EQ(post("/v1/events?key=" + search_, event, testing::kJson).status, 401);
  EXPECT_EQ(get("/v1/search?key=" + search_).status, 401);
  EXPECT_EQ(post("/v1/events?key=wrong", event, text).status, 401);
  const auto exposed = post("/v1/events?key=" + write_, event, text);
  EXPECT_EQ(exposed.status, 403);
  EXPECT_THAT(exposed.body, HasSubstr("key-in-address"));
  EXPECT_EQ(events(), 1U);
}

TEST_F(Keys, IdsOfPagesCountForTheirVisitorAlone) {
  const json view{{"id", "order-1"}, {"kind", "view"}, {"session", kSession}, {"item", "pb"}, {"time", "2024-01-01T10:00:00Z"}};
  EXPECT_EQ(posted(view, search_), 200);
  json other = view;
  other["session"] = "f123456789abcdef0123456789abcdef";
  EXPECT_EQ(posted(other, search_), 200);
  EXPECT_EQ(posted({{"id", "order-1"}, {"kind", "purchase"}, {"shopper", "ann"}, {"item", "pb"}}, write_), 200);
  EXPECT_EQ(events(), 3U);
  EXPECT_THAT(post("/v1/events", view.dump(), with(search_)).body, HasSubstr("\"duplicates\":1"));
  EXPECT_EQ(events(), 3U);
}

TEST_F(Keys, PagesTellNothingOfTheFuture) {
  const json view{{"id", "1"}, {"kind", "view"}, {"session", kSession}, {"item", "pb"}, {"time", "2999-01-01T10:00:00Z"}};
  EXPECT_EQ(posted(view, search_), 200);
  EXPECT_THAT(post("/v1/events", view.dump(), with(search_)).body, HasSubstr("\"duplicates\":1"));
  EXPECT_LE(shop_->store().counts().last_event, now());
}

// --- names and pages ---

TEST_F(Keys, AnyNameIsAnsweredUnlessNamesAreConfigured) {
  EXPECT_EQ(get("/v1/search", {{"Host", "shop.example"}, {"Authorization", "Bearer " + search_}}).status, 200);
  EXPECT_EQ(get("/v1/search", {{"Host", "shop.example"}}).status, 401);
  options_.hosts = {"shop.example"};
  restart();
  EXPECT_EQ(get("/healthz", {{"Host", "SHOP.example:8443"}}).status, 200);
  EXPECT_EQ(get("/healthz", {{"Host", "localhost"}}).status, 200);
  EXPECT_EQ(get("/healthz", {{"Host", "other.example"}}).status, 403);
}

TEST_F(Keys, PagesOfOtherSitesAskWhenTheyAreAllowed) {
  options_.origins = {"https://shop.example"};
  restart();
  const auto allowed = get("/v1/search?q=butter", with(search_, {{"Origin", "https://shop.example"}}));
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(allowed.header("vary"), "Origin");
  EXPECT_THAT(allowed.header("access-control-expose-headers"), HasSubstr("Souk-Request"));
  // The page learns why it was refused, too.
  EXPECT_EQ(get("/v1/search", {{"Origin", "https://shop.example"}}).header("access-control-allow-origin"), "https://shop.example");
  for (const char* origin :
       {"https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null", "https://shop.example:8443"}) {
    const auto refused = get("/v1/search?q=butter", with(search_, {{"Origin", origin}}));
    EXPECT_EQ(refused.status, 403) << origin;
    EXPECT_EQ(refused.header("access-control-allow-origin"), "") << origin;
  }
}

TEST_F(Keys, PagesOfOtherSitesNeverWrite) {
  options_.origins = {"https://shop.example"};
  restart();
  const auto reply = put("/v1/items", R"({"key":"x"})", with(write_, {{"Origin", "https://shop.example"}}));
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("foreign-origin"));
  EXPECT_EQ(get("/metrics", with(admin_, {{"Origin", "https://shop.example"}})).status, 403);
  EXPECT_FALSE(shop_->store().find_item("x").value());
}

TEST_F(Keys, BrowsersAskBeforeTheyAsk) {
  options_.origins = {"https://shop.example"};
  restart();
  const auto preflight = [&](const char* origin, const char* method, const char* target) {
    return testing::ask(
        port(), "OPTIONS", target, "",
        {{"Origin", origin}, {"Access-Control-Request-Method", method}, {"Access-Control-Request-Headers", "authorization"}});
  };
  const auto yes = preflight("https://shop.example", "POST", "/v1/search");
  EXPECT_EQ(yes.status, 204);
  EXPECT_EQ(yes.header("access-control-allow-origin"), "https://shop.example");
  EXPECT_THAT(yes.header("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_THAT(yes.header("access-control-allow-headers"), HasSubstr("Authorization"));
  EXPECT_THAT(yes.header("access-control-allow-headers"), HasSubstr("Souk-Shopper-Token"));
  EXPECT_EQ(preflight("https://evil.example", "POST", "/v1/search").status, 403);
  EXPECT_EQ(preflight("https://evil.example", "POST", "/v1/search").header("access-control-allow-origin"), "");
  EXPECT_EQ(preflight("https://shop.example", "PUT", "/v1/items").status, 403);
  EXPECT_EQ(preflight("https://shop.example", "DELETE", "/v1/items/pb").status, 403);
}

TEST_F(Keys, AnyOriginIsTheOwnersChoice) {
  options_.origins = {"*"};
  restart();
  const auto reply = get("/v1/search?q=butter", with(search_, {{"Origin", "https://anywhere.example"}}));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
}

TEST_F(Keys, WhatIsNoOriginOrNameIsRefusedAtStart) {
  for (const char* origin :
       {"shop.example", "https://", "https://shop.example/", "https://shop.example/path", "https://a b", "", "https://x\r\ny"}) {
    options_.origins = {origin};
    const auto server = Server::start(*shop_, options_);
    ASSERT_FALSE(server) << origin;
    EXPECT_EQ(server.error().kind, ErrorKind::invalid);
    EXPECT_EQ(server.error().where, "--allow-origin");
  }
  options_.origins = {};
  options_.hosts = {"shop.example:443"};
  EXPECT_EQ(Server::start(*shop_, options_).error().where, "--host");
}

// --- starting ---

TEST_F(Keys, OffLoopbackItStartsWithAKeyAndSaysThatKeysTravelInTheClear) {
  options_.address = "0.0.0.0";
  restart();
  EXPECT_THAT(server_->notice(), HasSubstr("unencrypted"));
  EXPECT_EQ(get("/v1/search", with(search_)).status, 200);
  EXPECT_EQ(get("/v1/search").status, 401);
}

TEST_F(Keys, OffLoopbackExpiredKeysAreNoKeys) {
  ASSERT_TRUE(shop_->api_keys().revoke_all());
  const engine::NewKey brief = add(Scope::admin, 0, 1);
  while (!brief.key.expired(now())) std::this_thread::yield();
  options_.address = "0.0.0.0";
  const auto server = Server::start(*shop_, options_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(server.error().message(), HasSubstr("expired"));
}

TEST_F(Keys, WithADamagedListOfKeysItDoesNotStart) {
  server_.reset();
  ASSERT_TRUE(shop_->store().put_meta("api-keys", "souk-keys 1 0123\n"));
  shop_->api_keys().reload();
  const auto server = Server::start(*shop_, options_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::corrupt);
}

TEST_F(Keys, AListThatCannotBeReadAnyMoreAnswersNobody) {
  ASSERT_TRUE(shop_->store().put_meta("api-keys", "souk-keys 1 0123\n"));
  shop_->api_keys().reload();
  EXPECT_EQ(get("/v1/search").status, 500);
  EXPECT_EQ(get("/v1/search", with(admin_)).status, 500);
}

}  // namespace
}  // namespace souk::serve
