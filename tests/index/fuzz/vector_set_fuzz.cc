// Any bytes as the set of vectors beside three whole segments: refused with a reason, or a store of those that it names. The corpus is of
// one declared space.
#include <cstdlib>
#include <string>
#include <vector>

#include "souk/index/vector_store.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::index;

constexpr std::uint32_t kFirst = 70, kSecond = 2;  // items of the segments: so few in the last that a flush leaves the first as it is

std::unique_ptr<VectorStore> opened(const fs::path& folder, bool read_only) {
  auto store = VectorStore::open(folder, {{.name = "image", .dimension = 2, .metric = Metric::l2}}, read_only);
  if (!store && store.error().message().empty()) std::abort();
  return store ? std::move(*store) : nullptr;
}

// A folder in memory with 00000001.vec of "image", 00000002.vec of a space that nobody declared, and 00000003.vec of "image" again.
class Folder {
 public:
  Folder() {
    const auto store = opened(folder_.path(), false);
    if (store == nullptr) std::abort();
    put(*store, 0, kFirst);
    put(*store, kFirst - 1, kFirst - 1 + kSecond);
    if (!fs::exists(folder_.path() / "00000003.vec")) std::abort();
    fs::remove(folder_.path() / "vectors.set");
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  static void put(VectorStore& store, std::uint32_t first, std::uint32_t last) {
    std::vector<store::Item> items(last - first);
    std::vector<ItemPut> puts;
    for (std::uint32_t id = first; id < last; ++id) {
      items[id - first].vectors["image"] = {static_cast<float>(id), static_cast<float>(last)};
      if (first == 0) items[id - first].vectors["seen"] = {1, static_cast<float>(id), 2};
      puts.push_back({ItemId{id}, &items[id - first]});
    }
    if (!store.update(puts, last) || !store.flush(1, Progress::none())) std::abort();
  }
  testing::FuzzFolder folder_;
};

// `path` is one name in memory; the store opens the same bytes under the name of the set.
void check(const fs::path& path) {
  static const Folder folder;
  static const bool linked = (fs::create_symlink(path, folder.path() / "vectors.set"), true);
  if (!linked) std::abort();
  const auto store = opened(folder.path(), true);
  if (store == nullptr) return;
  const auto reader = store->reader();
  for (const SpaceState& state : reader->spaces()) {
    const std::vector<float> query(state.space.dimension, 1);
    const auto found = reader->search({.space = state.space.name, .vector = query, .k = 1000});
    if (!found || found->size() != state.vectors || state.vectors > kFirst + kSecond) std::abort();
    for (const Hit& hit : *found) {
      if (!reader->vector(state.space.name, hit.item)) std::abort();
    }
  }
  if (!store->verify()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
