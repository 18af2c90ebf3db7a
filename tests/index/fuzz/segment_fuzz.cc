// Any bytes as the only segment of an index: refused, or an index that answers every kind of question without reading outside its bytes.
// The corpus is of the default fields in English.
#include <array>
#include <cstdlib>
#include <roaring/roaring.hh>

#include "souk/base/section_file.h"
#include "souk/index/field_index.h"
#include "souk/index/segment.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::index;

constexpr const char* kLanguage = "en";
constexpr Timestamp kNow = 1'709'284'000'000;

// A folder in memory with the set of one segment, which is made anew for every input.
const fs::path& folder() {
  static const testing::FuzzFolder made;
  static const bool written = [] {
    const Hash128 print = fingerprint(Schema::defaults(), kLanguage);
    const std::array<std::uint64_t, 2> words = {print.high, print.low}, state = {7, 2};
    SectionWriter writer("SSET", 1);
    writer.add("fingerprint", std::span<const std::uint64_t>(words));
    writer.add("state", std::span<const std::uint64_t>(state));
    writer.add_owned("names", "1.seg\n");
    return writer.write(made.path() / "segments.set").has_value();
  }();
  if (!written) std::abort();
  return made.path();
}

void ask(const Reader& reader, const std::string& text) {
  LexicalQuery query;
  query.text = text;
  query.prefix_last = true;
  query.facets = {"brand", "category", "price", "availability"};
  query.sort = {{"price", true}};
  query.now = kNow;
  const auto filter = parse_filter("price < 10 OR category = Food", *reader.schema());
  if (!filter) std::abort();
  for (const FilterPtr& wanted : {FilterPtr(), *filter}) {
    query.filter = wanted;
    const auto answer = reader.search(query);
    if (!answer) return;
    query.sort.clear();
    for (const Hit& hit : answer->hits) {
      (void)reader.explain(query, hit.item);
      (void)reader.similar_text(hit.item, 5);
      (void)reader.keyword(hit.item, "brand").size();
      (void)reader.group_of(hit.item);
    }
  }
  (void)reader.matching(*filter, "", kNow);
  (void)reader.complete(text, 5);
}

// Item ids are the store's: only it knows which there are, and arrays are made for all of them.
bool ids_are_few(const fs::path& path) {
  const auto segment = Segment::open(path, fingerprint(Schema::defaults(), kLanguage));
  return segment && ((*segment)->ids.empty() || (*segment)->ids.back() < 1'000'000);
}

// `path` is one name in memory; the index opens the same bytes under the name that the set gives.
void check(const fs::path& path) {
  if (!ids_are_few(path)) return;
  std::error_code ignored;
  const fs::path segment = folder() / "1.seg";
  fs::remove(segment, ignored);
  fs::create_symlink(path, segment, ignored);
  const auto opened = FieldIndex::open(folder(), Schema::defaults(), kLanguage, true);
  if (!opened) {
    if (opened.error().message().empty()) std::abort();
    return;
  }
  const auto reader = (*opened)->reader();
  for (const char* const text : {"", "black tea", "k"}) ask(*reader, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
