#include <gtest/gtest.h>

#include "souk/text/analyzer.h"

namespace souk::text {
namespace {

std::string mark(std::string_view text, const std::vector<std::string>& terms, bool prefix_last = false, std::size_t max_bytes = 0) {
  return highlight(*Analyzer::for_language("en"), text, terms, prefix_last, "[", "]", max_bytes);
}

TEST(Highlight, MarksWordsByTheirTerms) {
  EXPECT_EQ(mark("Apple butter & Apples", {"appl"}), "[Apple] butter &amp; [Apples]");
  EXPECT_EQ(mark("Apple butter", {}), "Apple butter");
}

TEST(Highlight, EscapesEverythingElse) {
  EXPECT_EQ(mark("<b>milk</b> \"x\" 'y'", {"milk"}), "&lt;b&gt;[milk]&lt;/b&gt; &quot;x&quot; &#39;y&#39;");
  EXPECT_EQ(escape_html("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
}

TEST(Highlight, MarksBeginningsOfTheLastWord) {
  EXPECT_EQ(mark("Strawberry straw", {"straw"}, true), "[Strawberry] [straw]");
  EXPECT_EQ(mark("Strawberry straw", {"straw"}, false), "Strawberry [straw]");
}

TEST(Highlight, CutsAWindowAtWordBorders) {
  const std::string text = "one two three four five six seven eight nine ten eleven twelve";
  const std::string cut = mark(text, {"nine"}, false, 24);
  EXPECT_NE(cut.find("[nine]"), std::string::npos) << cut;
  EXPECT_EQ(cut.find("…"), 0U) << cut;
  EXPECT_TRUE(cut.ends_with("…")) << cut;
  EXPECT_LE(cut.size(), 24U + 2 + 2 * 3) << cut;
  EXPECT_EQ(mark(text, {"zero"}, false, 13), "one two three…");
}

TEST(Highlight, NeverCutsInsideACharacter) {
  EXPECT_EQ(mark("ééééé", {}, false, 5), "éé…");
}

std::string mark_query(std::string_view text, std::string_view query, bool prefix_last = false, std::string_view language = "en") {
  const auto analyzer = Analyzer::for_language(language);
  return highlight(*analyzer, text, analyzer->analyze_query(query), prefix_last, "[", "]");
}

TEST(Highlight, MarksTheWordsOfAQueryHoweverTheyAreWritten) {
  EXPECT_EQ(mark_query("Sony WH-1000XM4 4 pack", "wh1000xm4"), "Sony [WH-1000XM4] 4 pack") << "the code, not every 4";
  EXPECT_EQ(mark_query("Sony WH-1000XM4 4 pack", "1000 xm4"), "Sony WH-[1000XM4] 4 pack");
  EXPECT_EQ(mark_query("Tea 5.5oz, 7 oz", "5.5 ounces"), "Tea [5.5oz], 7 [oz]");
  EXPECT_EQ(mark_query("A wi-fi router", "wifi"), "A [wi-fi] router");
  EXPECT_EQ(mark_query("Fernseher 55\"", "55 zoll", false, "de"), "Fernseher [55&quot;]");
  EXPECT_EQ(mark_query("苹果新款手机壳", "手机苹果", false, "zh"), "[苹果]新款[手机]壳");
  EXPECT_EQ(mark_query("Running shoes", "boots"), "Running shoes");
}

TEST(Highlight, MarksBeginningsOfAQuerysLastWord) {
  EXPECT_EQ(mark_query("Strawberry straw hat", "hat straw", true), "[Strawberry] [straw] [hat]");
  EXPECT_EQ(mark_query("Strawberry straw hat", "hat straw", false), "Strawberry [straw] [hat]");
}

}  // namespace
}  // namespace souk::text
