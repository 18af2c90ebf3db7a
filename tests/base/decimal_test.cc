#include "souk/base/decimal.h"

#include <gtest/gtest.h>

#include "souk/base/random.h"

namespace souk {
namespace {

Decimal parsed(std::string_view text) {
  const auto decimal = Decimal::parse(text);
  EXPECT_TRUE(decimal) << text;
  return decimal.value_or(Decimal{-1, 255});
}

TEST(Decimal, ReadsWhatJsonAndSpreadsheetsWrite) {
  EXPECT_EQ(parsed("29.90"), (Decimal{2990, 2}));
  EXPECT_EQ(parsed("-3"), (Decimal{-3, 0}));
  EXPECT_EQ(parsed("0"), (Decimal{0, 0}));
  EXPECT_EQ(parsed("-0.00"), (Decimal{0, 2}));
  EXPECT_EQ(parsed(".5"), (Decimal{5, 1}));
  EXPECT_EQ(parsed("007.50"), (Decimal{750, 2}));
  EXPECT_EQ(parsed("1e3"), (Decimal{1000, 0}));
  EXPECT_EQ(parsed("1.5E+1"), (Decimal{15, 0}));
  EXPECT_EQ(parsed("25e-1"), (Decimal{25, 1}));
  EXPECT_EQ(parsed("1.25e1"), (Decimal{125, 1}));
  EXPECT_EQ(parsed("0e9999"), (Decimal{0, 0}));
}

TEST(Decimal, HoldsEighteenDigitsAndNineAfterThePoint) {
  EXPECT_EQ(parsed("999999999999999999").mantissa, 999999999999999999);
  EXPECT_EQ(parsed("-999999999.999999999"), (Decimal{-999999999999999999, 9}));
  EXPECT_EQ(parsed("1.00000000000000000000"), (Decimal{1000000000, 9})) << "zeros may go without loss";
  EXPECT_EQ(parsed("1e17"), (Decimal{100000000000000000, 0}));
  for (const char* text : {"1000000000000000000", "9999999999.999999999", "0.0000000001", "1e18", "1e-10", "29.900000000000002"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text << " cannot be held exactly, and nothing is ever rounded";
  }
}

TEST(Decimal, RefusesEverythingElse) {
  for (const char* text : {"",    "-",   "+3", "--3", "1.",    ".",     "1,5",           "1 000", " 1",    "1 ", "0x10",
                           "nan", "inf", "1e", "1e+", "1e+-3", "1e1.5", "1e99999999999", "1.2.3", "EUR 3", "3€", "1_000"}) {
    const auto decimal = Decimal::parse(text);
    ASSERT_FALSE(decimal) << text;
    EXPECT_EQ(decimal.error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(Decimal::parse("abc").error().message(), "not a decimal number: expected a decimal number such as 29.90, found \"abc\"");
  EXPECT_FALSE(Decimal::parse(std::string(100'000, '0')));
}

TEST(Decimal, WritesItsScale) {
  EXPECT_EQ((Decimal{2990, 2}.to_string()), "29.90");
  EXPECT_EQ((Decimal{-5, 2}.to_string()), "-0.05");
  EXPECT_EQ((Decimal{0, 3}.to_string()), "0.000");
  EXPECT_EQ((Decimal{-12, 0}.to_string()), "-12");
  EXPECT_EQ((Decimal{INT64_MIN, 9}.to_string()), "-9223372036.854775808");
}

TEST(Decimal, ChangesScaleOnlyWithoutLoss) {
  EXPECT_EQ((Decimal{2990, 2}.normalised()), (Decimal{299, 1}));
  EXPECT_EQ((Decimal{0, 9}.normalised()), (Decimal{0, 0}));
  EXPECT_EQ((Decimal{299, 1}.with_scale(2).value()), (Decimal{2990, 2}));
  EXPECT_EQ((Decimal{-2990, 2}.with_scale(1).value()), (Decimal{-299, 1}));
  EXPECT_EQ((Decimal{2995, 2}.with_scale(1).error().expected), "at most 1 digits after the point");
  EXPECT_FALSE((Decimal{999999999999999999, 0}.with_scale(1)));
  EXPECT_FALSE((Decimal{-999999999999999999, 0}.with_scale(1)));
  EXPECT_FALSE((Decimal{1, 0}.with_scale(10)));
}

TEST(Decimal, RoundTrips) {
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    const auto magnitude = static_cast<std::int64_t>(random.below(1'000'000'000'000'000'000) >> random.below(60));
    const Decimal decimal{random.below(2) == 0 ? magnitude : -magnitude, static_cast<std::uint8_t>(random.below(10))};
    ASSERT_EQ(parsed(decimal.to_string()), decimal);
    ASSERT_DOUBLE_EQ(decimal.to_double(), std::stod(decimal.to_string()));
  }
}

TEST(CurrencyDigits, FollowIso4217) {
  EXPECT_EQ(currency_digits("EUR"), 2);
  EXPECT_EQ(currency_digits("JPY"), 0);
  EXPECT_EQ(currency_digits("KWD"), 3);
  EXPECT_EQ(currency_digits("CLF"), 4);
  EXPECT_EQ(currency_digits("XYZ"), 2);
}

}  // namespace
}  // namespace souk
