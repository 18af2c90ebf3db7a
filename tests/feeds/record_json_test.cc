#include "souk/feeds/record_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

namespace souk::feeds {
namespace {

class Records : public ::testing::Test {
 protected:
  store::Item item(std::string_view json) {
    auto read = reader_.item(json, unknown_);
    EXPECT_TRUE(read) << (read ? "" : read.error().to_json());
    return read ? *read : store::Item{};
  }
  store::Event event(std::string_view json) {
    auto read = reader_.event(json, unknown_);
    EXPECT_TRUE(read) << (read ? "" : read.error().to_json());
    return read ? *read : store::Event{};
  }
  std::string item_problem(std::string_view json) { return problem(reader_.item(json, unknown_)); }
  std::string event_problem(std::string_view json) { return problem(reader_.event(json, unknown_)); }
  template <class Read>
  static std::string problem(const Read& read) {
    if (read) return "none";
    return read.error().path + ": expected " + read.error().expected + ", found " + read.error().found;
  }

  RecordReader reader_{ReadOptions{}};
  std::uint64_t unknown_ = 0;
};

constexpr std::string_view kFullItem =
    R"({"key":"k1","title":"Kettle \"Pro\"","description":"Two\nlines","brand":"Acme","category":["Home > Kitchen > Kettles","Gifts"],)"
    R"("attributes":{"capacity_l":1.7,"colour":["blue","red"],"cordless":true},"group":"g","gtin":"0012345678905","mpn":"M-1",)"
    R"("condition":"new","text":{"de":{"title":"Wasserkocher","description":"Zwei Zeilen"},"fr":{"title":"Bouilloire"}},)"
    R"("released":"2016-05-01T00:00:00Z","offers":[{"market":"DE","amount":"29.90","currency":"EUR","was":"39.90",)"
    R"("availability":"in_stock","from":"2017-01-01T00:00:00Z","until":"2017-02-01T00:00:00Z"},)"
    R"({"amount":"3000","currency":"JPY","availability":"preorder"}],"images":["a.jpg","b.jpg"],"url":"https://shop.example/k1",)"
    R"("language":"en","vectors":{"image":[0.25,-1,3.5e+20]},"updated":"2017-01-01T11:53:26.250Z"})";

constexpr std::string_view kFullEvent =
    R"({"id":"e1","shopper":"s1","session":"v1","item":"k1","kind":"purchase","time":"2017-01-01T11:53:26Z","value":29.90,)"
    R"("quantity":2,"currency":"USD","order":"o1","query":"kettle","shelf":"for-you","position":3,"request":"r1",)"
    R"("attributes":{"store":330},"received":"2017-01-01T11:53:27Z"})";

TEST_F(Records, KeepTheirBytesFromReadingToWriting) {
  EXPECT_EQ(to_json(item(kFullItem)), kFullItem);
  EXPECT_EQ(to_json(event(kFullEvent)), kFullEvent);
  constexpr std::string_view kShopper =
      R"({"key":"s1","attributes":{"age":"45-54"},"consent":{"personalise":true,"train":false},"created":"2016-01-01T00:00:00Z"})";
  auto shopper = reader_.shopper(kShopper, unknown_);
  ASSERT_TRUE(shopper);
  EXPECT_EQ(to_json(*shopper), kShopper);
  EXPECT_EQ(unknown_, 0u);
}

TEST_F(Records, AreWrittenInOneKeyOrderWhateverTheOrderRead) {
  EXPECT_EQ(to_json(item(R"({ "title" : "T", "brand":"B" , "key":"k" })")), R"({"key":"k","title":"T","brand":"B"})");
}

TEST_F(Records, MayHaveNullsForAbsentFields) {
  EXPECT_EQ(to_json(item(R"({"key":"k","title":null,"offers":null,"attributes":{"a":null,"b":[]},"brand":"y"})")),
            R"({"key":"k","brand":"y"})");
}

TEST_F(Records, HaveEachFieldOnce) {
  EXPECT_EQ(item_problem(R"({"key":"k","brand":"x","brand":"y"})"), "brand: expected each field once, found twice");
  EXPECT_EQ(item_problem(R"({"key":"k","brand":null,"bran\u0064":"y"})"), "brand: expected each field once, found twice");
  EXPECT_EQ(item_problem(R"({"key":"k","attributes":{"a":1,"b":{"c":1,"c":2}}})"), "attributes.b.c: expected each field once, found twice");
  EXPECT_EQ(item_problem(R"({"key":"k","offers":[{"amount":1,"amount":2}]})"), "offers[0].amount: expected each field once, found twice");
  EXPECT_EQ(item_problem(R"({"key":"k","tree":[{"x":1,"x":1}]})"), "tree[0].x: expected each field once, found twice");
  std::string many = R"({"key":"k")";
  for (int i = 0; i < 100; ++i) many += ",\"a" + std::to_string(i) + "\":1";
  EXPECT_EQ(item_problem(many + "}"), "none");
  EXPECT_EQ(item_problem(many + R"(,"a3":1})"), "a3: expected each field once, found twice");
  EXPECT_EQ(item_problem(many + R"(,"a90":1})"), "a90: expected each field once, found twice");
}

TEST_F(Records, WholeNumbersThatADoubleWouldChangeStayTexts) {
  EXPECT_EQ(to_json(item(R"({"key":"k","attributes":{"a":9007199254740992,"b":9007199254740993,"c":-9007199254740993,"d":[1,2.50]}})")),
            R"({"key":"k","attributes":{"a":9007199254740992,"b":"9007199254740993","c":"-9007199254740993","d":[1,2.5]}})");
}

TEST_F(Records, NumbersAreShownAsTheyStood) {
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":1500000000})").substr(0, 5), "time:");
  EXPECT_TRUE(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":1500000000})").ends_with("found 1500000000"));
  EXPECT_TRUE(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":"1500000000"})").ends_with("found \"1500000000\""));
  EXPECT_TRUE(item_problem(R"({"key":"k","offers":[{"amount":-2}]})").ends_with("found -2"));
}

TEST_F(Records, KeysMayBeWholeNumbersWhichBecomeTheirText) {
  EXPECT_EQ(item(R"({"key":123456789012345678901234567890})").key, "123456789012345678901234567890");
  EXPECT_EQ(event(R"({"shopper":-5,"item":7,"kind":"view"})").shopper, "-5");
  EXPECT_EQ(item_problem(R"({"key":1.5})"), "key: expected a text or a whole number, found 1.5");
  EXPECT_EQ(item_problem(R"({"key":1e3})"), "key: expected a text or a whole number, found 1e3");
}

TEST_F(Records, KeysAreCheckedBytewise) {
  constexpr std::string_view kKey = "key: expected UTF-8 text of 1 to 512 bytes without control characters, found ";
  EXPECT_EQ(item_problem(R"({"key":""})"), std::string(kKey) + "empty text");
  EXPECT_EQ(item_problem(R"({"key":"a\u0007"})"), std::string(kKey) + "the control character 7");
  EXPECT_EQ(item_problem(R"({"key":")" + std::string(513, 'x') + R"("})"), std::string(kKey) + "513 bytes");
  EXPECT_EQ(item(R"({"key":")" + std::string(512, 'x') + R"("})").key.size(), 512u);
  EXPECT_EQ(item_problem(R"({"title":"T"})"), "key: expected a key, found nothing");
}

TEST_F(Records, PriceAndAvailabilityAreShorthandForOneOffer) {
  EXPECT_EQ(to_json(item(R"({"key":"k","price":"9.5"})")),
            R"({"key":"k","offers":[{"amount":"9.50","currency":"EUR","availability":"in_stock"}]})");
  EXPECT_EQ(to_json(item(R"({"key":"k","price":12,"was":15.00,"currency":"USD","availability":"out_of_stock"})")),
            R"({"key":"k","offers":[{"amount":"12.00","currency":"USD","was":"15.00","availability":"out_of_stock"}]})");
  EXPECT_EQ(item(R"({"key":"k","price":"10 JPY"})").offers.at(0).currency, "JPY");
  EXPECT_EQ(item_problem(R"({"key":"k","price":1,"offers":[]})"), "none");
  EXPECT_EQ(item_problem(R"({"key":"k","price":1,"offers":[{"amount":2}]})"),
            "price: expected either offers, or price, was, currency and availability, found both");
  EXPECT_EQ(item_problem(R"({"key":"k","availability":"in_stock"})"), "price: expected a price beside was or availability, found nothing");
}

TEST_F(Records, AmountsAreDecimalsInTheMinorDigitsOfTheirCurrency) {
  EXPECT_EQ(item_problem(R"({"key":"k","price":"1.005"})"), "price: expected at most 2 digits after the point, as EUR has, found 1.005");
  EXPECT_EQ(item_problem(R"({"key":"k","offers":[{"amount":"1.5","currency":"JPY"}]})"),
            "offers[0].amount: expected at most 0 digits after the point, as JPY has, found 1.5");
  EXPECT_EQ(item(R"({"key":"k","price":"1.500"})").offers.at(0).amount.to_string(), "1.50");
  EXPECT_EQ(item_problem(R"({"key":"k","price":-1})"), "price: expected an amount of 0 or more, such as 29.90, found -1");
  EXPECT_EQ(item_problem(R"({"key":"k","offers":[{"currency":"EUR"}]})"),
            "offers[0].amount: expected an amount such as 29.90, found nothing");
  EXPECT_EQ(item_problem(R"({"key":"k","price":1,"currency":"euro"})"), "currency: expected an ISO 4217 code such as EUR, found \"euro\"");
}

TEST_F(Records, EventValuesKeepEveryDigit) {
  EXPECT_EQ(event(R"({"shopper":"s","item":"i","kind":"purchase","value":"0.10"})").value->to_string(), "0.10");
  EXPECT_EQ(event(R"({"shopper":"s","item":"i","kind":"purchase","value":123456789012345.678})").value->to_string(), "123456789012345.678");
  EXPECT_EQ(event(R"({"shopper":"s","item":"i","kind":"purchase","value":1e3})").value->to_string(), "1000");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"purchase","value":"abc"})"),
            "value: expected a decimal number such as 29.90, at most 18 digits and 9 after the point, found \"abc\"");
}

TEST_F(Records, TimesAreRfc3339OrMilliseconds) {
  const auto time = [&](std::string_view json) { return format_rfc3339(*event(json).time); };
  EXPECT_EQ(time(R"({"shopper":"s","item":"i","kind":"view","time":1483271606000})"), "2017-01-01T11:53:26Z");
  EXPECT_EQ(time(R"({"shopper":"s","item":"i","kind":"view","time":"2017-01-01T12:53:26+01:00"})"), "2017-01-01T11:53:26Z");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":1483271606})"),
            "time: expected milliseconds since 1970 (1e11 and more); for seconds map the column with its unit: time=COLUMN:s, "
            "found 1483271606");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":"yesterday"})"),
            "time: expected a time: RFC 3339 such as 2017-01-01T11:53:26Z, or milliseconds since 1970, found \"yesterday\"");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"view","time":99999999999999999})"),
            "time: expected a time: RFC 3339 such as 2017-01-01T11:53:26Z, or milliseconds since 1970, found 99999999999999999");
}

TEST_F(Records, EventsNeedWhatTheirKindNeeds) {
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i"})"), "kind: expected a kind such as view or purchase, found nothing");
  EXPECT_EQ(event_problem(R"({"item":"i","kind":"view"})"), "shopper: expected a shopper or a session, found neither");
  EXPECT_EQ(event_problem(R"({"session":"v","kind":"view"})"),
            "item: expected an item, as every event but search, filter and checkout has, found nothing");
  EXPECT_EQ(event_problem(R"({"session":"v","kind":"search","query":"kettle"})"), "none");
  EXPECT_EQ(event_problem(R"({"shopper":"session:v","item":"i","kind":"view"})"),
            "shopper: expected a key that does not begin with \"session:\", which names visitors, found \"session:v\"");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"view","position":0})"), "position: expected a whole number from 1, found 0");
  EXPECT_EQ(event(R"({"shopper":"s","item":"i","kind":"hover"})").kind_name, "hover");
}

TEST_F(Records, RefundsHaveThePositiveAmountReturned) {
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"refund","value":-4})"),
            "value: expected the positive amount returned, found -4");
  EXPECT_EQ(event_problem(R"({"value":"-4.00","shopper":"s","item":"i","kind":"refund"})"),
            "value: expected the positive amount returned, found -4.00");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"refund","value":4})"), "none");
  EXPECT_EQ(event_problem(R"({"shopper":"s","item":"i","kind":"purchase","value":-4})"), "none");
}

TEST_F(Records, UnknownFieldsBecomeAttributesAndAreCounted) {
  const auto read =
      item(R"({"key":"k","colour":"red","size":{"w":1,"h":2.5},"tags":["a","b"],"deep":[{"x":[1,null]}],"ean":12345678901234567890})");
  EXPECT_EQ(unknown_, 5u);
  EXPECT_EQ(to_json(read), R"({"key":"k","attributes":{"colour":"red","deep":"{\"x\":[1,null]}","ean":"12345678901234567890",)"
                           R"("size.h":2.5,"size.w":1,"tags":["a","b"]}})");
  RecordReader strict(ReadOptions{"EUR", true});
  EXPECT_EQ(problem(strict.item(R"({"key":"k","colour":"red"})", unknown_)), "colour: expected a known field, found an unknown one");
}

TEST_F(Records, WrongTypesAreNamedWithTheirPath) {
  EXPECT_EQ(item_problem(R"({"key":"k","title":5})"), "title: expected a text, found 5");
  EXPECT_EQ(item_problem(R"({"key":"k","title":["x"]})"), "title: expected a text, found a list");
  EXPECT_EQ(item_problem(R"({"key":"k","category":[["x"]]})"), "category[0]: expected a text, found a list");
  EXPECT_EQ(item_problem(R"({"key":"k","attributes":[]})"), "attributes: expected an object, found a list");
  EXPECT_EQ(item_problem(R"({"key":"k","text":{"de":{"name":"x"}}})"), "text.de.name: expected title or description, found \"name\"");
  EXPECT_EQ(item_problem(R"({"key":"k","vectors":{"image":[1,"x"]}})"), "vectors.image[1]: expected a number, found \"x\"");
  EXPECT_EQ(item_problem(R"({"key":"k","vectors":{"image":[1e300]}})"),
            "vectors.image[0]: expected a number that a 32-bit float holds, found 1e300");
  EXPECT_EQ(item_problem(R"({"key":"k","title":"a\u0000b"})"), "title: expected text without NUL characters, found a NUL character");
  EXPECT_EQ(item_problem(R"([1])"), ": expected a JSON object, found \"[1]\"");
  EXPECT_EQ(problem(reader_.shopper(R"({"key":"s","consent":{"train":"no"}})", unknown_)),
            "consent.train: expected true or false, found \"no\"");
}

TEST_F(Records, BrokenJsonIsRefusedWhereverItBreaks) {
  const std::string whole(kFullItem);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(item_problem(whole.substr(0, length)), "none") << length;
  }
  EXPECT_NE(item_problem(whole + "x"), "none");
  EXPECT_NE(item_problem(whole + whole), "none");
  EXPECT_EQ(item_problem("{\"key\":\"\xff\"}"), ": expected UTF-8, found bytes that are not UTF-8");
  EXPECT_NE(item_problem("{\"key\":\"a\nb\"}"), "none");
  EXPECT_NE(item_problem(R"({"key":"k","n":[1,]})"), "none");
  EXPECT_NE(item_problem(R"({"key":"k","n":01})"), "none");
  EXPECT_NE(item_problem(R"({"key":"k","n":nul})"), "none");
  EXPECT_NE(item_problem(R"({"key":"k","n":"\ud800"})"), "none");
}

TEST_F(Records, NestingAndSizeAreLimited) {
  const auto nested = [](std::size_t levels) { return R"({"key":"k","n":)" + std::string(levels, '[') + std::string(levels, ']') + "}"; };
  EXPECT_EQ(item_problem(nested(30)), "none");
  EXPECT_NE(item_problem(nested(40)).find("at most 32 levels"), std::string::npos);
  EXPECT_NE(item_problem(nested(100'000)), "none");
  EXPECT_EQ(item_problem(R"({"key":"k","title":")" + std::string(16u << 20, 'x') + "\"}"),
            ": expected a record of at most 16 MiB, found 16777238 bytes");
}

// The patch of RFC 7396 on the JSON of the item, by nlohmann's merge_patch, is the oracle.
TEST_F(Records, MergingFollowsRfc7396) {
  const auto base = item(kFullItem);
  const std::vector<std::string> patches = {
      R"({"title":"New","brand":null})",
      R"({"attributes":{"colour":null,"size":"XL","capacity_l":2}})",
      R"({"attributes":null,"text":{"de":{"description":null},"fr":null,"it":{"title":"Bollitore"}}})",
      R"({"offers":[{"amount":"1.00","currency":"EUR","availability":"in_stock"}],"images":null,"category":["X"]})",
      R"({"vectors":{"image":null,"text":[1.0,2.0]},"released":null,"group":null,"gtin":null,"mpn":null,"condition":null})",
      R"({"description":null,"url":null,"language":"de","updated":"2018-01-01T00:00:00Z"})",
      R"({"updated":null,"brand":"B"})",
      R"({})"};
  for (const std::string& patch : patches) {
    auto expected = nlohmann::json::parse(kFullItem);
    expected.merge_patch(nlohmann::json::parse(patch));
    const auto merged = reader_.patched(base, patch, unknown_);
    ASSERT_TRUE(merged) << patch << merged.error().to_json();
    EXPECT_EQ(to_json(*merged), to_json(item(expected.dump()))) << patch;
  }
}

TEST_F(Records, MergingKnowsTheShorthands) {
  const auto base = item(kFullItem);
  auto merged = reader_.patched(base, R"({"price":"19.9","was":null})", unknown_);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->offers.at(0).amount.to_string(), "19.90");
  EXPECT_FALSE(merged->offers.at(0).was);
  EXPECT_EQ(merged->offers.size(), 2u);
  merged = reader_.patched(base, R"({"availability":"out_of_stock"})", unknown_);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->offers.at(0).availability, store::Availability::out_of_stock);
  EXPECT_EQ(problem(reader_.patched(base, R"({"key":"other"})", unknown_)), "key: expected the item's own key, found \"other\"");
  EXPECT_EQ(problem(reader_.patched(base, R"({"key":null})", unknown_)), "key: expected a key: it cannot be removed, found null");
}

TEST(Body, IsOneObjectAListOrLines) {
  const auto one = split_body(" {\"a\":{\"b\":[1,2]}}\n");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->at(0).json, "{\"a\":{\"b\":[1,2]}}");
  const auto list = split_body("[\n{\"a\":\"]}\\\"\"},\n {\"b\":1}\n]");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(list->at(0).json, "{\"a\":\"]}\\\"\"}");
  EXPECT_EQ(list->at(1).line, 3u);
  const auto lines = split_body("{\"a\":1}\n\n{\"b\":2}\r\n");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(1).line, 3u);
  EXPECT_TRUE(split_body("[]")->empty());
  EXPECT_EQ(split_body("{\"offers\":[\n{\"amount\":1}\n]\n}\n")->size(), 1u);
  EXPECT_EQ(split_body("{\"a\":1} {\"b\":2}{\"c\":3}")->size(), 3u);
}

TEST(Body, OfAListNumbersTheElementsOfALine) {
  const auto list = split_body("[{\"a\":1},{\"b\":2}]").value();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_TRUE(list[1].in_array);
  EXPECT_EQ(list[1].index, 1u);
  EXPECT_EQ(list[1].line, 1u);
  EXPECT_FALSE(split_body("{\"a\":1}\n{\"b\":2}")->at(1).in_array);
}

std::string lines_of(std::string_view body) {
  std::string out;
  const std::vector<BodyRecord> records = split_body(body).value();
  for (const BodyRecord& record : records) out += std::to_string(record.line) + "<" + std::string(record.json) + ">";
  return out;
}

TEST(Body, ABrokenLineSpoilsNoOther) {
  EXPECT_EQ(lines_of("{\"a\":1}\nhello\n{\"b\":2}\n"), "1<{\"a\":1}>2<hello>3<{\"b\":2}>");
  EXPECT_EQ(lines_of("hello\r\n{\"b\":2}"), "1<hello>2<{\"b\":2}>");
  EXPECT_EQ(lines_of("{\"a\":\"x\n{\"b\":2}\n"), "1<{\"a\":\"x>2<{\"b\":2}>");
  EXPECT_EQ(lines_of("{\"a\":[1\n{\"b\":2}\n{\"c\":3}"), "1<{\"a\":[1>2<{\"b\":2}>3<{\"c\":3}>");
  EXPECT_EQ(lines_of("{\"a\":1}}\n{\"b\":2} x\n{\"c\":3}"), "1<{\"a\":1}}>2<{\"b\":2} x>3<{\"c\":3}>");
  EXPECT_EQ(lines_of("{\n \"a\":1\n}\n\n{\n \"b\":\n{\"c\":3}"), "1<{\n \"a\":1\n}>5<{\n \"b\":>7<{\"c\":3}>");
  EXPECT_EQ(lines_of("{\"a\":1}\n{\"b\":\""), "1<{\"a\":1}>2<{\"b\":\">");
}

TEST(Body, AnElementThatIsNoObjectSpoilsNoOther) {
  EXPECT_EQ(lines_of("[{\"a\":1},7,\n null , \"],{\" ,[1,{}],{\"b\":2}]"), "1<{\"a\":1}>1<7>2<null>2<\"],{\">2<[1,{}]>2<{\"b\":2}>");
  EXPECT_EQ(split_body("[{},,{}]").error().expected, "an element");
  EXPECT_EQ(split_body("[{},]").error().found, "]");
  EXPECT_FALSE(split_body("[{},nu\"ll]"));
}

TEST(Body, ThatIsBrokenSaysWhere) {
  EXPECT_EQ(split_body("").error().found, "an empty body");
  EXPECT_EQ(split_body("[{\"a\":1} {\"b\":2}]").error().expected, "a comma or ]");
  EXPECT_EQ(split_body("[{\"a\":1},").error().found, "the end of the body");
  EXPECT_EQ(split_body("[{\"a\":1},\n{\"b\":\"").error().expected, "the end of the element that begins in line 2");
  EXPECT_EQ(split_body("hello").error().found, "hello");
  EXPECT_EQ(split_body("[{}] x").error().expected, "nothing after the list");
}

TEST(ContentId, DiffersForDifferentRecordsAndForRepetitions) {
  store::Event event;
  event.shopper = "s";
  event.item = "i";
  const auto id = content_id(event, 0);
  EXPECT_EQ(id.size(), 32u);
  event.received = 1;
  EXPECT_EQ(content_id(event, 0), id);
  EXPECT_EQ(content_id(event, 2), id + "-2");
  event.item = "j";
  EXPECT_NE(content_id(event, 0), id);
}

}  // namespace
}  // namespace souk::feeds
