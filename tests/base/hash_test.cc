#include "souk/base/hash.h"

#include <gtest/gtest.h>
#include <set>
#include <utility>

namespace souk {
namespace {

// Values on disk depend on these.
TEST(Hash, IsXxh3) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash128("").hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_NE(hash64("a"), hash64("a", 1));
}

TEST(Hash, HexHas32Digits) {
  EXPECT_EQ((Hash128{1, 0xab}.hex()), "000000000000000100000000000000ab");
}

TEST(StreamHash, EqualsTheHashOfTheWhole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 31);
  for (const std::size_t piece : {1UL, 7UL, 256UL, 4999UL, 5000UL}) {
    StreamHash hash;
    for (std::size_t at = 0; at < text.size(); at += piece) hash.update(std::string_view(text).substr(at, piece));
    EXPECT_EQ(hash.digest(), hash128(text)) << piece;
    StreamHash moved = std::move(hash);
    EXPECT_EQ(moved.digest(), hash128(text));
  }
  EXPECT_EQ(StreamHash().digest(), hash128(""));
}

}  // namespace
}  // namespace souk
