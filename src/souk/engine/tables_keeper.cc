#include "souk/engine/tables_keeper.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <system_error>

#include "souk/base/log.h"
#include "souk/engine/json_writer.h"
#include "souk/engine/shop.h"

namespace souk::engine {
namespace {

constexpr std::string_view kActive = "active.tables";  // value: "<version number> <time of training, ms>"
constexpr std::string_view kFile = "tables.souk";
constexpr std::string_view kManifest = "manifest.json";
constexpr std::uint64_t kKeptVersions = 2;

constexpr Duration kRecentHalfLife = 28 * kDay;
constexpr std::uint32_t kNeighbours = 200;
constexpr std::uint32_t kLongest = 300;  // items of a shopper that count for item neighbours: the time of training grows with its square

struct ActiveRecord {
  std::uint64_t number = 0;
  Timestamp trained = 0;
};

std::optional<ActiveRecord> parse_active(std::string_view text) {
  ActiveRecord record;
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), text.data() + space, record.number).ec != std::errc()) return {};
  if (std::from_chars(text.data() + space + 1, end, record.trained).ec != std::errc()) return {};
  return record;
}

// Version numbers that have a folder, ascending.
std::vector<std::uint64_t> versions_in(const fs::path& directory) {
  std::vector<std::uint64_t> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string version_name(std::uint64_t number) {
  return fmt::format("tables-{}", number);
}

Status write_manifest(const fs::path& folder, const index::Tables& tables) {
  return write_file(folder / kManifest, tables.facts + "\n");
}

fs::path folder_of(const fs::path& directory, const ActiveTables& active) {
  return directory / active.version.substr(version_name(0).size() - 1);
}

std::string facts_of(const store::Interactions& log, const store::Snapshot& snapshot, Timestamp trained,
                     const index::CoVisitConfig& co_visit, const index::BasketConfig& basket, const index::ItemKnnConfig& item_knn,
                     const index::TrendingConfig& trending) {
  JsonWriter json;
  json.begin_object();
  json.member("kind", "count tables").member("souk", kVersion).member("trained", format_rfc3339(trained));
  json.key("snapshot").begin_object().member("seq", snapshot.seq).member("epoch", snapshot.epoch);
  if (snapshot.time != INT64_MAX) json.member("time", format_rfc3339(snapshot.time));
  json.end_object();
  json.key("log").begin_object().member("shoppers", log.shoppers()).member("items", log.items()).member("events", log.events());
  json.member("fingerprint", log.fingerprint()).end_object();
  json.key("settings").begin_object();
  json.member("recent_half_life", format_duration(kRecentHalfLife));
  json.member("trending_window", format_duration(trending.window)).member("trending_past", format_duration(trending.past));
  json.key("co_visit").begin_object().member("window", co_visit.window).member("history", co_visit.history).member("alpha", co_visit.alpha);
  json.member("beta", co_visit.beta).member("keep", co_visit.keep).end_object();
  json.key("basket").begin_object().member("alpha", basket.alpha).member("beta", basket.beta).member("shrink", basket.shrink);
  json.member("keep", basket.keep).end_object();
  json.key("item_knn").begin_object().member("weighting", "none").member("alpha", item_knn.alpha).member("beta", item_knn.beta);
  json.member("shrink", item_knn.shrink).member("keep", item_knn.keep).member("longest", item_knn.longest).end_object();
  return json.end_object().end_object().take();
}

}  // namespace

index::Tables fit_tables(const store::Interactions& log, const store::Snapshot& snapshot, Timestamp trained, unsigned threads,
                         Progress& progress) {
  index::CoVisitConfig co_visit;
  co_visit.keep = kNeighbours;
  index::BasketConfig basket;
  basket.keep = kNeighbours;
  index::ItemKnnConfig item_knn;
  item_knn.shrink = 10;
  item_knn.keep = kNeighbours / 2;
  item_knn.longest = kLongest;
  const index::TrendingConfig trending;
  index::Tables tables;
  tables.item_ids.reserve(log.items());
  std::vector<std::string> keys;
  keys.reserve(log.items());
  for (std::uint32_t row = 0; row < log.items(); ++row) {
    tables.item_ids.push_back(log.item_id(row));
    keys.emplace_back(log.item_keys().key(row));
  }
  tables.item_keys = RowMap::of(keys);
  tables.popular = index::Popular::fit(log, {});
  tables.recent = index::Popular::fit(log, {.half_life = kRecentHalfLife});
  tables.trending = index::Trending::fit(log, trending);
  tables.repeat = index::Repeat::fit(log, {});
  tables.co_visit = index::CoVisit::fit(log, co_visit, threads, progress);
  tables.basket = index::Basket::fit(log, basket, threads, progress);
  tables.item_knn = index::ItemKnn::fit(log, item_knn, threads, progress);
  tables.facts = facts_of(log, snapshot, trained, co_visit, basket, item_knn, trending);
  return tables;
}

Status write_tables(const fs::path& folder, const index::Tables& tables) {
  SOUK_CHECK(make_directories(folder));
  SOUK_CHECK(tables.write(folder / kFile));
  return write_manifest(folder, tables);
}

Status verify_manifest(const fs::path& directory, const ActiveTables& active) {
  const fs::path file = folder_of(directory, active) / kManifest;
  SOUK_TRY(const std::string text, read_file(file));
  if (text == active.tables->tables().facts + "\n") return {};
  return fail(Error{ErrorKind::corrupt, "the manifest is damaged", file.string(), "what the tables beside it hold", "something else", {}});
}

Status rewrite_manifest(const fs::path& directory, const ActiveTables& active) {
  return write_manifest(folder_of(directory, active), active.tables->tables());
}

Result<ActiveTables> adopt_tables(const fs::path& directory, store::Store& store, const fs::path& folder, Timestamp trained) {
  SOUK_TRY(index::Tables tables, index::Tables::open(folder / kFile));  // reads, and so verifies, every section
  SOUK_CHECK(make_directories(directory));
  const std::vector<std::uint64_t> before = versions_in(directory);
  const std::uint64_t number = before.empty() ? 1 : before.back() + 1;
  const fs::path place = directory / std::to_string(number);
  if (::rename(folder.c_str(), place.c_str()) != 0) return fail_errno("cannot move what was learned to", place.string(), errno);
  SOUK_CHECK(sync_directory(directory));
  SOUK_CHECK(store.put_meta(kActive, fmt::format("{} {}", number, trained)));
  for (const std::uint64_t old : before) {
    std::error_code ignored;
    if (old + kKeptVersions <= number) fs::remove_all(directory / std::to_string(old), ignored);
  }
  return ActiveTables{std::make_shared<const shelf::JoinedTables>(std::move(tables)), version_name(number), trained};
}

void remove_unfinished_tables(const fs::path& directory, const store::Store& store) {
  const auto text = store.get_meta(kActive);
  const auto record = text && *text ? parse_active(**text) : std::nullopt;
  if (!text || (*text && !(*text)->empty() && !record)) return;  // what is active cannot be told
  for (const std::uint64_t number : versions_in(directory)) {
    std::error_code ignored;
    if (!record || number > record->number) fs::remove_all(directory / std::to_string(number), ignored);
  }
}

Result<ActiveTables> load_active_tables(const fs::path& directory, const store::Store& store) {
  SOUK_TRY(const auto text, store.get_meta(kActive));
  if (!text || text->empty()) return ActiveTables{};
  const auto record = parse_active(*text);
  if (!record) {
    return fail(Error{ErrorKind::corrupt, "cannot read which tables are active", (directory.parent_path().parent_path() / "store").string(),
                      "a version number and a time", *text, "`souk doctor --repair` learns them anew."});
  }
  const fs::path file = directory / std::to_string(record->number) / kFile;
  auto tables = index::Tables::open(file);
  if (!tables) {
    Error error = std::move(tables).error();
    if (error.kind == ErrorKind::version) {  // of an older or newer Souk: no damage, and no reason not to open
      log::warn("{}: what was learned is left aside until the next `souk train`", error.message());
      return ActiveTables{};
    }
    error.hint = "`souk doctor --repair` learns them anew.";
    std::error_code ignored;
    const bool missing = error.kind == ErrorKind::not_found || !fs::is_directory(file.parent_path(), ignored);
    if (missing) error.kind = ErrorKind::corrupt;  // the store says that it must be there
    return fail(std::move(error));
  }
  return ActiveTables{std::make_shared<const shelf::JoinedTables>(std::move(*tables)), version_name(record->number), record->trained};
}

Result<std::string> active_tables_version(const store::Store& store) {
  SOUK_TRY(const auto text, store.get_meta(kActive));
  const auto record = text ? parse_active(*text) : std::nullopt;
  return record ? version_name(record->number) : ActiveTables{}.version;
}

Status deactivate_tables(store::Store& store) {
  return store.put_meta(kActive, "");
}

}  // namespace souk::engine
