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

}  // namespace
}  // namespace souk::text
