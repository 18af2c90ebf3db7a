// The worked example of CONTRIBUTING.md is the code in the tree.
#include <algorithm>
#include <gmock/gmock.h>

#include "souk/base/file.h"

#include "tests/support/data.h"

namespace souk::recommend {
namespace {

TEST(Contributing, ShowsARetrieverOfTheTreeInAtMostSixtyLines) {
  const fs::path root = SOUK_SOURCE_DIR;
  const auto guide = read_file(root / "CONTRIBUTING.md");
  const auto code = read_file(root / "src/souk/recommend/same_category.cc");
  ASSERT_TRUE(guide && code);
  EXPECT_NE(guide->find("```cpp\n" + *code + "```\n"), std::string::npos);
  EXPECT_LE(std::count(code->begin(), code->end(), '\n'), 60);
}

}  // namespace
}  // namespace souk::recommend
