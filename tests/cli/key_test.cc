// API keys from the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/run.h"

namespace souk::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Key : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(souk({"init", shop, "--quiet"}).status, 0); }
  json add(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"--json", "key", shop, "add"});
    const Outcome made = souk(flags);
    EXPECT_EQ(made.status, 0) << made.out << made.err;
    return json::parse(made.out);
  }
  json list() { return json::parse(souk({"--json", "key", shop, "list"}).out)["keys"]; }

  TempDir dir;
  const std::string shop = (dir / "shop").string();
};

TEST_F(Key, IsShownOnceAndListedWithoutItsText) {
  const json made = add({"--scope", "write", "--name", "backend", "--expires", "90d", "--rate", "50"});
  const std::string text = made["key"], secret = made["token_secret"];
  EXPECT_THAT(text, ::testing::StartsWith("souk_w_"));
  EXPECT_THAT(secret, ::testing::StartsWith("souk_t_"));
  const json keys = list();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0]["id"], made["id"]);
  EXPECT_EQ(keys[0]["name"], "backend");
  EXPECT_EQ(keys[0]["scope"], "write");
  EXPECT_EQ(keys[0]["requests_per_second"], 50);
  EXPECT_EQ(keys[0]["expires"], made["expires"]);
  EXPECT_EQ(keys[0]["expired"], false);
  const Outcome table = souk({"key", shop, "list"});
  EXPECT_THAT(table.out, HasSubstr(made["id"].get<std::string>()));
  for (const std::string& out : {table.out, keys.dump()}) {
    EXPECT_THAT(out, Not(HasSubstr(text)));
    EXPECT_THAT(out, Not(HasSubstr(secret)));
  }
}

TEST_F(Key, InWordsSaysWhatItIsForAndToKeepIt) {
  const Outcome made = souk({"key", shop, "add", "--scope", "search"});
  EXPECT_EQ(made.status, 0);
  EXPECT_THAT(made.out, HasSubstr("souk_s_"));
  EXPECT_THAT(made.out, HasSubstr("safe in a browser"));
  EXPECT_THAT(made.out, Not(HasSubstr("secret")));
  EXPECT_THAT(made.err, HasSubstr("not shown again"));
}

TEST_F(Key, ThatNobodySawIsRevoked) {
  const fs::path full = "/dev/full";
  if (!fs::exists(full)) GTEST_SKIP() << "needs " << full;
  for (const bool as_json : {false, true}) {
    std::vector<std::string> words{"key", shop, "add", "--scope", "admin"};
    if (as_json) words.emplace_back("--json");
    const Outcome made = souk(words, full);
    EXPECT_EQ(made.status, 1);
    EXPECT_THAT(made.err, HasSubstr("revoked"));
    EXPECT_EQ(list().size(), 0U);
  }
}

// souk key demo add --scope write --expires "$DAYS", and DAYS is not set.
TEST_F(Key, IsNotMadeOfOptionsThatAreGivenNothing) {
  for (const char* option : {"--expires", "--name", "--rate", "--scope"}) {
    std::vector<std::string> words{"key", shop, "add", option, ""};
    if (option != std::string("--scope")) words.insert(words.end(), {"--scope", "write"});
    const Outcome made = souk(words);
    EXPECT_EQ(made.status, 2) << option;
    EXPECT_THAT(made.err, HasSubstr(option));
    const Outcome next_word = souk({"key", shop, "add", "--scope", "write", std::string(option) + "=", "--json"});
    EXPECT_EQ(next_word.status, 2) << option;
    EXPECT_THAT(next_word.err, HasSubstr(option));
  }
  EXPECT_EQ(list().size(), 0U);
}

TEST_F(Key, IsRevokedByItsId) {
  const json first = add({"--scope", "search"}), second = add({"--scope", "admin"});
  const Outcome revoked = souk({"--json", "key", shop, "revoke", first["id"]});
  EXPECT_EQ(revoked.status, 0) << revoked.err;
  EXPECT_EQ(json::parse(revoked.out), json::parse(R"({"revoked":1,"left":1})"));
  EXPECT_EQ(list()[0]["id"], second["id"]);
  const Outcome again = souk({"key", shop, "revoke", first["id"]});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("no such key"));
  const Outcome last = souk({"key", shop, "revoke", "--all"});
  EXPECT_EQ(last.status, 0);
  EXPECT_THAT(last.err, HasSubstr("no key any more"));
  EXPECT_EQ(list().size(), 0U);
  EXPECT_THAT(souk({"key", shop, "list"}).out, HasSubstr("open to every program"));
}

TEST_F(Key, WhatCannotBeReadIsWrongUsage) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"add"},
                                                {"add", "--scope", "root"},
                                                {"add", "--scope", "search", "--expires", "soon"},
                                                {"add", "--scope", "search", "--expires", "0d"},
                                                {"add", "--scope", "search", "--expires", "106751991167d"},
                                                {"add", "--scope", "search", "--rate", "-1"},
                                                {"add", "--scope", "search", "--name", "a\nb"},
                                                {"revoke"},
                                                {"revoke", "x", "--all"},
                                                {"rename"},
                                                {}}) {
    std::vector<std::string> line{"key", shop};
    line.insert(line.end(), words.begin(), words.end());
    EXPECT_EQ(souk(line).status, 2) << ::testing::PrintToString(words);
  }
  EXPECT_EQ(list().size(), 0U);
}

TEST_F(Key, AServerOffLoopbackIsRefusedWithTheCommandThatHelps) {
  const Outcome refused = souk({"serve", shop, "--listen", "0.0.0.0:0"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("souk key SHOP add"));
}

TEST_F(Key, TlsNeedsBothFiles) {
  EXPECT_EQ(souk({"serve", shop, "--cert", "cert.pem"}).status, 2);
  EXPECT_EQ(souk({"serve", shop, "--key", "key.pem"}).status, 2);
}

}  // namespace
}  // namespace souk::testing
