#include "souk/store/records.h"

#include <gmock/gmock.h>

#include "souk/base/random.h"
#include "souk/store/codec.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;

TEST(Keys, AreOneTo512BytesOfUtf8WithoutControlCharacters) {
  for (const std::string& good : {std::string("a"), std::string("1095275"), std::string("Ünï-ключ-鍵-🔑"), std::string(512, 'x')}) {
    EXPECT_TRUE(check_key(good, "key")) << good;
  }
  for (const std::string& bad : {std::string(), std::string(513, 'x'), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7F"),
                                 std::string("\xC2\x85"), std::string("\xFF"), std::string("\xC3")}) {
    const Status status = check_key(bad, "item");
    ASSERT_FALSE(status) << bad;
    EXPECT_EQ(status.error().kind, ErrorKind::invalid);
    EXPECT_EQ(status.error().where, "item");
    EXPECT_FALSE(status.error().expected.empty());
    EXPECT_FALSE(status.error().found.empty());
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndNumbersBeyondUnicode) {
  for (const std::string_view good :
       {"", "plain ascii, longer than a word", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(valid_utf8(good)) << good;
  }
  for (const std::string_view bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                                     "\xF5\x80\x80\x80", "long enough for a word \xE2\x82", "\xE2\x28\xA1"}) {
    EXPECT_FALSE(valid_utf8(bad)) << bad;
  }
}

TEST(Names, OfKindsAndAvailabilitiesComeBack) {
  for (std::size_t i = 0; i + 1 < kEventKinds; ++i) {
    const auto kind = static_cast<EventKind>(i);
    EXPECT_EQ(event_kind_named(name_of(kind)), kind);
  }
  EXPECT_EQ(event_kind_named("other"), std::nullopt);
  EXPECT_EQ(event_kind_named("unheard_of"), std::nullopt);
  EXPECT_EQ(availability_named("preorder"), Availability::preorder);
  EXPECT_EQ(availability_named("gone"), std::nullopt);
}

TEST(Codec, GivesAnItemBackExactly) {
  const Item item = full_item();
  const auto decoded = decode_item(encode_item(item), item.key);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, item);
  EXPECT_FALSE(is_tombstone(encode_item(item)));
  EXPECT_TRUE(is_tombstone(encode_tombstone()));
  EXPECT_FALSE(is_tombstone(std::string("\015\1\1\1\1", 5))) << "the flag's number, with a value of another type";
  EXPECT_FALSE(is_tombstone(std::string("\10\1\10\0", 4))) << "the flag twice: the last counts";
  EXPECT_EQ(decode_item(encode_tombstone(), "kettle").error().kind, ErrorKind::not_found);
}

TEST(Codec, GivesAnEventBackExactlyThroughBothReaders) {
  const Event event = full_event();
  std::string bytes;
  append_event(event, bytes);
  append_event_ids(77, 12, bytes);

  ItemId item = kNoItem;
  auto decoded = decode_event(bytes, item);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(item, ItemId{77});
  decoded->item = event.item;  // these three stand in the key
  decoded->shopper = event.shopper;
  decoded->time = event.time;
  EXPECT_EQ(*decoded, event);

  StoredEventView numbers;
  ASSERT_TRUE(decode_event_numbers(bytes, numbers));
  EXPECT_EQ(numbers.item, ItemId{77});
  EXPECT_EQ(numbers.seq, 12u);
  EXPECT_EQ(numbers.kind, EventKind::purchase);
  EXPECT_EQ(numbers.value, event.value);
  EXPECT_EQ(numbers.quantity, event.quantity);
  EXPECT_EQ(numbers.order_hash, hash64(event.order));
}

TEST(Codec, ContentOfAnEventIsEverythingButWhenItWasReceived) {
  const auto content = [](const Event& event) {
    std::string bytes;
    return append_event(event, bytes);
  };
  const Event event = full_event();
  const std::uint64_t original = content(event);
  const auto changed = [&](auto change) {
    Event copy = event;
    change(copy);
    return content(copy) != original;
  };
  EXPECT_FALSE(changed([](Event& e) { e.received = kStart + 99; }));
  EXPECT_FALSE(changed([](Event& e) { e.value = Decimal{125, 1}; })) << "12.5 is 12.50";
  EXPECT_TRUE(changed([](Event& e) { e.value = Decimal{1251, 2}; }));
  EXPECT_TRUE(changed([](Event& e) { e.value.reset(); }));
  EXPECT_TRUE(changed([](Event& e) { e.quantity = Decimal{4, 0}; }));
  EXPECT_TRUE(changed([](Event& e) { e.shopper = "bob"; }));
  EXPECT_TRUE(changed([](Event& e) { e.item = "cup"; }));
  EXPECT_TRUE(changed([](Event& e) { *e.time += 1; }));
  EXPECT_TRUE(changed([](Event& e) { e.kind = EventKind::refund; }));
  EXPECT_TRUE(changed([](Event& e) { e.order += "1"; }));
  EXPECT_TRUE(changed([](Event& e) { e.attributes["coupon"] = {false}; }));
  EXPECT_TRUE(changed([](Event& e) { e.position = 5; }));
}

TEST(Codec, RefusesAnyCutOrScribbledEventOrReadsIt) {
  std::string bytes;
  append_event(full_event(), bytes);
  append_event_ids(77, 12, bytes);
  Random random(7);
  StoredEventView numbers;
  for (std::size_t size = 0; size < bytes.size(); ++size) decode_event_numbers(std::string_view(bytes).substr(0, size), numbers);
  for (int round = 0; round < 2000; ++round) {
    std::string broken = bytes;
    broken[random.below(broken.size())] = static_cast<char>(random.below(256));
    ItemId item = kNoItem;
    decode_event_numbers(broken, numbers);
    static_cast<void>(decode_event(broken, item));
    EXPECT_LE(static_cast<int>(numbers.kind), static_cast<int>(EventKind::other));
  }
}

TEST(Keys, EveryByteAtEveryPlaceIsJudged) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string key(size, 'k');
        key[at] = static_cast<char>(byte);
        // Alone, a byte above 0x7F is no UTF-8.
        ASSERT_EQ(check_key(key, "key").has_value(), byte >= 0x20 && byte < 0x7F) << size << " " << at << " " << byte;
      }
    }
  }
}

}  // namespace
}  // namespace souk::store
