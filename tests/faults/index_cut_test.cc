// The search index after a power cut at any moment: it opens, holds all that was flushed, and what it holds is the shop of one commit.
#include <gmock/gmock.h>
#include <map>

#include "souk/index/field_index.h"

#include "tests/faults/every_cut.h"
#include "tests/support/data.h"

namespace souk::faults {
namespace {

using souk::testing::TempDir;

constexpr std::uint32_t kItems = 12;
using Shown = std::map<std::uint32_t, std::string>;  // item -> word of its title

store::Item item_with(std::uint32_t number, const std::string& word) {
  store::Item item;
  item.key = "i" + std::to_string(number);
  item.title = word + " thing";
  return item;
}

Shown found_in(const index::Reader& reader) {
  Shown shown;
  for (const std::string word : {"kettle", "bread", "honey"}) {
    index::LexicalQuery query;
    query.text = word;
    query.k = 1000;
    query.match = index::Match::all;
    const auto answer = reader.search(query);
    for (const index::Hit& hit : answer.value().hits) shown[index_of(hit.item)] = word;
  }
  return shown;
}

struct Recorded {
  std::vector<Operation> operations;
  std::map<Seq, Shown> history;  // after each commit
};

// Updates, flushes that merge, a rebuild; each flush and rebuild is noted with its commit when it is done.
Recorded record_work(const fs::path& folder, std::uint64_t seed) {
  Recorded recorded;
  Random random(seed);
  Shown shown;
  recorded.history[0] = shown;
  start_recording(folder.string());
  auto index = index::FieldIndex::open(folder / "segments", index::Schema::defaults(), "en", false).value();
  for (Seq seq = 1; seq <= 24; ++seq) {
    std::vector<store::Item> items(kItems);
    std::vector<index::FieldIndex::Put> puts;
    for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) {
      const auto number = static_cast<std::uint32_t>(random.below(kItems));
      if (random.below(5) == 0) {
        puts.push_back({ItemId{number}, nullptr});
        shown.erase(number);
        continue;
      }
      const std::string word = std::array{"kettle", "bread", "honey"}[random.below(3)];
      items[number] = item_with(number, word);
      puts.push_back({ItemId{number}, &items[number]});
      shown[number] = word;
    }
    // Of several puts of one item the last one counts, which has the item's place in `items`.
    EXPECT_TRUE(index->update(puts, seq));
    recorded.history[seq] = shown;
    if (seq % 7 == 0) {
      auto next = shown.begin();
      EXPECT_TRUE(index->rebuild(
          [&](ItemId& id, store::Item& item) {
            if (next == shown.end()) return false;
            id = ItemId{next->first};
            item = item_with(next->first, next->second);
            ++next;
            return true;
          },
          seq, 1, {}));
      note(std::to_string(seq));
    } else if (seq % 3 == 0) {
      EXPECT_TRUE(index->flush());
      note(std::to_string(seq));
    }
  }
  index.reset();
  recorded.operations = read_operations(stop_recording());
  return recorded;
}

TEST(IndexAfterAPowerCut, OpensWithAllThatWasFlushedAndNothingHalf) {
  int cuts = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const TempDir folder;
    const Recorded recorded = record_work(folder.path(), seed);
    cuts += for_every_cut(recorded.operations, seed, [&](const fs::path& left, Seq flushed) {
      const auto index = index::FieldIndex::open(left / "segments", index::Schema::defaults(), "en", false);
      ASSERT_TRUE(index) << index.error().message();
      const Seq seq = (*index)->reader()->through_seq();
      ASSERT_GE(seq, flushed);
      ASSERT_EQ(found_in(*(*index)->reader()), recorded.history.at(seq));
      ASSERT_TRUE((*index)->verify());
    });
  }
  std::printf("%d power cuts\n", cuts);
  EXPECT_GT(cuts, 500);
}

}  // namespace
}  // namespace souk::faults
