// Any bytes as the set of segments beside two whole ones: refused with a reason, or an index of those that it names. The corpus is of the
// default fields in German.
#include <cstdlib>
#include <string>
#include <vector>

#include "souk/index/field_index.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::index;

constexpr const char* kLanguage = "de";           // so that sets tell what compounds are made of
constexpr std::uint32_t kFirst = 9, kSecond = 2;  // items of the two segments: so few that a flush leaves the first as it is

std::unique_ptr<FieldIndex> opened(const fs::path& folder, bool read_only) {
  auto index = FieldIndex::open(folder, Schema::defaults(), kLanguage, read_only);
  if (!index && index.error().message().empty()) std::abort();
  return index ? std::move(*index) : nullptr;
}

// A folder in memory with 00000001.seg and 00000002.seg.
class Folder {
 public:
  Folder() {
    const auto index = opened(folder_.path(), false);
    if (index == nullptr) std::abort();
    put(*index, 0, kFirst);
    put(*index, kFirst, kFirst + kSecond);
    if (!fs::exists(folder_.path() / "00000001.seg") || !fs::exists(folder_.path() / "00000002.seg")) std::abort();
    fs::remove(folder_.path() / "segments.set");
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  static void put(FieldIndex& index, std::uint32_t first, std::uint32_t last) {
    std::vector<store::Item> items(last - first);
    std::vector<FieldIndex::Put> puts;
    for (std::uint32_t id = first; id < last; ++id) {
      items[id - first].title = "Tea number " + std::to_string(id);
      puts.push_back({ItemId{id}, &items[id - first]});
    }
    if (!index.update(puts, last) || !index.flush()) std::abort();
  }
  testing::FuzzFolder folder_;
};

// `path` is one name in memory; the index opens the same bytes under the name of the set.
void check(const fs::path& path) {
  static const Folder folder;
  static const bool linked = (fs::create_symlink(path, folder.path() / "segments.set"), true);
  if (!linked) std::abort();
  const auto index = opened(folder.path(), true);
  if (index == nullptr) return;
  const auto reader = index->reader();
  const std::uint64_t size = reader->size();
  if (size != 0 && size != kFirst && size != kSecond && size != kFirst + kSecond) std::abort();
  const auto answer = reader->search({.text = "tea", .one_per_group = false});
  if (!answer || answer->total != size || !index->verify()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
