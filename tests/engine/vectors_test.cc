// Vectors of a shop's items: from wherever they come, they are found by the shelves, follow every change, and are made anew when damaged.
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kSpaces = R"(
[spaces.text]
dim = 3
encoder = "minilm"
[shelves.similar]
context = "item"
retrieve = ["dense"]
k = 3
[shelves.similar.settings.dense]
space = "text"
)";

std::unique_ptr<engine::Shop> shop_with(const fs::path& directory, const std::string& settings = kSpaces) {
  auto shop = engine::Shop::init(directory, {.settings = settings});
  EXPECT_TRUE(shop) << (shop ? "" : shop.error().message());
  return shop ? std::move(*shop) : nullptr;
}

store::Item item_at(const std::string& key, std::vector<float> text) {
  store::Item made = item(key, "Thing " + key, "Food", "1.00");
  made.vectors["text"] = std::move(text);
  return made;
}

store::Changes four_items() {
  store::Changes changes;
  changes.items = {item_at("a", {1, 0, 0}), item_at("b", {1, 0.2F, 0}), item_at("c", {1, 1, 0}), item_at("d", {0, 0, 1})};
  return changes;
}

std::vector<std::string> like(const engine::Shop& shop, const std::string& key) {
  engine::ShelfRequest request = ask("similar");
  request.items = {key};
  const auto answer = shop.shelf(request);
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().message());
  return answer ? keys_of(*answer) : std::vector<std::string>();
}

index::SpaceState state_of(const engine::Shop& shop, const std::string& name) {
  for (const index::SpaceState& space : shop.view()->vectors->spaces()) {
    if (space.space.name == name) return space;
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(Vectors, OfItemsAnswerSimilarFromTheirFirstMinute) {
  const TempDir dir;
  const auto shop = shop_with(dir / "shop");
  apply(*shop, four_items());
  EXPECT_THAT(like(*shop, "a"), ElementsAre("b", "c", "d"));
  engine::ShelfRequest request = ask("similar");
  request.items = {"a"};
  EXPECT_EQ(shop->shelf(request)->items.at(0).why.at(0).detail, "Like Thing a");
  request.filter = "price > 5";
  EXPECT_TRUE(shop->shelf(request)->items.empty());
  EXPECT_TRUE(like(*shop, "nobody").empty());

  store::Changes changes;
  changes.items = {item_at("b", {0, 0, 2})};
  changes.removed_items = {"c"};
  apply(*shop, changes);
  EXPECT_THAT(like(*shop, "d"), ElementsAre("b", "a"));
  changes = {};
  changes.items = {item("a", "Thing a", "Food", "1.00")};
  apply(*shop, changes);
  EXPECT_THAT(like(*shop, "d"), ElementsAre("b")) << "put without its vector, an item has none";
}

TEST(Vectors, AreThereAfterReopeningAndForReaders) {
  const TempDir dir;
  apply(*shop_with(dir / "shop"), four_items());
  EXPECT_THAT(like(*reopened(dir / "shop"), "a"), ElementsAre("b", "c", "d"));
  const auto reader = engine::Shop::open(dir / "shop", {.read_only = true});
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_THAT(like(**reader, "a"), ElementsAre("b", "c", "d"));
}

TEST(Vectors, OfManyItemsAreOnDisk) {
  const TempDir dir;
  auto shop = shop_with(dir / "shop");
  store::Changes changes;
  for (int i = 0; i < 3000; ++i) changes.items.push_back(item_at(fmt::format("i{}", i), {static_cast<float>(i), 1000, 1}));
  apply(*shop, changes);
  EXPECT_EQ(state_of(*shop, "text").files, 1U);
  EXPECT_TRUE(fs::exists(dir / "shop" / "vectors" / "vectors.set"));
  const auto findings = shop->doctor(false, Progress::none());
  ASSERT_TRUE(findings);
  for (const engine::Finding& one : *findings) {
    EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
    if (one.what == "vectors") {
      EXPECT_THAT(one.detail, HasSubstr("3000 in space \"text\""));
    }
  }
  EXPECT_THAT(shop->status_json(), HasSubstr(R"("name":"text","dim":3,"metric":"cosine","declared":true,"vectors":3000)"));
  changes = {};
  for (int i = 0; i < 10; ++i) changes.removed_items.push_back(fmt::format("i{}", i));
  apply(*shop, changes);
  EXPECT_EQ(state_of(*shop, "text").hidden, 10U);
  ASSERT_TRUE(shop->compact());
  EXPECT_EQ(state_of(*shop, "text").hidden, 0U);
  shop.reset();
  shop = reopened(dir / "shop");
  EXPECT_EQ(state_of(*shop, "text").vectors, 2990U);
  EXPECT_EQ(like(*shop, "i10").at(0), "i11");
}

TEST(Vectors, ThatAreDamagedAreToldAndMadeAnew) {
  for (const char* file : {"00000001.vec", "vectors.set"}) {
    const TempDir dir;
    {
      const auto shop = shop_with(dir / "shop");
      store::Changes changes;
      for (int i = 0; i < 1500; ++i) changes.items.push_back(item_at(fmt::format("i{}", i), {static_cast<float>(i), 1000, 1}));
      apply(*shop, changes);
    }
    const fs::path path = dir / "shop" / "vectors" / file;
    ASSERT_TRUE(fs::exists(path)) << file;
    std::ofstream(path) << "something else";
    const auto refused = engine::Shop::open(dir / "shop", {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr(file));
    EXPECT_THAT(refused.error().hint, HasSubstr("souk doctor --repair"));
    {
      const auto shop = engine::Shop::open(dir / "shop", {.for_repair = true});
      ASSERT_TRUE(shop) << shop.error().message();
      const auto found = (*shop)->doctor(false, Progress::none());
      ASSERT_TRUE(found);
      for (const engine::Finding& one : *found) EXPECT_EQ(one.ok, one.what != "vectors") << one.what << ": " << one.detail;
      const auto mended = (*shop)->doctor(true, Progress::none());
      ASSERT_TRUE(mended) << mended.error().message();
      for (const engine::Finding& one : *mended) EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
      EXPECT_EQ(like(**shop, "i10").size(), 3U);
    }
    EXPECT_EQ(state_of(*reopened(dir / "shop"), "text").vectors, 1500U);
  }
}

TEST(Vectors, OfSpacesThatAreDeclaredOtherwiseAreIndexedAnew) {
  const TempDir dir;
  apply(*shop_with(dir / "shop"), four_items());
  std::string settings = kSpaces;
  settings.replace(settings.find("minilm"), 6, "mpnet");
  std::ofstream(dir / "shop" / "shop.toml") << settings;
  const auto shop = reopened(dir / "shop");
  EXPECT_THAT(like(*shop, "a"), ElementsAre("b", "c", "d"));
  EXPECT_EQ(state_of(*shop, "text").space.encoder, hash128("mpnet"));
}

TEST(Vectors, ThatDoNotFitAreToldAndTheRestGoesOn) {
  const TempDir dir;
  const auto shop = shop_with(dir / "shop");
  store::Changes changes = four_items();
  changes.items.push_back(item_at("short", {1, 2}));
  changes.items.push_back(item_at("zeros", {0, 0, 0}));
  apply(*shop, changes);
  EXPECT_THAT(like(*shop, "a"), ElementsAre("b", "c", "d"));
  EXPECT_EQ(state_of(*shop, "text").refused.count, 2U);
  const auto findings = shop->doctor(false, Progress::none());
  ASSERT_TRUE(findings);
  for (const engine::Finding& one : *findings) {
    if (one.what == "vectors") {
      EXPECT_THAT(one.detail, HasSubstr("2 refused (item \"short\": space \"text\""));
    }
  }
}

class VectorImports : public ::testing::Test {
 protected:
  void SetUp() override {
    shop_ = shop_with(dir_ / "shop");
    ASSERT_NE(shop_, nullptr);
    store::Changes changes = four_items();
    for (store::Item& each : changes.items) each.vectors.clear();
    apply(*shop_, changes);
  }
  Result<feeds::ImportReport> import(const std::string& lines, const std::string& space = "text", const std::string& encoder = {}) {
    std::ofstream(dir_ / "vectors.jsonl") << lines;
    return shop_->import_vectors({dir_ / "vectors.jsonl"}, {.space = space}, encoder, Progress::none());
  }
  TempDir dir_;
  std::unique_ptr<engine::Shop> shop_;
};

TEST_F(VectorImports, PutVectorsUnderTheirItems) {
  const std::string lines =
      "{\"key\":\"a\",\"vector\":[1,0,0]}\n{\"key\":\"b\",\"vector\":[1,0.2,0]}\n{\"key\":\"c\",\"embedding\":[1,1,0]}\n";
  const auto report = import(lines, "text", "minilm");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->applied);
  EXPECT_EQ(report->changed, 3U);
  EXPECT_THAT(like(*shop_, "a"), ElementsAre("b", "c"));
  const store::Store& store = shop_->store();
  EXPECT_EQ(store.item(store.find_item("a")->value())->offers.size(), 1U) << "what else the item holds stays";
  const auto again = import(lines, "text", "minilm");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->changed, 0U);
  EXPECT_EQ(again->unchanged, 3U);
}

TEST_F(VectorImports, RefuseAnotherEncoderAndAnotherDimension) {
  const auto other = import("{\"key\":\"a\",\"vector\":[1,0,0]}\n", "text", "mpnet");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), ::testing::AllOf(HasSubstr("\"text\""), HasSubstr("minilm"), HasSubstr("mpnet")));
  const auto unknown = import("{\"key\":\"a\",\"vector\":[1,0,0]}\n", "image", "clip");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().hint, HasSubstr("[spaces.image]"));
  const auto wide = import("{\"key\":\"a\",\"vector\":[1,0,0,0]}\n");
  ASSERT_FALSE(wide);
  EXPECT_THAT(wide.error().message(), HasSubstr("3 numbers"));
  EXPECT_EQ(state_of(*shop_, "text").vectors, 0U);
  ASSERT_TRUE(import("{\"key\":\"a\",\"vector\":[1,0]}\n", "seen"));
  const auto second = import("{\"key\":\"b\",\"vector\":[1,0,0]}\n", "seen");
  ASSERT_FALSE(second) << "a space that nobody declared has the dimension of its first vector";
}

TEST_F(VectorImports, RefuseRowsOfItemsThatAreNotThere) {
  const std::string lines = "{\"key\":\"a\",\"vector\":[1,0,0]}\n{\"key\":\"nobody\",\"vector\":[1,0,0]}\n";
  const auto report = import(lines);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->applied);
  EXPECT_EQ(report->rejected, 1U);
  EXPECT_EQ(report->first_problems.at(0).found, "nobody");
  EXPECT_TRUE(fs::exists(report->rejects_file));
  EXPECT_EQ(state_of(*shop_, "text").vectors, 0U);
  const auto most = shop_->import_vectors({dir_ / "vectors.jsonl"}, {.space = "text", .max_rejects = 0.5}, "", Progress::none());
  ASSERT_TRUE(most);
  EXPECT_TRUE(most->applied);
  EXPECT_EQ(state_of(*shop_, "text").vectors, 1U);
}

}  // namespace
}  // namespace souk::testing
