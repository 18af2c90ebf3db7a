// Reading items, shoppers, served records and what changed.
#include <algorithm>

#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/records.pb.h"
#include "souk/store/store.h"
#include "souk/store/store_impl.h"

namespace souk::store {
namespace {

constexpr std::size_t kReaderKeys = 1'000'000;

template <class Id>
Result<std::optional<Id>> find_id(const Database& database, Family family, std::string_view key) {
  SOUK_TRY(const auto id, read_id(database, family, key));
  return id ? std::optional(Id{*id}) : std::nullopt;
}

Status finish(const rocksdb::Iterator& iterator, std::string_view what) {
  if (iterator.status().ok()) return {};
  return fail(iterator.status(), "cannot read the " + std::string(what));
}

bool is_version_of(const rocksdb::Iterator& at, std::uint32_t item) {
  return at.Valid() && at.key().size() == sizeof(ItemVersionKey) && at.key().starts_with(slice(id_key(item).view()));
}

// Places the iterator on the version of an item that held at a time; false: none, the item is a stub.
bool seek_version(rocksdb::Iterator& at, std::uint32_t item, std::optional<Timestamp> as_of) {
  at.Seek(slice(item_version_key(item, as_of.value_or(INT64_MAX), UINT64_MAX).view()));
  if (is_version_of(at, item)) return true;
  // Earlier than the first version, which holds from the beginning.
  at.SeekForPrev(slice(item_version_key(item, INT64_MIN, 0).view()));
  return is_version_of(at, item);
}

}  // namespace

Result<Served> decode_served(std::string_view key, std::string_view value, KeyReader& keys) {
  pb::StoredServed stored;
  if (key.size() < 8 || !stored.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return fail(ErrorKind::corrupt, "cannot read a served record", {}, "Run `souk doctor` on the shop");
  }
  Served served;
  served.time = unordered(get_big_endian<std::uint64_t>(key.data()));
  served.request = key.substr(8);
  served.shelf = stored.shelf();
  served.shopper = stored.unknown_shopper();
  if (stored.has_shopper()) {
    auto shopper = keys.shopper(stored.shopper());
    if (!shopper && shopper.error().kind != ErrorKind::not_found) return fail(std::move(shopper).error());
    served.shopper = std::move(shopper).value_or("");  // a visitor who was merged is nobody now
  }
  served.session = stored.session();
  served.query = stored.query();
  served.version = stored.version();
  for (const std::uint32_t item : stored.items()) {
    SOUK_TRY(std::string item_key, keys.item(item));
    served.items.push_back(std::move(item_key));
  }
  served.propensities.assign(stored.propensities().begin(), stored.propensities().end());
  return served;
}

Result<std::optional<std::uint32_t>> read_id(const Database& database, Family family, std::string_view key) {
  SOUK_TRY(const auto value, database.get(family, key));
  if (!value) return std::nullopt;
  if (value->size() != 4) return fail(ErrorKind::corrupt, "a key's id has a wrong size", {}, "Run `souk doctor` on the shop");
  return get_big_endian<std::uint32_t>(value->data());
}

Result<std::string> read_item_key(const Database& database, std::uint32_t id) {
  SOUK_TRY(const auto head, database.get(Family::item, id_key(id).view()));
  if (!head) return fail(ErrorKind::not_found, "no item has this id", std::to_string(id));
  return decode_item_head(*head);
}

Result<std::string> read_shopper_key(const Database& database, std::uint32_t id) {
  SOUK_TRY(const auto value, database.get(Family::shopper, id_key(id).view()));
  if (!value) return fail(ErrorKind::not_found, "no shopper has this id", std::to_string(id));
  SOUK_TRY(Shopper shopper, decode_shopper(*value));
  return std::move(shopper.key);
}

Result<std::string> KeyReader::read(Keys& keys, std::uint32_t id, Result<std::string> (*look_up)(const Database&, std::uint32_t)) {
  if (const auto found = keys.find(id); found != keys.end()) return found->second;
  SOUK_TRY(std::string key, look_up(database_, id));
  if (keys.size() >= kReaderKeys) keys.clear();
  keys.emplace(id, key);
  return key;
}

Result<std::string> KeyReader::item(std::uint32_t id) {
  return read(items_, id, read_item_key);
}
Result<std::string> KeyReader::shopper(std::uint32_t id) {
  return read(shoppers_, id, read_shopper_key);
}

Result<std::optional<ItemId>> Store::find_item(std::string_view key) const {
  return find_id<ItemId>(*impl_->database, Family::item_key, key);
}

Result<std::optional<ShopperId>> Store::find_shopper(std::string_view key) const {
  return find_id<ShopperId>(*impl_->database, Family::shopper_key, key);
}

Result<std::string> Store::item_key(ItemId id) const {
  return read_item_key(*impl_->database, index_of(id));
}
Result<std::string> Store::shopper_key(ShopperId id) const {
  return read_shopper_key(*impl_->database, index_of(id));
}

Result<Item> Store::item(ItemId id, std::optional<Timestamp> as_of) const {
  SOUK_TRY(std::string key, item_key(id));
  const auto at = impl_->database->iterator(Family::item);
  if (seek_version(*at, index_of(id), as_of)) return decode_item(view(at->value()), std::move(key));
  SOUK_CHECK(finish(*at, "item"));
  Item stub;
  stub.key = std::move(key);
  return stub;
}

Result<Shopper> Store::shopper(ShopperId id) const {
  SOUK_TRY(const auto value, impl_->database->get(Family::shopper, id_key(index_of(id)).view()));
  if (!value) return fail(ErrorKind::not_found, "no shopper has this id", std::to_string(index_of(id)));
  return decode_shopper(*value);
}

Status Store::for_each_item(const std::function<bool(ItemId, Item&&)>& fn) const {
  const auto at = impl_->database->scan(Family::item);
  at->SeekToFirst();
  while (at->Valid()) {
    const auto id = get_big_endian<std::uint32_t>(at->key().data());
    SOUK_TRY(std::string key, decode_item_head(view(at->value())));
    at->Next();
    bool shown = true;
    Item item;
    if (is_version_of(*at, id)) {
      shown = !is_tombstone(view(at->value()));
      if (shown) {
        SOUK_TRY(item, decode_item(view(at->value()), std::move(key)));
      }
      while (is_version_of(*at, id)) at->Next();
    } else {
      item.key = std::move(key);
    }
    if (shown && !fn(ItemId{id}, std::move(item))) return {};
  }
  return finish(*at, "items");
}

Status Store::for_each_shopper(const std::function<bool(ShopperId, Shopper&&)>& fn) const {
  const auto at = impl_->database->scan(Family::shopper);
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    SOUK_TRY(Shopper shopper, decode_shopper(view(at->value())));
    if (!fn(ShopperId{get_big_endian<std::uint32_t>(at->key().data())}, std::move(shopper))) return {};
  }
  return finish(*at, "shoppers");
}

Status Store::for_each_served(const std::function<bool(const Served&)>& fn) const {
  KeyReader keys(*impl_->database);
  const auto at = impl_->database->scan(Family::served);
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    SOUK_TRY(const Served served, decode_served(view(at->key()), view(at->value()), keys));
    if (!fn(served)) return {};
  }
  return finish(*at, "served records");
}

Result<std::vector<ItemId>> Store::items_changed_since(Seq seq) const {
  std::vector<ItemId> items;
  if (seq == UINT64_MAX) return items;
  const auto at = impl_->database->scan(Family::changes);
  pb::StoredChange change;
  for (at->Seek(slice(seq_key(seq + 1).view())); at->Valid(); at->Next()) {
    if (!change.ParseFromArray(at->value().data(), static_cast<int>(at->value().size()))) {
      return fail(ErrorKind::corrupt, "cannot read what a commit changed", {}, "Run `souk doctor` on the shop");
    }
    for (const std::uint32_t item : change.items()) items.push_back(ItemId{item});
  }
  SOUK_CHECK(finish(*at, "changes"));
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

}  // namespace souk::store
