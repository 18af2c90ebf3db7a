// Pages, health, methods, and who may ask.
#include <filesystem>
#include <thread>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using testing::Client;
using ::testing::HasSubstr;
using ::testing::Not;

class Site : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    start();
  }
  void restart() {
    server_.reset();
    start();
  }
};

// Said by whoever starts it, whatever the log's level.
TEST_F(Site, TheServerSaysThatItIsOpen) {
  EXPECT_THAT(server_->notice(), ::testing::HasSubstr("open for development"));
}

TEST_F(Site, HealthAndReadiness) {
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  const auto ready = get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr(R"("trained":false)"));
}

TEST_F(Site, MetricsCountRequestsByRoute) {
  get("/v1/search?q=secret+words");
  get("/v1/items/secret-key");
  get("/nosuch");
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.header("content-type"), HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(metrics.body, HasSubstr(R"(souk_http_requests_total{route="/v1/search",status="200"} 1)"));
  EXPECT_THAT(metrics.body, HasSubstr(R"(souk_http_requests_total{route="/v1/items/{key}",status="404"} 1)"));
  EXPECT_THAT(metrics.body, HasSubstr("souk_http_request_seconds_bucket"));
  EXPECT_THAT(metrics.body, HasSubstr(R"(souk_shelf_node_seconds_count{node="lexical",shelf="search"} 1)"));
  EXPECT_THAT(metrics.body, HasSubstr("souk_shop_items 0"));
  EXPECT_THAT(metrics.body, Not(HasSubstr("secret")));
}

TEST_F(Site, PagesComeWithTheirTypesAndPolicies) {
  const auto page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html><title>Shop</title>");
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.header("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(page.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(get("/souk.js").header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/assets/app.css").header("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/openapi.json").header("content-type"), "application/json");
  const auto head = ask("HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), std::to_string(page.body.size()));
}

TEST_F(Site, PagesAreNotSentTwice) {
  const std::string tag = get("/").header("etag");
  ASSERT_FALSE(tag.empty());
  const auto again = get("/", {{"If-None-Match", "\"other\", W/" + tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  write(options_.console_dir / "index.html", "changed");
  EXPECT_EQ(get("/", {{"If-None-Match", tag}}).body, "changed");
}

TEST_F(Site, NothingOutsideOfTheConsoleIsServed) {
  std::filesystem::create_symlink(dir_ / "outside.txt", options_.console_dir / "link.txt");
  for (const char* path :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/assets/../../outside.txt", "/assets/..%5c..%5coutside.txt",
        "//outside.txt", "/./index.html", "/.secret", "/%2esecret", "/link.txt", "/assets", "/assets/", "/nosuch.html", "/index.html/",
        "/index.html%00.css", "/%2fetc%2fpasswd", "/etc/passwd", "//etc/passwd", "/%c0%ae%c0%ae/outside.txt"}) {
    const auto reply = get(path);
    EXPECT_TRUE(reply.status == 404 || reply.status == 400) << path << " " << reply.status;
    EXPECT_THAT(reply.body, Not(HasSubstr("kept private"))) << path;
  }
}

TEST_F(Site, WithoutAConsoleThereIsAnExplanation) {
  options_.console_dir.clear();
  restart();
  const auto reply = get("/");
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("no console folder"));
}

TEST_F(Site, OtherMethodsAreToldWhichThereAre) {
  const auto wrong = ask("DELETE", "/v1/search");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(wrong.header("content-type"), "application/problem+json");
  EXPECT_EQ(post("/", "x").header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("BREW", "/healthz").status, 405);
  EXPECT_EQ(ask("TRACE", "/healthz").status, 405);
  const auto options = ask("OPTIONS", "/v1/items");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("allow"), "PUT, PATCH, OPTIONS");
  EXPECT_EQ(ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(get("/v1/nosuch").status, 404);
  EXPECT_EQ(get("/v1/search/").status, 404);
  EXPECT_EQ(get("/v1/items").status, 405);
}

TEST_F(Site, OnlyThisMachinesOwnNamesAreAnswered) {
  const std::string own = "127.0.0.1:" + std::to_string(port());
  for (const std::string& host : {own, std::string("localhost"), std::string("LOCALHOST:9"), std::string("[::1]:80")}) {
    EXPECT_EQ(get("/healthz", {{"Host", host}}).status, 200) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "192.168.0.1", "[::2]"}) {
    EXPECT_EQ(get("/healthz", {{"Host", host}}).status, 403) << host;
  }
  EXPECT_EQ(get("/healthz", {{"Host", own}, {"Host", "localhost"}}).status, 400);
  EXPECT_EQ(get("http://evil.example/healthz").status, 403);
  EXPECT_EQ(get("http://localhost/healthz").status, 200);
  Client bare(port());
  ASSERT_TRUE(bare.send("GET /healthz HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(bare.receive()->status, 400);
}

TEST_F(Site, PagesOfOtherSitesCannotAsk) {
  const std::string own = "127.0.0.1:" + std::to_string(port());
  EXPECT_EQ(get("/healthz", {{"Host", own}, {"Origin", "http://" + own}}).status, 200);
  for (const std::string& origin : {std::string("https://evil.example"), std::string("null"), std::string("http://127.0.0.1"),
                                    "https://" + own, std::string("http://localhost:3000")}) {
    const auto reply = post("/v1/events", R"({"kind":"view","shopper":"1","item":"x"})", {{"Host", own}, {"Origin", origin}});
    EXPECT_EQ(reply.status, 403) << origin;
  }
  EXPECT_EQ(shop_->store().counts().events, 0U);
}

TEST_F(Site, HundredMegabytesAreRefusedUnread) {
  Client client(port());
  ASSERT_TRUE(client.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n{"));
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->header("content-type"), "application/problem+json");
  EXPECT_THAT(reply->body, HasSubstr("10485760 bytes"));
}

TEST_F(Site, LongTargetsAreRefused) {
  EXPECT_EQ(get("/v1/search?q=" + std::string(9000, 'x')).status, 414);
  EXPECT_EQ(get("/v1/search", {{"X-Long", std::string(20'000, 'x')}}).status, 431);
}

TEST_F(Site, ClientsThatAskTooOftenAreToldWhenToComeBack) {
  options_.requests_per_second = 2;
  restart();
  int many = 0;
  for (int i = 0; i < 20; ++i) {
    const auto reply = get("/v1/search");
    if (reply.status != 429) continue;
    ++many;
    EXPECT_GE(std::stoi(reply.header("retry-after")), 1);
  }
  EXPECT_GE(many, 10);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Site, OffLoopbackItRefusesToStart) {
  for (const char* address : {"0.0.0.0", "::", "192.168.1.1", "example.org"}) {
    options_.address = address;
    const auto server = Server::start(*shop_, options_);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(server.error().message(), HasSubstr("keys"));
  }
}

TEST_F(Site, APortInUseIsAClearError) {
  options_.port = port();
  const auto second = Server::start(*shop_, options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::io);
  EXPECT_THAT(second.error().message(), HasSubstr("choose another port"));
}

TEST_F(Site, StopEndsListening) {
  const std::uint16_t was = port();
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(was));
  server_->stop();
  EXPECT_FALSE(Client(was).connected());
  server_->wait();
}

TEST_F(Site, StoppingUnderLoadLosesNoAcknowledgedWrite) {
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      Client client(port());
      for (int n = 0;; ++n) {
        const std::string key = std::to_string(i) + "-" + std::to_string(n);
        if (client.ask("PUT", "/v1/items", R"({"key":")" + key + R"(","title":"x"})", testing::kJson).status != 200) return;
        acknowledged.fetch_add(1);
      }
    });
  }
  while (acknowledged < 50) std::this_thread::yield();
  server_->stop();
  for (auto& client : clients) client.join();
  EXPECT_GE(shop_->store().counts().items, static_cast<std::uint64_t>(acknowledged.load()));
  // At most the one write a client had on its way is unacknowledged.
  EXPECT_LE(shop_->store().counts().items, static_cast<std::uint64_t>(acknowledged.load()) + clients.size());
}

}  // namespace
}  // namespace souk::serve
