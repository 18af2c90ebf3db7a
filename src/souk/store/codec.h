// Records to their stored bytes (records.proto) and back. Pure functions over values; no ids are given out here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "souk/base/result.h"
#include "souk/store/records.h"
#include "souk/store/store.h"

namespace souk::store {

// Equal items have equal bytes.
std::string encode_item(const Item& item);
std::string encode_tombstone();
Result<Item> decode_item(std::string_view value, std::string key);  // not_found for a tombstone
bool is_tombstone(std::string_view value);

std::string encode_item_head(std::string_view key);
Result<std::string> decode_item_head(std::string_view value);

std::string encode_shopper(const Shopper& shopper);
Result<Shopper> decode_shopper(std::string_view value);

// An event's stored form is written in two steps. The first needs no lock and no ids: append_event() puts the record's own fields behind
// `out` and returns the content hash, which covers every field but `received` (amounts by value: 1.0 is 1). The second, by the leader of
// a commit, is append_event_ids(). Concatenated protobuf messages are one message.
std::uint64_t append_event(const Event& event, std::string& out);
void append_event_ids(std::uint32_t item, Seq seq, std::string& out);  // item: UINT32_MAX for none

// The numbers of an event, without touching its text; false when the bytes are no event.
bool decode_event_numbers(std::string_view value, StoredEventView& event);
// The whole event; item and shopper are left empty, the item's id is given back (kNoItem: none).
Result<Event> decode_event(std::string_view value, ItemId& item);

// Item and shopper as ids; the review's own keys of both are left empty when it is read.
std::string encode_review(const Review& review, ItemId item, ShopperId shopper);  // kNoShopper: none
Result<Review> decode_review(std::string_view value, ItemId& item, ShopperId& shopper);

// The text of an event's id, a view into `value`; none when the bytes are no event.
std::optional<std::string_view> decode_event_id_text(std::string_view value);

std::string encode_event_id(std::string_view event_key, std::uint64_t content);
Result<std::uint64_t> decode_event_id_content(std::string_view value);

}  // namespace souk::store
