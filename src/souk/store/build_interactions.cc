#include <algorithm>
#include <fmt/format.h>

#include "souk/base/hash.h"
#include "souk/base/log.h"
#include "souk/store/interactions.h"

namespace souk::store {
namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;

std::string cache_name(const Snapshot& snapshot, const KindWeights& weights) {
  std::string bytes = fmt::format("{} {} {}", snapshot.time, snapshot.seq, snapshot.epoch);
  bytes.append(reinterpret_cast<const char*>(weights.data()), sizeof weights);
  return fmt::format("interactions-e{}-{}.souk", snapshot.epoch, hash128(bytes).hex());
}

// Rows for those ids that occur, ascending by id.
template <class Id>
std::vector<Id> number_rows(std::vector<std::uint32_t>& row_of) {
  std::vector<Id> ids;
  for (std::uint32_t id = 0; id < row_of.size(); ++id) {
    if (row_of[id] == kNoRow) continue;
    row_of[id] = static_cast<std::uint32_t>(ids.size());
    ids.push_back(Id{id});
  }
  return ids;
}

void mark(std::vector<std::uint32_t>& row_of, std::uint32_t id) {
  if (id >= row_of.size()) row_of.resize(std::max<std::size_t>(id + 1, row_of.size() * 2), kNoRow);
  row_of[id] = 0;
}

Result<Interactions> read_interactions(const Store& store, const Snapshot& snapshot, const KindWeights& weights, unsigned threads) {
  using Added = InteractionsBuilder::Added;
  std::vector<std::vector<Added>> parts;
  SOUK_CHECK(store.scan_events_in_parts(
      snapshot, true, threads, [&](std::size_t count) { parts.resize(count); },
      [&](std::size_t part, const StoredEventView& event) {
        const float weight = weights[static_cast<std::size_t>(event.kind)];
        if (weight == 0 || event.item == kNoItem) return;
        parts[part].push_back({index_of(event.shopper), index_of(event.item), event.time, event.kind, weight, event.order_hash});
      }));
  std::vector<std::uint32_t> shopper_rows, item_rows;
  std::size_t events = 0;
  for (const auto& part : parts) {
    events += part.size();
    for (const Added& event : part) {
      mark(shopper_rows, event.shopper);
      mark(item_rows, event.item);
    }
  }
  std::vector<ShopperId> shoppers = number_rows<ShopperId>(shopper_rows);
  std::vector<ItemId> items = number_rows<ItemId>(item_rows);
  std::vector<std::string> keys;
  keys.reserve(items.size());
  for (const ItemId item : items) {
    SOUK_TRY(std::string key, store.item_key(item));
    keys.push_back(std::move(key));
  }
  InteractionsBuilder builder;
  builder.reserve(events);
  // Parts in storage order give each shopper's events by (time, arrival).
  for (auto& part : parts) {
    for (Added& event : part) {
      event.shopper = shopper_rows[event.shopper];
      event.item = item_rows[event.item];
      builder.add(event);
    }
    part = {};
  }
  return std::move(builder).build(std::move(keys), std::move(items), std::move(shoppers), store.counts().timed);
}

}  // namespace

Result<Interactions> build_interactions(const Store& store, const Snapshot& snapshot, const KindWeights& weights,
                                        const std::optional<fs::path>& cache, unsigned threads) {
  // A snapshot of "all that is committed" names the newest commit: the cache must not outlive it.
  Snapshot fixed = snapshot;
  fixed.seq = std::min(snapshot.seq, store.counts().seq);
  fixed.epoch = store.counts().epoch;
  fs::path path;
  if (cache) {
    delete_older_caches(*cache, fixed.epoch);
    path = *cache / cache_name(fixed, weights);
    if (std::error_code ignored; fs::exists(path, ignored)) {
      if (auto cached = Interactions::open(path)) return cached;
      log::warn("{} is damaged and is built again", path.string());
    }
  }
  SOUK_TRY(Interactions built, read_interactions(store, fixed, weights, threads));
  built.snapshot_ = fixed;
  if (!cache) return built;
  std::error_code error;
  fs::create_directories(*cache, error);
  if (error) return fail_errno("cannot make the cache folder", cache->string(), error.value());
  SOUK_CHECK(built.write(path));
  return Interactions::open(path);
}

void delete_older_caches(const fs::path& cache, std::uint64_t epoch) {
  const std::string current = fmt::format("interactions-e{}-", epoch);
  std::error_code error;
  for (fs::directory_iterator entry(cache, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with("interactions-e") || name.starts_with(current)) continue;
    std::error_code failed;
    fs::remove(entry->path(), failed);
    if (failed) log::warn("cannot delete {}: {}", entry->path().string(), failed.message());
  }
}

}  // namespace souk::store
