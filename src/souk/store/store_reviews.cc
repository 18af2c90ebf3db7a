// Reading reviews.
#include <algorithm>
#include <vector>

#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/store.h"
#include "souk/store/store_impl.h"

namespace souk::store {
namespace {

tl::unexpected<Error> damaged_review() {
  return fail(ErrorKind::corrupt, "cannot read a stored review", {}, "Run `souk doctor` on the shop");
}

Result<Review> restore_review(std::string_view value, KeyReader& keys) {
  ItemId item = kNoItem;
  ShopperId shopper = kNoShopper;
  SOUK_TRY(Review review, decode_review(value, item, shopper));
  SOUK_TRY(review.item, keys.item(index_of(item)));
  if (shopper != kNoShopper) {
    SOUK_TRY(review.shopper, keys.shopper(index_of(shopper)));
  }
  return review;
}

}  // namespace

Status for_each_review_entry(const Database& database, std::string_view prefix, const std::function<Result<bool>(const Hash128& id)>& fn) {
  if (!database.has(Family::review)) return {};
  const auto at = database.iterator(Family::review);
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    if (at->key().size() < sizeof(ReviewKey)) return damaged_review();
    SOUK_TRY(const bool on, fn(review_id_of(view(at->key()))));
    if (!on) return {};
  }
  if (!at->status().ok()) return fail(at->status(), "cannot read the reviews");
  return {};
}

namespace {

Status for_each_found(const Database& database, std::string_view prefix, const std::function<bool(Review&&)>& fn) {
  KeyReader keys(database);
  return for_each_review_entry(database, prefix, [&](const Hash128& id) -> Result<bool> {
    SOUK_TRY(const auto value, database.get(Family::review, review_key(id).view()));
    if (!value) return true;  // replaced or erased meanwhile
    SOUK_TRY(Review review, restore_review(*value, keys));
    return fn(std::move(review));
  });
}

}  // namespace

Status Store::for_each_review(const std::function<bool(Review&&)>& fn) const {
  struct Place {
    std::string id;
    Hash128 hash;
  };
  std::vector<Place> places;
  const Database& database = *impl_->database;
  SOUK_CHECK(for_each_review_entry(database, "r", [&](const Hash128& hash) -> Result<bool> {
    places.push_back({{}, hash});
    return true;
  }));
  ItemId item = kNoItem;
  ShopperId shopper = kNoShopper;
  for (Place& place : places) {
    SOUK_TRY(const auto value, database.get(Family::review, review_key(place.hash).view()));
    if (!value) continue;
    SOUK_TRY(Review review, decode_review(*value, item, shopper));
    place.id = std::move(review.id);
  }
  std::ranges::sort(places, {}, &Place::id);
  KeyReader keys(database);
  for (const Place& place : places) {
    SOUK_TRY(const auto value, database.get(Family::review, review_key(place.hash).view()));
    if (!value) continue;
    SOUK_TRY(Review review, restore_review(*value, keys));
    if (!fn(std::move(review))) return {};
  }
  return {};
}

Status Store::for_each_review_of(ItemId item, const std::function<bool(Review&&)>& fn) const {
  return for_each_found(*impl_->database, item_review_key(index_of(item), 0, {}).view().substr(0, 5), fn);
}

Status Store::for_each_review_by(ShopperId shopper, const std::function<bool(Review&&)>& fn) const {
  return for_each_found(*impl_->database, shopper_review_key(index_of(shopper), {}).view().substr(0, 5), fn);
}

}  // namespace souk::store
