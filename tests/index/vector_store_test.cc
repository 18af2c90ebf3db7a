#include "souk/index/vector_store.h"

#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <limits>
#include <map>
#include <roaring/roaring.hh>
#include <thread>

#include "souk/base/random.h"

#include "tests/support/data.h"
#include "tests/support/vectors.h"

namespace souk::index {
namespace {

using ::testing::HasSubstr;
using VectorsByItem = std::map<std::uint32_t, std::map<std::string, std::vector<float>>>;  // as they came

constexpr std::size_t kTextNumbers = 12, kImageNumbers = 5;
constexpr std::size_t kWhatever = 1U << 20U;  // refine everything: the codes of files then decide nothing

std::vector<SpaceSettings> two_spaces(const char* text_index = "SQ8,Refine") {
  return {{.name = "text", .dimension = kTextNumbers, .encoder = "minilm", .index = *parse_index_spec(text_index, "test")},
          {.name = "image", .dimension = kImageNumbers, .metric = Metric::l2}};
}

std::unique_ptr<VectorStore> opened(const fs::path& folder, std::vector<SpaceSettings> spaces = two_spaces(), bool read_only = false) {
  auto store = VectorStore::open(folder, std::move(spaces), read_only);
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::move(*store) : nullptr;
}

store::Item item_with(std::uint32_t id, std::map<std::string, std::vector<float>> vectors) {
  store::Item item;
  item.key = fmt::format("k{}", id);
  item.title = "thing";
  item.vectors = std::move(vectors);
  return item;
}

void put(VectorStore& store, std::uint32_t id, std::map<std::string, std::vector<float>> vectors, Seq seq = 1) {
  const store::Item item = item_with(id, std::move(vectors));
  const ItemPut change{ItemId{id}, &item};
  ASSERT_TRUE(store.update(std::span(&change, 1), seq));
}
void remove(VectorStore& store, std::uint32_t id, Seq seq = 1) {
  const ItemPut change{ItemId{id}, nullptr};
  ASSERT_TRUE(store.update(std::span(&change, 1), seq));
}
Status flush(VectorStore& store) {
  return store.flush(1, Progress::none());
}
Status compact(VectorStore& store) {
  return store.compact(1, Progress::none());
}
Status rebuild(VectorStore& store, const VectorsByItem& items, Seq seq) {
  GatheredVectors gathered = store.gathered();
  for (const auto& [id, vectors] : items) gathered.put(ItemId{id}, item_with(id, vectors));
  return store.rebuild(std::move(gathered), seq, 1, Progress::none());
}

std::vector<float> drawn(Random& random, std::size_t numbers) {
  std::vector<float> vector(numbers);
  for (float& value : vector) value = static_cast<float>(random.normal());
  return vector;
}

// By looking at all vectors that are there.
std::vector<Hit> nearest(const VectorsByItem& items, const std::string& space, Metric metric, std::vector<float> query, std::size_t k,
                         const Roaring* allowed) {
  if (metric == Metric::cosine) to_unit(query);
  std::vector<Scored> all;
  for (const auto& [id, vectors] : items) {
    const auto found = vectors.find(space);
    if (found == vectors.end() || (allowed != nullptr && !allowed->contains(id))) continue;
    std::vector<float> row = found->second;
    if (metric == Metric::cosine) to_unit(row);
    all.push_back({id, exact_score(metric, query, row)});
  }
  std::ranges::sort(all, Better());
  if (all.size() > k) all.resize(k);
  std::vector<Hit> hits;
  for (const Scored& next : all) hits.push_back({ItemId{next.row}, next.score});
  return hits;
}

std::vector<std::pair<ItemId, float>> pairs(const std::vector<Hit>& hits) {
  std::vector<std::pair<ItemId, float>> made;
  for (const Hit& hit : hits) made.emplace_back(hit.item, hit.score);
  return made;
}
std::vector<std::uint32_t> items_of(const Result<std::vector<Hit>>& hits) {
  std::vector<std::uint32_t> items;
  EXPECT_TRUE(hits) << hits.error().message();
  for (std::size_t i = 0; hits && i < hits->size(); ++i) items.push_back(index_of((*hits)[i].item));
  return items;
}
std::vector<std::uint32_t> near(const VectorStore& store, std::string_view space, std::vector<float> query, std::size_t k = 10) {
  return items_of(store.reader()->search({.space = space, .vector = query, .k = k}));
}
SpaceState state_of(const VectorStore& store, std::string_view name) {
  for (const SpaceState& state : store.reader()->spaces()) {
    if (state.space.name == name) return state;
  }
  ADD_FAILURE() << name;
  return {};
}

// Every space answers as the scan does, whatever is asked.
void expect_all_found(const VectorReader& reader, const VectorsByItem& items, Random& random) {
  const std::vector<std::pair<std::string, std::pair<Metric, std::size_t>>> spaces{
      {"text", {Metric::cosine, kTextNumbers}}, {"image", {Metric::l2, kImageNumbers}}, {"seen", {Metric::cosine, 3}}};
  for (const auto& [space, of] : spaces) {
    std::size_t count = 0;
    for (const auto& [id, vectors] : items) count += vectors.count(space);
    if (reader.space(space) == nullptr) {
      ASSERT_EQ(count, 0U) << space;
      continue;
    }
    for (const std::size_t k : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      const std::vector<float> query = drawn(random, of.second);
      Roaring some;
      for (std::uint64_t i = 0, allowed = random.below(60); i < allowed; ++i) some.add(static_cast<std::uint32_t>(random.below(300)));
      for (const Roaring* allowed : {static_cast<const Roaring*>(nullptr), static_cast<const Roaring*>(&some)}) {
        const auto found = reader.search({.space = space, .vector = query, .k = k, .allowed = allowed, .refine = kWhatever});
        ASSERT_TRUE(found) << found.error().message();
        ASSERT_EQ(pairs(*found), pairs(nearest(items, space, of.first, query, k, allowed))) << space << ", k " << k;
      }
    }
  }
  for (const auto& [id, vectors] : items) {
    for (const auto& [space, vector] : vectors) {
      const auto kept = reader.vector(space, ItemId{id});
      ASSERT_TRUE(kept) << space << " of " << id;
      EXPECT_TRUE(space != "image" || std::ranges::equal(*kept, vector));
    }
  }
}

class VectorStoreTest : public ::testing::Test {
 protected:
  testing::TempDir dir_;
  fs::path folder_ = dir_ / "vectors";
};

TEST_F(VectorStoreTest, FindsTheNearestOfASpace) {
  const auto store = opened(folder_);
  put(*store, 1, {{"image", {0, 0, 0, 0, 0}}});
  put(*store, 2, {{"image", {1, 0, 0, 0, 0}}, {"text", std::vector<float>(kTextNumbers, 1)}});
  put(*store, 3, {{"image", {5, 0, 0, 0, 0}}});
  EXPECT_EQ(near(*store, "image", {2, 0, 0, 0, 0}), (std::vector<std::uint32_t>{2, 1, 3}));
  EXPECT_EQ(near(*store, "image", {2, 0, 0, 0, 0}, 1), std::vector<std::uint32_t>{2});
  EXPECT_EQ(near(*store, "text", std::vector<float>(kTextNumbers, 9)), std::vector<std::uint32_t>{2});
  remove(*store, 2);
  EXPECT_EQ(near(*store, "image", {2, 0, 0, 0, 0}), (std::vector<std::uint32_t>{1, 3}));
  put(*store, 1, {});
  EXPECT_EQ(near(*store, "image", {2, 0, 0, 0, 0}), std::vector<std::uint32_t>{3}) << "put without its vector, an item has none";
  EXPECT_FALSE(store->reader()->vector("image", ItemId{1}));
}

TEST_F(VectorStoreTest, OfNoneAndOfOne) {
  const auto store = opened(folder_);
  const std::vector<float> query(kTextNumbers, 1);
  EXPECT_TRUE(near(*store, "text", query).empty());
  ASSERT_TRUE(flush(*store));
  EXPECT_TRUE(near(*opened(folder_), "text", query).empty());
  put(*store, 7, {{"text", query}});
  EXPECT_EQ(near(*store, "text", query), std::vector<std::uint32_t>{7});
  EXPECT_TRUE(near(*store, "text", query, 0).empty());
  ASSERT_TRUE(flush(*store));
  EXPECT_EQ(near(*opened(folder_), "text", query), std::vector<std::uint32_t>{7});
  remove(*store, 7);
  EXPECT_TRUE(near(*store, "text", query).empty());
  ASSERT_TRUE(flush(*store));
  EXPECT_TRUE(near(*opened(folder_), "text", query).empty());
}

TEST_F(VectorStoreTest, KeepsEqualVectorsOfSeveralItems) {
  const auto store = opened(folder_);
  const std::vector<float> same(kImageNumbers, 2);
  for (const std::uint32_t id : {9U, 4U, 6U}) put(*store, id, {{"image", same}});
  ASSERT_TRUE(flush(*store));
  put(*store, 5, {{"image", same}});
  EXPECT_EQ(near(*store, "image", same), (std::vector<std::uint32_t>{4, 5, 6, 9})) << "of equal scores the lower item comes first";
  EXPECT_EQ(near(*store, "image", same, 2), (std::vector<std::uint32_t>{4, 5}));
}

TEST_F(VectorStoreTest, OfSeveralPutsOfAnItemTheLastCounts) {
  const auto store = opened(folder_);
  const store::Item first = item_with(1, {{"image", {1, 0, 0, 0, 0}}}), second = item_with(1, {{"image", {2, 0, 0, 0, 0}}});
  const std::vector<ItemPut> puts{{ItemId{1}, &first}, {ItemId{2}, &first}, {ItemId{1}, &second}, {ItemId{2}, nullptr}};
  ASSERT_TRUE(store->update(puts, 1));
  EXPECT_EQ(near(*store, "image", {0, 0, 0, 0, 0}), std::vector<std::uint32_t>{1});
  EXPECT_EQ(store->reader()->vector("image", ItemId{1})->front(), 2);
}

TEST_F(VectorStoreTest, RefusesWhatIsNoVectorByItemAndSpace) {
  const auto store = opened(folder_);
  put(*store, 1, {{"image", {1, 0, 0, 0, 0}}, {"text", std::vector<float>(kTextNumbers, 1)}});
  std::vector<float> nan(kTextNumbers, 1), infinite(kTextNumbers, 1);
  nan[3] = std::numeric_limits<float>::quiet_NaN();
  infinite[2] = std::numeric_limits<float>::infinity();
  std::uint64_t refused = 0;
  for (const auto& bad : {nan, infinite, std::vector<float>(kTextNumbers, 0), std::vector<float>{1, 2}, std::vector<float>()}) {
    put(*store, 1, {{"image", {1, 0, 0, 0, 0}}, {"text", bad}});
    EXPECT_EQ(state_of(*store, "text").refused.count, ++refused);
    EXPECT_FALSE(store->reader()->vector("text", ItemId{1})) << "what it had before is no longer its own";
    EXPECT_EQ(near(*store, "image", {1, 0, 0, 0, 0}), std::vector<std::uint32_t>{1}) << "its other spaces stay";
    put(*store, 1, {{"image", {1, 0, 0, 0, 0}}, {"text", std::vector<float>(kTextNumbers, 1)}});
    EXPECT_TRUE(store->reader()->vector("text", ItemId{1}));
  }
  EXPECT_THAT(state_of(*store, "text").refused.first, HasSubstr("item \"k1\": space \"text\": number 3"));
  EXPECT_EQ(state_of(*store, "image").refused.count, 0U);
  put(*store, 2, {{"image", std::vector<float>(kImageNumbers, 0)}});
  EXPECT_EQ(near(*store, "image", {0, 0, 0, 0, 0}, 1), std::vector<std::uint32_t>{2}) << "zeros are a place like any other for l2";
}

TEST_F(VectorStoreTest, RefusesQueriesByName) {
  const auto store = opened(folder_);
  const auto error_of = [&](std::string_view space, std::vector<float> query) {
    const auto answer = store->reader()->search({.space = space, .vector = query});
    EXPECT_FALSE(answer);
    return answer ? std::string() : answer.error().message();
  };
  EXPECT_THAT(error_of("text", {1, 2, 3}), HasSubstr("12 numbers"));
  EXPECT_THAT(error_of("text", std::vector<float>(kTextNumbers, 0)), HasSubstr("\"text\""));
  EXPECT_THAT(error_of("image", std::vector<float>(kImageNumbers, NAN)), HasSubstr("\"image\""));
  EXPECT_THAT(error_of("sound", {1}), HasSubstr("\"sound\""));
}

TEST_F(VectorStoreTest, LearnsASpaceFromItsFirstVector) {
  const auto store = opened(folder_);
  put(*store, 1, {{"seen", {std::numeric_limits<float>::quiet_NaN(), 1}}});
  EXPECT_EQ(store->reader()->space("seen"), nullptr) << "nothing is learned from what is no vector";
  put(*store, 2, {{"seen", {0, 1, 0}}});
  ASSERT_NE(store->reader()->space("seen"), nullptr);
  EXPECT_EQ(store->reader()->space("seen")->dimension, 3U);
  put(*store, 3, {{"seen", {0, 1}}});
  EXPECT_EQ(state_of(*store, "seen").refused.count, 1U);
  ASSERT_TRUE(flush(*store));
  EXPECT_EQ(opened(folder_)->reader()->space("seen")->dimension, 3U) << "known again from the set";
  remove(*store, 2);
  put(*store, 3, {{"seen", {0, 1}}});
  EXPECT_FALSE(store->reader()->vector("seen", ItemId{3})) << "until the flush";
  ASSERT_TRUE(compact(*store));
  EXPECT_EQ(store->reader()->space("seen"), nullptr) << "a space that nobody declared goes with its last vector";
  put(*store, 3, {{"seen", {0, 1}}});
  EXPECT_EQ(near(*store, "seen", {0, 2}), std::vector<std::uint32_t>{3});
}

TEST_F(VectorStoreTest, HasSoManySpacesAndNoMore) {
  const auto store = opened(folder_, {});
  std::map<std::string, std::vector<float>> many;
  for (std::size_t i = 0; i < kMostSpaces + 5; ++i) many[fmt::format("space {:03}", i)] = {1, 2};
  many["a\nb"] = {1};
  put(*store, 1, many);
  EXPECT_EQ(store->reader()->spaces().size(), kMostSpaces);
}

TEST_F(VectorStoreTest, RefusesDeclarationsThatCannotBe) {
  const auto error_of = [&](const SpaceSettings& space) {
    const auto store = VectorStore::open(folder_, {space}, false);
    EXPECT_FALSE(store);
    return store ? std::string() : store.error().message();
  };
  const auto spec = [](const char* name) { return *parse_index_spec(name, "test"); };
  EXPECT_THAT(error_of({.name = "text", .dimension = 0}), HasSubstr("text"));
  EXPECT_THAT(error_of({.name = "te\nxt", .dimension = 4}), HasSubstr("space"));
  EXPECT_THAT(error_of({.name = "text", .dimension = 4, .index = spec("SQ8")}), HasSubstr("\"text\""));
  EXPECT_THAT(error_of({.name = "text", .dimension = 4, .index = spec("IVF4,Flat")}), HasSubstr("Refine"));
  EXPECT_THAT(error_of({.name = "text", .dimension = 4, .index = spec("PQ48x4,Refine")}), HasSubstr("48"));
  const auto twice = VectorStore::open(folder_, {{.name = "text", .dimension = 4}, {.name = "text", .dimension = 5}}, false);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), HasSubstr("twice"));
}

TEST_F(VectorStoreTest, IsIgnoredUnderOtherDeclarations) {
  auto store = opened(folder_);
  put(*store, 1, {{"text", std::vector<float>(kTextNumbers, 1)}}, 5);
  ASSERT_TRUE(flush(*store));
  store.reset();
  const auto seq_under = [&](const auto& change) {
    std::vector<SpaceSettings> spaces = two_spaces();
    change(spaces);
    return opened(folder_, spaces)->reader()->through_seq();
  };
  EXPECT_EQ(seq_under([](auto& spaces) { std::swap(spaces[0], spaces[1]); }), 5U) << "in any order";
  EXPECT_EQ(seq_under([](auto& spaces) { spaces[0].encoder = "another"; }), 0U);
  EXPECT_EQ(seq_under([](auto& spaces) { spaces[0].dimension = 13; }), 0U);
  EXPECT_EQ(seq_under([](auto& spaces) { spaces[1].metric = Metric::dot; }), 0U);
  EXPECT_EQ(seq_under([](auto& spaces) { spaces[0].index = {}; }), 0U);
  EXPECT_EQ(seq_under([](auto& spaces) { spaces.pop_back(); }), 0U);
  EXPECT_EQ(seq_under([](auto&) {}), 5U) << "looking changes nothing";
}

TEST_F(VectorStoreTest, RefusesWritesWhenReadOnly) {
  put(*opened(folder_), 1, {});
  const auto store = opened(folder_, two_spaces(), true);
  EXPECT_EQ(flush(*store).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(compact(*store).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(rebuild(*store, {}, 1).error().kind, ErrorKind::unsupported);
  put(*store, 1, {{"image", {1, 1, 1, 1, 1}}});
  EXPECT_EQ(near(*store, "image", {1, 1, 1, 1, 1}).size(), 1U) << "what the writer committed since stands in memory";
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(VectorStoreTest, LeavesAloneWhatAnItemHadBefore) {
  const auto store = opened(folder_);
  Random random(3);
  VectorsByItem items;
  for (std::uint32_t id = 0; id < 50; ++id) {
    items[id] = {{"text", drawn(random, kTextNumbers)}};
    put(*store, id, items[id]);
  }
  ASSERT_TRUE(flush(*store));
  for (const auto& [id, vectors] : items) put(*store, id, vectors, 2);
  EXPECT_EQ(state_of(*store, "text").hidden, 0U) << "a new price is no new vector";
  EXPECT_EQ(store->reader()->through_seq(), 2U);
}

TEST_F(VectorStoreTest, ReadersKeepTheirMoment) {
  const auto store = opened(folder_);
  put(*store, 1, {{"image", {1, 0, 0, 0, 0}}});
  const auto before = store->reader();
  const std::vector<float> query(kImageNumbers, 0);
  remove(*store, 1);
  put(*store, 2, {{"image", {1, 0, 0, 0, 0}}});
  ASSERT_TRUE(compact(*store));
  EXPECT_EQ(items_of(before->search({.space = "image", .vector = query})), std::vector<std::uint32_t>{1});
  EXPECT_EQ(near(*store, "image", query), std::vector<std::uint32_t>{2});
}

TEST_F(VectorStoreTest, IndexesFilesAsDeclared) {
  const auto store = opened(folder_, two_spaces("HNSW8,SQ8,Refine"));
  const Matrix made = testing::clustered_vectors(1500, kTextNumbers, 10, 5);
  VectorsByItem items;
  for (std::uint32_t id = 0; id < made.rows(); ++id) items[id] = {{"text", {made.row(id).begin(), made.row(id).end()}}};
  ASSERT_TRUE(rebuild(*store, items, 1));
  for (std::uint32_t id = 0; id < 300; ++id) {
    remove(*store, id);
    items.erase(id);
  }
  const SpaceState state = state_of(*store, "text");
  EXPECT_EQ(state.index, "HNSW8,SQ8,Refine");
  EXPECT_EQ(state.vectors, 1200U);
  EXPECT_EQ(state.hidden, 300U);
  double found = 0;
  Random random(6);
  for (int q = 0; q < 50; ++q) {
    const std::vector<float> query = drawn(random, kTextNumbers);
    const auto truth = nearest(items, "text", Metric::cosine, query, 10, nullptr);
    const auto answer = items_of(store->reader()->search({.space = "text", .vector = query, .k = 10}));
    for (const Hit& hit : truth) found += std::ranges::find(answer, index_of(hit.item)) != answer.end() ? 0.002 : 0;
  }
  EXPECT_GT(found, 0.95);
}

// Puts, removals, flushes, merges, rebuilds and reopenings in any order: always what a scan of all that is there finds.
TEST_F(VectorStoreTest, AnswersAsTheScanDoesWhateverHappened) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const fs::path folder = dir_ / fmt::format("vectors-{}", seed);
    Random random(seed);
    auto store = opened(folder);
    std::map<Seq, VectorsByItem> history{{0, {}}};
    VectorsByItem items;
    for (Seq seq = 1; seq <= 120; ++seq) {
      std::vector<store::Item> made;
      made.reserve(60);
      std::vector<ItemPut> puts;
      for (std::uint64_t i = 0, count = random.below(random.below(10) == 0 ? 60 : 6); i < count; ++i) {
        const auto id = static_cast<std::uint32_t>(random.below(250));
        if (random.below(4) == 0) {
          puts.push_back({ItemId{id}, nullptr});
          items.erase(id);
          continue;
        }
        auto& vectors = items[id];
        if (random.below(3) != 0) vectors["text"] = drawn(random, kTextNumbers);
        if (random.below(2) == 0) vectors["image"] = drawn(random, kImageNumbers);
        if (random.below(3) == 0) vectors["seen"] = drawn(random, 3);
        if (random.below(5) == 0) vectors.erase("text");
        if (random.below(5) == 0) vectors["image"] = items[static_cast<std::uint32_t>(random.below(250))]["image"];
        for (auto& [other, its] : items) std::erase_if(its, [](const auto& one) { return one.second.empty(); });
        puts.push_back({ItemId{id}, &made.emplace_back(item_with(id, vectors))});
      }
      ASSERT_TRUE(store->update(puts, seq));
      history[seq] = items;
      switch (random.below(12)) {
        case 0:
          ASSERT_TRUE(compact(*store));
          break;
        case 1:
          ASSERT_TRUE(rebuild(*store, items, seq));
          break;
        case 2:
        case 3:
          ASSERT_TRUE(flush(*store));
          break;
        case 4: {
          store.reset();
          store = opened(folder);
          ASSERT_TRUE(store->verify());
          const Seq kept = store->reader()->through_seq();
          expect_all_found(*store->reader(), history.at(kept), random);
          // What came since, again: as the shop does.
          std::vector<store::Item> again;
          again.reserve(250);
          puts.clear();
          for (std::uint32_t id = 0; id < 250; ++id) {
            puts.push_back({ItemId{id}, items.contains(id) ? &again.emplace_back(item_with(id, items.at(id))) : nullptr});
          }
          ASSERT_TRUE(store->update(puts, seq));
          break;
        }
        default:
          break;
      }
      ASSERT_EQ(store->reader()->through_seq(), seq);
      expect_all_found(*store->reader(), items, random);
      if (HasFatalFailure()) return;
    }
  }
}

// A merge that takes its time, and updates meanwhile: nothing is lost, nothing comes back.
TEST_F(VectorStoreTest, ChangesWhileItMerges) {
  auto store = opened(folder_);
  std::atomic<bool> stop{false};
  std::jthread merger([&] {
    for (int round = 0; !stop; ++round) ASSERT_TRUE(round % 3 == 0 ? compact(*store) : flush(*store));
  });
  Random random(8);
  std::map<Seq, VectorsByItem> history{{0, {}}};
  VectorsByItem items;
  for (Seq seq = 1; seq <= 400; ++seq) {
    const auto id = static_cast<std::uint32_t>(random.below(120));
    if (random.below(4) == 0) {
      items.erase(id);
      remove(*store, id, seq);
    } else {
      items[id] = {{"text", drawn(random, kTextNumbers)}, {"image", drawn(random, kImageNumbers)}};
      put(*store, id, items[id], seq);
    }
    history[seq] = items;
    if (seq % 20 != 0) continue;
    expect_all_found(*store->reader(), items, random);
    const auto beside = opened(folder_, two_spaces(), true)->reader();  // what stands on disk is one moment, too
    expect_all_found(*beside, history.at(beside->through_seq()), random);
  }
  stop = true;
  merger.join();
  expect_all_found(*store->reader(), items, random);
  store.reset();
  store = opened(folder_);
  expect_all_found(*store->reader(), history.at(store->reader()->through_seq()), random);
}

}  // namespace
}  // namespace souk::index
