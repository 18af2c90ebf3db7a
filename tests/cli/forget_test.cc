// A person is forgotten from the command line, and the shop goes on: compacted, judged, trained anew.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "souk/base/file.h"

#include "tests/cli/run.h"

namespace souk::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::string_view kPerson = "person-5f1c3c6d9b0e4b7f", kAddress = "someone@example.org";

std::vector<std::string> files_naming(const fs::path& directory, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && read_file(entry.path()).value().find(name) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

class Forget : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string events;
    const auto line = [&](std::string_view shopper, std::string_view item, int day) {
      events += fmt::format(R"({{"shopper":"{}","session":"{}-at-home","item":"{}","kind":"purchase","time":"2024-01-{:02}T10:00:00Z"}})",
                            shopper, shopper, item, day);
      events += "\n";
    };
    for (int household = 0; household < 30; ++household) {
      for (int day = 1; day < 29; day += 3) line(fmt::format("h{}", household), (household + day) % 2 == 0 ? "milk" : "tea", day);
    }
    for (int day = 1; day < 29; ++day) line(kPerson, "milk", day);
    ASSERT_TRUE(write_file(dir / "events.jsonl", events));
    ASSERT_TRUE(write_file(dir / "items.jsonl", "{\"key\":\"milk\",\"title\":\"Milk\"}\n{\"key\":\"tea\",\"title\":\"Tea\"}\n"));
    ASSERT_TRUE(write_file(dir / "shoppers.jsonl",
                           fmt::format(R"({{"key":"{}","attributes":{{"email":"{}"}},"consent":{{}}}})", kPerson, kAddress)));
    ASSERT_TRUE(write_file(dir / "reviews.jsonl",
                           fmt::format(R"({{"item":"milk","shopper":"{}","rating":5,"text":"Mail {}"}})", kPerson, kAddress)));
    ASSERT_TRUE(write_file(dir / "bad.csv", fmt::format("shopper,item,kind,time\n{},milk,view,never\n", kPerson)));
    ASSERT_EQ(souk({"init", shop, "--quiet"}).status, 0);
    for (const char* file : {"items.jsonl", "events.jsonl", "shoppers.jsonl", "reviews.jsonl"}) {
      const Outcome imported = souk({"import", shop, (dir / file).string(), "--quiet"});
      ASSERT_EQ(imported.status, 0) << imported.err;
    }
    ASSERT_EQ(souk({"import", shop, (dir / "bad.csv").string(), "--quiet"}).status, 3);
    ASSERT_EQ(souk({"train", shop, "--quiet"}).status, 0);
    ASSERT_EQ(souk({"search", shop, "milk", "--shopper", std::string(kPerson)}).status, 0);
  }

  const TempDir dir;
  const std::string shop = (dir / "shop").string();
};

TEST_F(Forget, LeavesAShopThatWorksAndNoTrace) {
  EXPECT_FALSE(files_naming(shop, kPerson).empty());
  const Outcome forgotten = souk({"forget", shop, "--shopper", std::string(kPerson), "--json"});
  ASSERT_EQ(forgotten.status, 0) << forgotten.err;
  const json report = json::parse(forgotten.out);
  EXPECT_EQ(report["known"], true);
  EXPECT_EQ(report["events"], 28);
  EXPECT_EQ(report["reviews"], 1);
  EXPECT_EQ(report["served"], 1);
  EXPECT_EQ(report["rejects"], 1);
  EXPECT_EQ(report["marked"], true);
  const Outcome compacted = souk({"compact", shop});
  ASSERT_EQ(compacted.status, 0) << compacted.err;
  EXPECT_THAT(files_naming(shop, kPerson), ::testing::IsEmpty());
  EXPECT_THAT(files_naming(shop, kAddress), ::testing::IsEmpty());

  const Outcome evaluated = souk({"evaluate", shop, "--shelf", "for-you", "--json"});
  EXPECT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_THAT(souk({"status", shop, "--json"}).out, HasSubstr("\"marked\""));
  EXPECT_THAT(souk({"doctor", shop}).out, HasSubstr("forgotten"));
  ASSERT_EQ(souk({"train", shop, "--quiet"}).status, 0);
  EXPECT_THAT(souk({"status", shop, "--json"}).out, ::testing::Not(HasSubstr("\"marked\"")));
  EXPECT_THAT(files_naming(shop, kPerson), ::testing::IsEmpty());
}

TEST_F(Forget, SaysPlainlyThatAKeyIsUnknown) {
  const Outcome nobody = souk({"forget", shop, "--shopper", "nobody-at-all"});
  EXPECT_EQ(nobody.status, 0) << nobody.err;
  EXPECT_THAT(nobody.out, HasSubstr("knows no such shopper"));
  EXPECT_EQ(souk({"forget", shop}).status, 2) << "whom?";
}

}  // namespace
}  // namespace souk::testing
