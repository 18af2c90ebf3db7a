#include "souk/serve/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Url, DecodesPercentEscapes) {
  EXPECT_EQ(percent_decoded("a%20b%2Fc", false), "a b/c");
  EXPECT_EQ(percent_decoded("a+b", false), "a+b");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  EXPECT_EQ(percent_decoded("%C3%A9", false), "\xC3\xA9");
}

TEST(Url, RefusesBrokenEscapes) {
  for (const char* text : {"%", "%2", "%zz", "a%", "%FF", "%C3", "%00", "%ED%A0%80"})
    EXPECT_EQ(percent_decoded(text, false), std::nullopt) << text;
  EXPECT_EQ(percent_decoded(std::string_view("\0", 1), false), std::nullopt);
}

TEST(Url, SplitsTargets) {
  const auto plain = parse_target("/v1/search?q=a?b");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->path, "/v1/search");
  EXPECT_EQ(plain->query, "q=a?b");
  const auto absolute = parse_target("HTTP://localhost:80/x?y");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->authority, "localhost:80");
  EXPECT_EQ(absolute->path, "/x");
  EXPECT_EQ(absolute->query, "y");
  EXPECT_EQ(parse_target("http://localhost")->path, "/");
  EXPECT_EQ(parse_target("http://localhost?a")->query, "a");
  EXPECT_EQ(parse_target("*")->path, "*");
  EXPECT_EQ(parse_target("/a#b")->path, "/a");
  for (const char* text : {"", "x", "http://", "ftp://x/"}) EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Url, ReadsQueriesInOrder) {
  EXPECT_THAT(*parse_query("a=1&b=x%20y+z&a=2&&c&d="),
              ElementsAre(Pair("a", "1"), Pair("b", "x y z"), Pair("a", "2"), Pair("c", ""), Pair("d", "")));
  EXPECT_TRUE(parse_query("")->empty());
  EXPECT_FALSE(parse_query("a=%zz"));
}

TEST(Url, ReadsMediaTypes) {
  EXPECT_EQ(parse_media_type("Application/JSON").type, "application/json");
  EXPECT_EQ(parse_media_type("text/plain ; charset=\"UTF-8\"").charset, "utf-8");
  EXPECT_EQ(parse_media_type("text/plain;a=b; Charset=latin1").charset, "latin1");
  EXPECT_EQ(parse_media_type("").type, "");
}

TEST(Url, FindsTheHostOfAnAuthority) {
  EXPECT_EQ(host_of("localhost:8080"), "localhost");
  EXPECT_EQ(host_of("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(host_of("[::1]:80"), "[::1]");
  for (const char* text : {"", ":80", "[::1", "localhost:x", "localhost:123456", "[::1]x", "::1"}) EXPECT_FALSE(host_of(text)) << text;
}

}  // namespace
}  // namespace souk::serve
