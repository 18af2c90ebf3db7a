// The file of all count tables, kind "TABL", version 3, a section file (base/section_file.h):
//   item_id         u32[items]     ItemId of a row
//   item.*                         RowMap of item keys
//   popular.score   f32[items]     recent.score, trending.score, repeat.score likewise
//   covisit.*                      SparseRows items x items, and covisit.cfg
//   basket.*                       SparseRows items x items
//   itemknn.*                      SparseRows items x items, and itemknn.cfg
//   facts           text           JSON
#include <string>
#include <utility>

#include "souk/index/counts.h"

namespace souk::index {
namespace {

constexpr std::string_view kKind = "TABL";
constexpr std::uint32_t kVersion = 3;
static_assert(sizeof(ItemId) == sizeof(std::uint32_t));

}  // namespace

Status Tables::write(const fs::path& path) const {
  SectionWriter writer(kKind, kVersion);
  writer.add("item_id", item_ids);
  item_keys.add_to(writer, "item");
  popular.add_to(writer, "popular");
  recent.add_to(writer, "recent");
  trending.add_to(writer);
  repeat.add_to(writer);
  co_visit.add_to(writer);
  basket.add_to(writer);
  item_knn.add_to(writer);
  writer.add_owned("facts", facts);
  return writer.write(path);
}

Result<Tables> Tables::open(const fs::path& path) {
  SOUK_TRY(const auto file, SectionFile::open(path, kKind, kVersion, kVersion));
  Tables tables;
  SOUK_TRY(const auto ids, file.array<ItemId>("item_id"));
  tables.item_ids.assign(ids.begin(), ids.end());
  SOUK_TRY(tables.item_keys, RowMap::read(file, "item"));
  SOUK_TRY(tables.popular, Popular::read(file, "popular"));
  SOUK_TRY(tables.recent, Popular::read(file, "recent"));
  SOUK_TRY(tables.trending, Trending::read(file));
  SOUK_TRY(tables.repeat, Repeat::read(file));
  SOUK_TRY(tables.co_visit, CoVisit::read(file));
  SOUK_TRY(tables.basket, Basket::read(file));
  SOUK_TRY(tables.item_knn, ItemKnn::read(file));
  SOUK_TRY(const auto facts, file.bytes("facts"));
  tables.facts.assign(reinterpret_cast<const char*>(facts.data()), facts.size());
  const std::size_t items = tables.item_ids.size();
  const bool sound = tables.item_keys.size() == items && tables.popular.scores().size() == items &&
                     tables.recent.scores().size() == items && tables.trending.scores().size() == items &&
                     tables.repeat.scores().size() == items && tables.co_visit.items() == items && tables.basket.items() == items &&
                     tables.item_knn.items() == items;
  if (!sound) return fail(ErrorKind::corrupt, "the count tables are of different numbers of items", path.string());
  return tables;
}

}  // namespace souk::index
