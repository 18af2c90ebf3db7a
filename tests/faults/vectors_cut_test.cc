// The vectors after a power cut at any moment: they open, hold all that was flushed, and what they hold are those of one commit.
#include <array>
#include <map>
#include <memory>

#include "souk/index/vector_store.h"

#include "tests/faults/every_cut.h"

namespace souk::faults {
namespace {

using Vectors = std::map<std::pair<std::string, std::uint32_t>, std::vector<float>>;  // space and item -> vector

constexpr std::uint32_t kNumbered = 12;

std::unique_ptr<index::VectorStore> open_vectors(const fs::path& folder) {
  auto store = index::VectorStore::open(folder / "vectors", {{.name = "image", .dimension = 2, .metric = index::Metric::l2}}, false);
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::move(*store) : nullptr;
}

Vectors kept_in(const index::VectorReader& reader) {
  Vectors kept;
  for (const char* space : {"image", "seen"}) {
    for (std::uint32_t item = 0; item < kNumbered; ++item) {
      const auto vector = reader.vector(space, ItemId{item});
      if (vector) kept[{space, item}].assign(vector->begin(), vector->end());
    }
  }
  return kept;
}

struct RecordedVectors {
  std::vector<Operation> operations;
  std::map<Seq, Vectors> history;  // after each commit
};

// Updates, flushes that merge, a compaction, a rebuild; each that reaches the disk is noted with its commit when it is done.
RecordedVectors record_vectors(const fs::path& folder, std::uint64_t seed) {
  RecordedVectors recorded;
  recorded.history[0] = {};
  Random random(seed);
  std::map<std::uint32_t, store::Item> items;
  start_recording(folder.string());
  auto store = open_vectors(folder);
  for (Seq seq = 1; seq <= 24; ++seq) {
    std::vector<index::ItemPut> puts;
    for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) {
      const auto number = static_cast<std::uint32_t>(random.below(kNumbered));
      if (random.below(5) == 0) {
        items[number].vectors.clear();
      } else {
        items[number].vectors["image"] = {static_cast<float>(seq), static_cast<float>(i)};
        if (random.below(2) == 0) items[number].vectors["seen"] = {1, 0, static_cast<float>(seq)};
      }
      puts.push_back({ItemId{number}, &items[number]});
    }
    EXPECT_TRUE(store->update(puts, seq));
    recorded.history[seq] = kept_in(*store->reader());
    if (seq % 7 == 0) {
      index::GatheredVectors gathered = store->gathered();
      for (const auto& [number, item] : items) gathered.put(ItemId{number}, item);
      EXPECT_TRUE(store->rebuild(std::move(gathered), seq, 1, Progress::none()));
    } else if (seq % 11 == 0) {
      EXPECT_TRUE(store->compact(1, Progress::none()));
    } else if (seq % 3 == 0) {
      EXPECT_TRUE(store->flush(1, Progress::none()));
    } else {
      continue;
    }
    note(std::to_string(seq));
  }
  store.reset();
  recorded.operations = read_operations(stop_recording());
  return recorded;
}

TEST(VectorsAfterAPowerCut, OpenWithAllThatWasFlushedAndNothingHalf) {
  int cuts = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const souk::testing::TempDir folder;
    const RecordedVectors recorded = record_vectors(folder.path(), seed);
    cuts += for_every_cut(recorded.operations, seed, [&](const fs::path& left, Seq flushed) {
      const auto store = open_vectors(left);
      ASSERT_NE(store, nullptr);
      const Seq seq = store->reader()->through_seq();
      ASSERT_GE(seq, flushed);
      ASSERT_EQ(kept_in(*store->reader()), recorded.history.at(seq));
      ASSERT_TRUE(store->verify());
    });
  }
  std::printf("%d power cuts\n", cuts);
  EXPECT_GT(cuts, 500);
}

}  // namespace
}  // namespace souk::faults
