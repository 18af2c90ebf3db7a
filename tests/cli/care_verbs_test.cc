// Backups, settings and formats at the command line. What several processes do to each other: processes_suite.py.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/run.h"
#include "tests/engine/fixture.h"

namespace souk::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CareVerbs : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(souk({"init", shop, "--name", "Corner \"shop\" / Ecke", "--quiet"}).status, 0);
    std::ofstream(dir / "items.jsonl") << R"({"key":"milk","title":"Whole milk"})"
                                       << "\n";
    ASSERT_EQ(souk({"import", shop, file("items.jsonl"), "--quiet"}).status, 0);
  }
  std::string file(const std::string& name) const { return (dir / name).string(); }
  static json object_of(const Outcome& outcome) { return json::parse(outcome.out, nullptr, false); }

  const TempDir dir;
  const std::string shop = (dir / "shop").string();
};

TEST_F(CareVerbs, BackUpVerifyAndRestore) {
  const json made = object_of(souk({"backup", shop, file("backup"), "--json", "--quiet"}));
  EXPECT_GT(made.value("files", 0), 4) << made;
  EXPECT_EQ(made.value("linked", -1), 0);
  EXPECT_THAT(souk({"backup", shop, file("second"), "--earlier", file("backup"), "--quiet"}).out, HasSubstr("shared with the earlier one"));
  EXPECT_THAT(souk({"doctor", file("second")}).out, HasSubstr("manifest"));
  const Outcome restored = souk({"restore", file("second"), file("again"), "--quiet"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(object_of(souk({"search", file("again"), "milk", "--json"})).value("total", 0), 1);
  EXPECT_EQ(souk({"restore", file("second"), file("again")}).status, 1) << "not over a shop";
  EXPECT_EQ(souk({"doctor", file("second"), "--repair"}).status, 1);
}

TEST_F(CareVerbs, ABackupIsReadAndNeverWritten) {
  std::ofstream(dir / "events.jsonl") << R"({"id":"e1","shopper":"h1","item":"milk","kind":"purchase","time":1600000000000})"
                                      << "\n";
  ASSERT_EQ(souk({"import", shop, file("events.jsonl"), "--quiet"}).status, 0);
  const std::string backup = file("backup");
  ASSERT_EQ(souk({"backup", shop, backup, "--quiet"}).status, 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status", backup},
                                                {"search", backup, "milk"},
                                                {"export", backup, "--as", "events"},
                                                {"export", backup, "--as", "config"},
                                                {"recommend", backup, "--shelf", "trending"},
                                                {"evaluate", backup},
                                                {"key", backup, "list"},
                                                {"doctor", backup}}) {
    const Outcome read = souk(words);
    EXPECT_TRUE(read.status == 0 || words[0] == "evaluate") << words[0] << read.err;  // that: too little to judge by
    EXPECT_EQ(souk({"doctor", backup}).status, 0) << "after " << words[0];
  }
  EXPECT_THAT(souk({"search", backup, "milk"}).err, HasSubstr("backup"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"import", backup, file("items.jsonl")},
                                                {"train", backup},
                                                {"compact", backup},
                                                {"upgrade", backup},
                                                {"forget", backup, "--shopper", "h1"},
                                                {"backup", backup, file("second")},
                                                {"serve", backup, "--listen", "127.0.0.1:0"}}) {
    const Outcome refused = souk(words);
    EXPECT_EQ(refused.status, 1) << words[0];
    EXPECT_THAT(refused.err, HasSubstr("souk restore")) << words[0];
  }
  EXPECT_EQ(souk({"doctor", backup}).status, 0);
  EXPECT_EQ(souk({"restore", backup, file("again"), "--quiet"}).status, 0);
  EXPECT_EQ(souk({"export", file("again"), "--as", "events", "--quiet"}).out, souk({"export", shop, "--as", "events", "--quiet"}).out);
}

TEST_F(CareVerbs, ADamagedBackupIsNamed) {
  ASSERT_EQ(souk({"backup", shop, file("backup"), "--quiet"}).status, 0);
  std::ofstream(dir / "backup" / "shop.toml", std::ios::app) << "# more\n";
  const Outcome examined = souk({"doctor", file("backup"), "--json"});
  EXPECT_EQ(examined.status, 1);
  EXPECT_EQ(object_of(examined)["findings"][1]["what"], "shop.toml");
  const Outcome refused = souk({"restore", file("backup"), file("again")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("shop.toml"), HasSubstr("damaged")));
}

TEST_F(CareVerbs, SettingsTravelAsJsonAndAsToml) {
  std::ofstream(dir / "shop" / "shop.toml", std::ios::app)
      << "\n[fields.\"odd: name, {}\"]\ntype = \"keyword\"\nsearch = 2.0\n[retention]\nview = \"90d\"\n";
  const std::string settings = souk({"export", shop, "--as", "config"}).out;
  std::ofstream(dir / "config.json") << settings;
  for (const std::string& from : {file("config.json"), shop + "/shop.toml"}) {
    const std::string again = file("again-" + fs::path(from).extension().string());
    const Outcome made = souk({"init", again, "--config", from, "--quiet"});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(souk({"export", again, "--as", "config"}).out, settings);
  }
  std::ofstream(dir / "broken.json") << "{\"shop\": {\"name\": \"x\"}, \"shop\": {";
  EXPECT_EQ(souk({"init", file("none"), "--config", file("broken.json")}).status, 1);
  EXPECT_FALSE(fs::exists(dir / "none"));
  EXPECT_EQ(souk({"init", file("none"), "--config", file("config.json"), "--name", "x"}).status, 2);
}

TEST_F(CareVerbs, AnUpgradeOfTheNewestFormatChangesNothing) {
  const json told = object_of(souk({"upgrade", shop, "--json"}));
  EXPECT_EQ(told.value("changed", true), false);
  EXPECT_EQ(told["from"], told["to"]);
}

TEST(Upgrade, KeepsTheShopOfTheOldFormatAsABackup) {
  const TempDir dir;
  const std::string shop = unpacked(fixtures().front(), dir.path()).string();
  const std::string before = souk({"export", shop, "--as", "events", "--quiet"}).out;
  const Outcome upgraded = souk({"upgrade", shop, "--json", "--quiet"});
  ASSERT_EQ(upgraded.status, 0) << upgraded.err;
  const json told = json::parse(upgraded.out);
  EXPECT_EQ(told["changed"], true);
  EXPECT_EQ(told["backup"], shop + ".format-1");
  EXPECT_EQ(souk({"export", shop, "--as", "events", "--quiet"}).out, before);
  ASSERT_EQ(souk({"restore", shop + ".format-1", (dir / "old").string(), "--quiet"}).status, 0);
  EXPECT_EQ(souk({"export", (dir / "old").string(), "--as", "events", "--quiet"}).out, before);
  EXPECT_EQ(json::parse(souk({"upgrade", shop, "--json", "--quiet"}).out)["changed"], false);
}

}  // namespace
}  // namespace souk::testing
