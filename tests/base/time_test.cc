#include "souk/base/time.h"

#include <ctime>
#include <gtest/gtest.h>
#include <limits>

#include "souk/base/random.h"

namespace souk {
namespace {

Timestamp time_of(std::string_view text) {
  const auto time = parse_rfc3339(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(-1);
}

TEST(Rfc3339, ReadsItsForms) {
  EXPECT_EQ(time_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(time_of("2017-01-01T11:53:26Z"), 1483271606000);
  EXPECT_EQ(time_of("2017-01-01t11:53:26z"), 1483271606000);
  EXPECT_EQ(time_of("2017-01-01 11:53:26"), 1483271606000) << "a time without a zone is UTC";
  EXPECT_EQ(time_of("2017-01-01 11:53:26.5+02:00"), 1483271606500 - 2 * kHour);
  EXPECT_EQ(time_of("2017-01-01T11:53:26-00:30"), 1483271606000 + 30 * kMinute);
  EXPECT_EQ(time_of("2017-01-01"), 1483228800000) << "a date is its midnight";
  EXPECT_EQ(time_of("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(time_of("0000-01-01T00:00:00Z"), -62167219200000);
  EXPECT_EQ(time_of("9999-12-31T23:59:59.999Z"), 253402300799999);
}

TEST(Rfc3339, CutsOffWhatIsFinerThanAMillisecond) {
  EXPECT_EQ(time_of("1970-01-01T00:00:00.1Z"), 100);
  EXPECT_EQ(time_of("1970-01-01T00:00:00.0019999999999999999999Z"), 1);
}

TEST(Rfc3339, KnowsLeapYearsAndLeapSeconds) {
  EXPECT_EQ(time_of("2020-02-29") + kDay, time_of("2020-03-01"));
  EXPECT_EQ(time_of("2000-02-29") + kDay, time_of("2000-03-01"));
  EXPECT_EQ(time_of("2016-12-31T23:59:60Z"), time_of("2017-01-01"));
  EXPECT_EQ(time_of("2017-01-01T01:59:60.25+02:00"), time_of("2017-01-01") + 250);
  for (const char* text : {"2019-02-29", "1900-02-29", "2016-12-31T22:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:58:60Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2017",
                           "2017-1-1",
                           "2017-13-01",
                           "2017-00-01",
                           "2017-01-00",
                           "2017-01-32",
                           "2017-04-31",
                           "20170101",
                           "2017-01-01T",
                           "2017-01-01T11",
                           "2017-01-01T11:53",
                           "2017-01-01T24:00:00Z",
                           "2017-01-01T11:60:00Z",
                           "2017-01-01T11:53:61Z",
                           "2017-01-01T11:53:26.Z",
                           "2017-01-01T11:53:26+0200",
                           "2017-01-01T11:53:26+24:00",
                           "2017-01-01T11:53:26+02:60",
                           "2017-01-01T11:53:26ZZ",
                           "2017-01-01T11:53:26 Z",
                           " 2017-01-01",
                           "2017-01-01 ",
                           "2017-01-01Z",
                           "+2017-01-01",
                           "-017-01-01",
                           "2017-01-01T-1:00:00Z",
                           "2017/01/01",
                           "1483271606000",
                           "2017-01-01T11:53:26,5Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
  const auto error = parse_rfc3339("yesterday").error();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(error.found, "\"yesterday\"");
  EXPECT_EQ(error.expected, "RFC 3339 such as 2017-01-01T11:53:26Z");
}

TEST(Rfc3339, WritesMillisecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(format_rfc3339(1483271606000), "2017-01-01T11:53:26Z");
  EXPECT_EQ(format_rfc3339(1483271606005), "2017-01-01T11:53:26.005Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(253402300800000), "253402300800000 ms");
  EXPECT_EQ(format_rfc3339(std::numeric_limits<Timestamp>::min()), "-9223372036854775808 ms");
}

TEST(Rfc3339, RoundTripsAndAgreesWithTheSystem) {
  Random random(7);
  for (int i = 0; i < 10'000; ++i) {
    const Timestamp time = -62167219200000 + static_cast<Timestamp>(random.below(253402300800000 + 62167219200000));
    ASSERT_EQ(time_of(format_rfc3339(time)), time);
    const std::time_t seconds = static_cast<std::time_t>((time - ((time % 1000) + 1000) % 1000) / 1000);
    std::tm broken{};
    ASSERT_NE(::gmtime_r(&seconds, &broken), nullptr);
    char text[32];
    std::strftime(text, sizeof(text), "%m-%dT%H:%M:%S", &broken);
    ASSERT_EQ(format_rfc3339(time).substr(5, 14), text);
  }
}

TEST(Duration, ReadsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("14d").value(), 14 * kDay);
  EXPECT_EQ(parse_duration("36h").value(), 36 * kHour);
  EXPECT_EQ(parse_duration("10m").value(), 10 * kMinute);
  EXPECT_EQ(parse_duration("30s").value(), 30 * kSecond);
  EXPECT_EQ(parse_duration("250ms").value(), 250);
  EXPECT_EQ(parse_duration("0s").value(), 0);
  EXPECT_EQ(parse_duration("36500d").value(), 36'500 * kDay);
  for (const char* text : {"", "14", "d", "-1d", "1.5h", "14 d", "14D", "1h30m", "36501d", "106751991168d", "99999999999999999999ms"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().kind, ErrorKind::invalid);
  }
}

TEST(Duration, IsWrittenForPeople) {
  EXPECT_EQ(format_duration(0), "0 ms");
  EXPECT_EQ(format_duration(999), "999 ms");
  EXPECT_EQ(format_duration(3250), "3.2 s");
  EXPECT_EQ(format_duration(13 * kSecond), "13 s");
  EXPECT_EQ(format_duration(2 * kMinute + 13 * kSecond), "2 m 13 s");
  EXPECT_EQ(format_duration(kHour + 4 * kMinute), "1 h 4 m");
  EXPECT_EQ(format_duration(3 * kDay + 2 * kHour), "3 d 2 h");
  EXPECT_EQ(format_duration(-13 * kSecond), "-13 s");
}

}  // namespace
}  // namespace souk
