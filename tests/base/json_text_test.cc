#include "souk/base/json_text.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

TEST(JsonText, EscapesWhatJsonDemandsAndNothingElse) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("plain / text"), "\"plain / text\"");
  EXPECT_EQ(json_string("\"\\\n\r\t\x01\x1f"), R"("\"\\\n\r\t\u0001\u001f")");
  EXPECT_EQ(json_string(std::string_view("a\0b", 3)), R"("a\u0000b")");
  EXPECT_EQ(json_string("Käse 奶酪 🧀"), "\"Käse 奶酪 🧀\"");
}

TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(json_string("a\xffz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(json_string("\xc3"), "\"\xEF\xBF\xBD\"");                                  // cut short
  EXPECT_EQ(json_string("\xc0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
}

TEST(JsonText, KnowsTheLengthOfEverySequence) {
  EXPECT_EQ(utf8_sequence(""), 0U);
  EXPECT_EQ(utf8_sequence("a"), 1U);
  EXPECT_EQ(utf8_sequence("\xc3\xa4"), 2U);
  EXPECT_EQ(utf8_sequence("\xe5\xa5\xb6"), 3U);
  EXPECT_EQ(utf8_sequence("\xf4\x8f\xbf\xbf"), 4U);  // U+10FFFF
  EXPECT_EQ(utf8_sequence("\xf4\x90\x80\x80"), 0U);  // one above
  EXPECT_EQ(utf8_sequence("\xe0\x9f\xbf"), 0U);      // overlong
  EXPECT_EQ(utf8_sequence("\x80"), 0U);              // a continuation alone
}

}  // namespace
}  // namespace souk
