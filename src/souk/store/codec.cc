#include "souk/store/codec.h"

#include <algorithm>
#include <google/protobuf/repeated_field.h>

#include "souk/base/hash.h"
#include "souk/store/records.pb.h"
#include "souk/store/wire.h"

namespace souk::store {
namespace {

static_assert(static_cast<int>(EventKind::search) == 0 && static_cast<int>(EventKind::purchase) == 9 &&
                  static_cast<int>(EventKind::other) == 15,
              "event kinds are stored as numbers");
static_assert(static_cast<int>(Availability::discontinued) == 4, "availabilities are stored as numbers");

using Numbers = pb::StoredEvent;  // for its field numbers

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::corrupt, "cannot read a stored " + std::string(what), {}, "Run `souk doctor` on the shop");
}

bool parse(google::protobuf::MessageLite& message, std::string_view value) {
  return message.ParseFromArray(value.data(), static_cast<int>(value.size()));
}

void encode_attributes(const Attributes& attributes, google::protobuf::RepeatedPtrField<pb::Attribute>& out) {
  for (const auto& [name, values] : attributes) {
    pb::Attribute& attribute = *out.Add();
    attribute.set_name(name);
    for (const Value& value : values) {
      pb::Value& stored = *attribute.add_values();
      if (const auto* text = std::get_if<std::string>(&value)) stored.set_text(*text);
      if (const auto* number = std::get_if<double>(&value)) stored.set_number(*number);
      if (const auto* flag = std::get_if<bool>(&value)) stored.set_flag(*flag);
    }
  }
}

Attributes decode_attributes(const google::protobuf::RepeatedPtrField<pb::Attribute>& stored) {
  Attributes attributes;
  for (const pb::Attribute& attribute : stored) {
    std::vector<Value>& values = attributes[attribute.name()];
    values.reserve(static_cast<std::size_t>(attribute.values_size()));
    for (const pb::Value& value : attribute.values()) {
      if (value.has_number()) {
        values.emplace_back(value.number());
      } else if (value.has_flag()) {
        values.emplace_back(value.flag());
      } else {
        values.emplace_back(value.text());
      }
    }
  }
  return attributes;
}

void encode_decimal(const Decimal& decimal, pb::Decimal& out) {
  out.set_mantissa(decimal.mantissa);
  out.set_scale(decimal.scale);
}

// Nine digits are the most a Decimal has; powers of ten are computed from it.
std::uint8_t scale_of(std::uint64_t stored) {
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(stored, 9));
}

Decimal decode_decimal(const pb::Decimal& stored) {
  return {stored.mantissa(), scale_of(stored.scale())};
}

void encode_offer(const Offer& offer, pb::Offer& out) {
  out.set_market(offer.market);
  encode_decimal(offer.amount, *out.mutable_amount());
  out.set_currency(offer.currency);
  if (offer.was) encode_decimal(*offer.was, *out.mutable_was());
  out.set_availability(static_cast<std::uint32_t>(offer.availability));
  if (offer.from) out.set_from(*offer.from);
  if (offer.until) out.set_until(*offer.until);
}

Offer decode_offer(const pb::Offer& stored) {
  Offer offer;
  offer.market = stored.market();
  offer.amount = decode_decimal(stored.amount());
  offer.currency = stored.currency();
  if (stored.has_was()) offer.was = decode_decimal(stored.was());
  offer.availability = static_cast<Availability>(std::min(stored.availability(), 4u));
  if (stored.has_from()) offer.from = stored.from();
  if (stored.has_until()) offer.until = stored.until();
  return offer;
}

void append_attributes(const Attributes& attributes, WireWriter& writer) {
  std::string nested, value_bytes;
  for (const auto& [name, values] : attributes) {
    nested.clear();
    WireWriter attribute(nested);
    attribute.text_unless_empty(pb::Attribute::kNameFieldNumber, name);
    for (const Value& value : values) {
      value_bytes.clear();
      WireWriter one(value_bytes);
      if (const auto* text = std::get_if<std::string>(&value)) one.bytes(pb::Value::kTextFieldNumber, *text);
      if (const auto* number = std::get_if<double>(&value)) one.number(pb::Value::kNumberFieldNumber, *number);
      if (const auto* flag = std::get_if<bool>(&value)) one.varint(pb::Value::kFlagFieldNumber, *flag ? 1 : 0);
      attribute.bytes(pb::Attribute::kValuesFieldNumber, value_bytes);
    }
    writer.bytes(Numbers::kAttributesFieldNumber, nested);
  }
}

void append_decimal(const std::optional<Decimal>& decimal, std::uint32_t mantissa_field, std::uint32_t scale_field, WireWriter& writer) {
  if (!decimal) return;
  writer.signed_varint(mantissa_field, decimal->mantissa);
  if (decimal->scale != 0) writer.varint(scale_field, decimal->scale);
}

// What identifies an event's content beside the bytes append_event() writes first: these fields are stored elsewhere, or, like amounts,
// in more than one spelling.
std::uint64_t content_hash(const Event& event, std::string_view own_bytes) {
  std::string rest;
  rest.reserve(64);
  WireWriter writer(rest);
  writer.bytes(1, event.item);
  writer.bytes(2, event.shopper);
  if (event.time) writer.signed_varint(3, *event.time);
  if (event.value) append_decimal(event.value->normalised(), 4, 5, writer);
  if (event.quantity) append_decimal(event.quantity->normalised(), 6, 7, writer);
  return hash64(rest, hash64(own_bytes));
}

}  // namespace

std::string encode_item(const Item& item) {
  pb::StoredItem stored;
  stored.set_title(item.title);
  stored.set_description(item.description);
  stored.set_brand(item.brand);
  for (const std::string& path : item.category) stored.add_category(path);
  encode_attributes(item.attributes, *stored.mutable_attributes());
  stored.set_group(item.group);
  stored.set_gtin(item.gtin);
  stored.set_mpn(item.mpn);
  stored.set_condition(item.condition);
  for (const auto& [language, text] : item.text) {
    pb::LocalText& local = *stored.add_text();
    local.set_language(language);
    local.set_title(text.title);
    local.set_description(text.description);
  }
  if (item.released) stored.set_released(*item.released);
  for (const Offer& offer : item.offers) encode_offer(offer, *stored.add_offers());
  for (const std::string& image : item.images) stored.add_images(image);
  stored.set_url(item.url);
  stored.set_language(item.language);
  for (const auto& [space, values] : item.vectors) {
    pb::Vector& vector = *stored.add_vectors();
    vector.set_space(space);
    vector.mutable_values()->Add(values.begin(), values.end());
  }
  if (item.updated) stored.set_updated(*item.updated);
  return stored.SerializeAsString();
}

std::string encode_tombstone() {
  pb::StoredItem stored;
  stored.set_removed(true);
  return stored.SerializeAsString();
}

bool is_tombstone(std::string_view value) {
  static const std::string written = encode_tombstone();
  return value == written;
}

Result<Item> decode_item(std::string_view value, std::string key) {
  pb::StoredItem stored;
  if (!parse(stored, value)) return damaged("item");
  if (stored.removed()) return fail(ErrorKind::not_found, "the item was removed", std::move(key));
  Item item;
  item.key = std::move(key);
  item.title = std::move(*stored.mutable_title());
  item.description = std::move(*stored.mutable_description());
  item.brand = std::move(*stored.mutable_brand());
  item.category.assign(stored.category().begin(), stored.category().end());
  item.attributes = decode_attributes(stored.attributes());
  item.group = std::move(*stored.mutable_group());
  item.gtin = std::move(*stored.mutable_gtin());
  item.mpn = std::move(*stored.mutable_mpn());
  item.condition = std::move(*stored.mutable_condition());
  for (const pb::LocalText& local : stored.text()) item.text[local.language()] = {local.title(), local.description()};
  if (stored.has_released()) item.released = stored.released();
  for (const pb::Offer& offer : stored.offers()) item.offers.push_back(decode_offer(offer));
  item.images.assign(stored.images().begin(), stored.images().end());
  item.url = std::move(*stored.mutable_url());
  item.language = std::move(*stored.mutable_language());
  for (const pb::Vector& vector : stored.vectors()) item.vectors[vector.space()].assign(vector.values().begin(), vector.values().end());
  if (stored.has_updated()) item.updated = stored.updated();
  return item;
}

std::string encode_item_head(std::string_view key) {
  std::string out;
  WireWriter(out).bytes(pb::StoredItemHead::kKeyFieldNumber, key);
  return out;
}

Result<std::string> decode_item_head(std::string_view value) {
  WireReader reader(value);
  while (reader.next()) {
    if (reader.field() == pb::StoredItemHead::kKeyFieldNumber) return std::string(reader.text());
  }
  return damaged("item key");
}

std::string encode_shopper(const Shopper& shopper) {
  pb::StoredShopper stored;
  stored.set_key(shopper.key);
  encode_attributes(shopper.attributes, *stored.mutable_attributes());
  stored.set_refuses_personalise(!shopper.personalise);
  stored.set_refuses_train(!shopper.train);
  if (shopper.created) stored.set_created(*shopper.created);
  return stored.SerializeAsString();
}

Result<Shopper> decode_shopper(std::string_view value) {
  pb::StoredShopper stored;
  if (!parse(stored, value)) return damaged("shopper");
  Shopper shopper;
  shopper.key = std::move(*stored.mutable_key());
  shopper.attributes = decode_attributes(stored.attributes());
  shopper.personalise = !stored.refuses_personalise();
  shopper.train = !stored.refuses_train();
  if (stored.has_created()) shopper.created = stored.created();
  return shopper;
}

std::uint64_t append_event(const Event& event, std::string& out) {
  const std::size_t begin = out.size();
  WireWriter writer(out);
  if (event.kind != EventKind::search) writer.varint(Numbers::kKindFieldNumber, static_cast<std::uint64_t>(event.kind));
  writer.text_unless_empty(Numbers::kOrderFieldNumber, event.order);
  writer.text_unless_empty(Numbers::kIdFieldNumber, event.id);
  writer.text_unless_empty(Numbers::kSessionFieldNumber, event.session);
  writer.text_unless_empty(Numbers::kQueryFieldNumber, event.query);
  writer.text_unless_empty(Numbers::kShelfFieldNumber, event.shelf);
  writer.text_unless_empty(Numbers::kRequestFieldNumber, event.request);
  writer.text_unless_empty(Numbers::kCurrencyFieldNumber, event.currency);
  if (event.position != 0) writer.varint(Numbers::kPositionFieldNumber, event.position);
  if (event.kind == EventKind::other) writer.text_unless_empty(Numbers::kKindNameFieldNumber, event.kind_name);
  append_attributes(event.attributes, writer);
  const std::uint64_t content = content_hash(event, std::string_view(out).substr(begin));
  append_decimal(event.value, Numbers::kValueFieldNumber, Numbers::kValueScaleFieldNumber, writer);
  append_decimal(event.quantity, Numbers::kQuantityFieldNumber, Numbers::kQuantityScaleFieldNumber, writer);
  if (event.received) writer.signed_varint(Numbers::kReceivedFieldNumber, *event.received);
  return content;
}

void append_event_ids(std::uint32_t item, Seq seq, std::string& out) {
  WireWriter writer(out);
  if (item != UINT32_MAX) writer.varint(Numbers::kItemFieldNumber, item);
  writer.varint(Numbers::kSeqFieldNumber, seq);
}

bool decode_event_numbers(std::string_view value, StoredEventView& event) {
  event.item = kNoItem;
  event.kind = EventKind::search;
  event.order_hash = 0;
  std::optional<std::int64_t> amount, quantity;
  std::uint8_t amount_scale = 0, quantity_scale = 0;
  WireReader reader(value);
  while (reader.next()) {
    switch (reader.field()) {
      case Numbers::kItemFieldNumber:
        event.item = ItemId{static_cast<std::uint32_t>(reader.number())};
        break;
      case Numbers::kKindFieldNumber:
        event.kind = static_cast<EventKind>(std::min<std::uint64_t>(reader.number(), static_cast<std::uint64_t>(EventKind::other)));
        break;
      case Numbers::kSeqFieldNumber:
        event.seq = reader.number();
        break;
      case Numbers::kValueFieldNumber:
        amount = reader.signed_number();
        break;
      case Numbers::kValueScaleFieldNumber:
        amount_scale = scale_of(reader.number());
        break;
      case Numbers::kQuantityFieldNumber:
        quantity = reader.signed_number();
        break;
      case Numbers::kQuantityScaleFieldNumber:
        quantity_scale = scale_of(reader.number());
        break;
      case Numbers::kOrderFieldNumber:
        event.order_hash = std::max<std::uint64_t>(hash64(reader.text()), 1);
        break;
      default:
        break;
    }
  }
  event.value = amount ? std::optional(Decimal{*amount, amount_scale}) : std::nullopt;
  event.quantity = quantity ? std::optional(Decimal{*quantity, quantity_scale}) : std::nullopt;
  return reader.ok();
}

Result<Event> decode_event(std::string_view value, ItemId& item) {
  pb::StoredEvent stored;
  if (!parse(stored, value)) return damaged("event");
  item = stored.has_item() ? ItemId{stored.item()} : kNoItem;
  Event event;
  event.id = std::move(*stored.mutable_id());
  event.session = std::move(*stored.mutable_session());
  event.kind = static_cast<EventKind>(std::min(stored.kind(), static_cast<std::uint32_t>(EventKind::other)));
  event.kind_name = std::move(*stored.mutable_kind_name());
  if (stored.has_value()) event.value = Decimal{stored.value(), scale_of(stored.value_scale())};
  if (stored.has_quantity()) event.quantity = Decimal{stored.quantity(), scale_of(stored.quantity_scale())};
  event.currency = std::move(*stored.mutable_currency());
  event.order = std::move(*stored.mutable_order());
  event.query = std::move(*stored.mutable_query());
  event.shelf = std::move(*stored.mutable_shelf());
  event.request = std::move(*stored.mutable_request());
  event.position = stored.position();
  event.attributes = decode_attributes(stored.attributes());
  if (stored.has_received()) event.received = stored.received();
  return event;
}

std::string encode_review(const Review& review, ItemId item, ShopperId shopper) {
  pb::StoredReview stored;
  stored.set_id(review.id);
  stored.set_item(index_of(item));
  if (shopper != kNoShopper) stored.set_shopper(index_of(shopper));
  if (review.rating) encode_decimal(*review.rating, *stored.mutable_rating());
  stored.set_title(review.title);
  stored.set_text(review.text);
  stored.set_language(review.language);
  if (review.time) stored.set_time(*review.time);
  stored.set_helpful(review.helpful);
  for (const std::string& image : review.images) stored.add_images(image);
  stored.set_verified(review.verified);
  encode_attributes(review.attributes, *stored.mutable_attributes());
  return stored.SerializeAsString();
}

Result<Review> decode_review(std::string_view value, ItemId& item, ShopperId& shopper) {
  pb::StoredReview stored;
  if (!parse(stored, value)) return damaged("review");
  item = ItemId{stored.item()};
  shopper = stored.has_shopper() ? ShopperId{stored.shopper()} : kNoShopper;
  Review review;
  review.id = std::move(*stored.mutable_id());
  if (stored.has_rating()) review.rating = decode_decimal(stored.rating());
  review.title = std::move(*stored.mutable_title());
  review.text = std::move(*stored.mutable_text());
  review.language = std::move(*stored.mutable_language());
  if (stored.has_time()) review.time = stored.time();
  review.helpful = stored.helpful();
  review.images.assign(stored.images().begin(), stored.images().end());
  review.verified = stored.verified();
  review.attributes = decode_attributes(stored.attributes());
  return review;
}

std::optional<std::string_view> decode_event_id_text(std::string_view value) {
  std::string_view id;
  WireReader reader(value);
  while (reader.next()) {
    if (reader.field() == Numbers::kIdFieldNumber) id = reader.text();
  }
  return reader.ok() ? std::optional(id) : std::nullopt;
}

std::string encode_event_id(std::string_view event_key, std::uint64_t content) {
  std::string out;
  out.reserve(40);
  WireWriter writer(out);
  writer.bytes(pb::StoredEventId::kEventKeyFieldNumber, event_key);
  writer.fixed64(pb::StoredEventId::kContentFieldNumber, content);
  return out;
}

Result<std::uint64_t> decode_event_id_content(std::string_view value) {
  WireReader reader(value);
  while (reader.next()) {
    if (reader.field() == pb::StoredEventId::kContentFieldNumber) return reader.number();
  }
  return damaged("event id");
}

}  // namespace souk::store
