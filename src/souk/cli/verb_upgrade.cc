#include <fmt/format.h>

#include "souk/base/file.h"
#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/store/store.h"

namespace souk::cli {
namespace {

// "demo.format-1", beside the shop; or the next name that is free.
fs::path place_beside(const engine::Shop& shop) {
  fs::path folder = absolute_path(shop.directory()).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const std::string name = fmt::format("{}.format-{}", folder.string(), shop.store().version());
  fs::path place = name;
  std::error_code ignored;
  for (int number = 2; fs::exists(place, ignored); ++number) place = fmt::format("{}-{}", name, number);
  return place;
}

}  // namespace

int upgrade(const Console& console, const std::string& directory) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::write));
  const std::uint32_t from = shop->store().version();
  const bool older = from < store::kStoreVersion;
  fs::path kept;
  if (older) {
    kept = place_beside(*shop);
    if (const auto saved = shop->backup({.to = kept, .earlier = {}}, console.progress()); !saved) return report(console, saved.error());
    if (const Status upgraded = shop->store().upgrade(); !upgraded) return report(console, upgraded.error());
  }
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("from", from).member("to", store::kStoreVersion).member("changed", older);
    if (older) json.member("backup", kept.string());
    print_line(console, json.end_object().text());
  } else if (older) {
    print_line(
        console,
        fmt::format("The shop {} has format {} now. As it was with format {} it is kept as a backup in {}: delete that when all is well.",
                    directory, store::kStoreVersion, from, kept.string()));
    note(console, "Servers that only read this shop cannot follow it any more: start them again.");
  } else {
    print_line(console, fmt::format("The shop {} has format {}, the newest that this Souk ({}) knows: there is nothing to do.", directory,
                                    store::kStoreVersion, engine::kVersion));
  }
  return kDone;
}

}  // namespace souk::cli
