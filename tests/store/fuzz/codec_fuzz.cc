// Any bytes under every kind of stored record: refused, or read; what was read is written so that it reads back and is written the same.
#include <cstdlib>

#include "souk/store/codec.h"

namespace {

using namespace souk;
using namespace souk::store;

template <class Record, class Encode, class Decode>
void check_same_again(const Result<Record>& once, Encode encode, Decode decode) {
  if (!once) {
    if (once.error().message().empty()) std::abort();
    return;
  }
  const std::string written = encode(*once);
  const Result<Record> twice = decode(written);
  if (!twice || encode(*twice) != written) std::abort();
}

void check_amount(const std::optional<Decimal>& amount) {
  if (!amount) return;
  (void)amount->to_string();
  (void)amount->to_double();
  (void)amount->normalised();
}

std::string encode_event(const Event& event) {
  std::string bytes;
  append_event(event, bytes);
  return bytes;
}

Result<Event> read_event(std::string_view bytes) {
  ItemId item{};
  return decode_event(bytes, item);
}

void check_review(std::string_view bytes) {
  ItemId item{};
  ShopperId shopper{};
  const auto read = [&](std::string_view value) { return decode_review(value, item, shopper); };
  const auto review = read(bytes);
  if (review) check_amount(review->rating);
  check_same_again(
      review, [&](const Review& once) { return encode_review(once, item, shopper); }, read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read_item = [](std::string_view value) { return decode_item(value, "key"); };
  const auto item = read_item(bytes);
  check_same_again(item, encode_item, read_item);
  if (item) {
    for (const Offer& offer : item->offers) {
      check_amount(offer.amount);
      check_amount(offer.was);
    }
  }
  if (is_tombstone(bytes) && item) std::abort();
  check_same_again(decode_item_head(bytes), encode_item_head, decode_item_head);
  check_same_again(decode_shopper(bytes), encode_shopper, decode_shopper);
  const auto event = read_event(bytes);
  check_same_again(event, encode_event, read_event);
  StoredEventView numbers;
  if (decode_event_numbers(bytes, numbers)) {
    check_amount(numbers.value);
    check_amount(numbers.quantity);
  }
  if (event) {
    check_amount(event->value);
    check_amount(event->quantity);
  }
  check_review(bytes);
  if (event && decode_event_id_text(encode_event(*event)) != event->id) std::abort();
  (void)decode_event_id_text(bytes);
  (void)decode_event_id_content(bytes);
  return 0;
}
