// A small shop behind a server on a free port.
#pragma once

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "souk/base/log.h"
#include "souk/engine/shop.h"
#include "souk/serve/server.h"

#include "tests/serve/client.h"
#include "tests/support/data.h"

namespace souk::testing {

inline const Client::Headers kJson{{"Content-Type", "application/json"}};
inline const Client::Headers kNdjson{{"Content-Type", "application/x-ndjson"}};

class RunningServer : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(log::set_level("error"));
    auto shop = engine::Shop::init(dir_ / "shop", {"Corner shop", "en", "USD"});
    ASSERT_TRUE(shop) << shop.error().message();
    shop_ = std::move(*shop);
    options_.port = 0;
    options_.threads = 2;
    options_.blocking_threads = 4;
    options_.console_dir = dir_ / "console";
    std::filesystem::create_directories(options_.console_dir / "assets");
    write(options_.console_dir / "index.html", "<!doctype html><title>Shop</title>");
    write(options_.console_dir / "souk.js", "export {};");
    write(options_.console_dir / "assets" / "app.css", "body{}");
    write(options_.console_dir / ".secret", "kept private");
    write(dir_ / "outside.txt", "kept private");
  }

  void start() {
    auto server = serve::Server::start(*shop_, options_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  void start_with_items() {
    start();
    const auto reply = put("/v1/items", kItems, kNdjson);
    ASSERT_EQ(reply.status, 200) << reply.body;
  }

  std::uint16_t port() const { return server_->port(); }
  Reply ask(const std::string& method, const std::string& target) { return testing::ask(port(), method, target); }
  Reply get(const std::string& target, const Client::Headers& headers = {}) { return testing::ask(port(), "GET", target, "", headers); }
  Reply post(const std::string& target, const std::string& body, const Client::Headers& headers = kJson) {
    return testing::ask(port(), "POST", target, body, headers);
  }
  Reply put(const std::string& target, const std::string& body, const Client::Headers& headers = kJson) {
    return testing::ask(port(), "PUT", target, body, headers);
  }
  Reply patch(const std::string& target, const std::string& body, const Client::Headers& headers = kJson) {
    return testing::ask(port(), "PATCH", target, body, headers);
  }
  static void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

  static constexpr const char* kItems =
      R"({"key":"pb","title":"Peanut butter","brand":"Nutty","category":["Food > Spreads"],"price":"2.99"}
{"key":"jelly","title":"Grape jelly","brand":"Sweet","category":["Food > Spreads"],"price":"1.99"}
{"key":"bread","title":"White bread","brand":"Baker","category":["Food > Bakery"],"price":"1.49"}
{"key":"a/b c","title":"Butter knife","brand":"Blade","category":["Home > Kitchen"],"price":"4.00"}
)";

  TempDir dir_;
  std::unique_ptr<engine::Shop> shop_;
  serve::ServeOptions options_;
  std::unique_ptr<serve::Server> server_;  // ends before the shop
};

}  // namespace souk::testing
