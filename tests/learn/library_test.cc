#include "souk/learn/library.h"

#include <gmock/gmock.h>

#include "tests/support/data.h"

namespace souk::learn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Kind {
  int number;
};
struct OtherKind {
  int number;
};

TEST(LearnRegistry, FindsByKindAndName) {
  static constexpr Kind kOne{1}, kTwo{2};
  static constexpr OtherKind kThree{3};
  Registry registry;
  registry.add("two", &kTwo);
  registry.add("one", &kOne);
  registry.add("one", &kThree);
  EXPECT_EQ(registry.find<Kind>("one"), &kOne);
  EXPECT_EQ(registry.find<OtherKind>("one"), &kThree);
  EXPECT_EQ(registry.find<OtherKind>("two"), nullptr);
  EXPECT_THAT(registry.all<Kind>(), ElementsAre(&kOne, &kTwo));
}

TEST(LearnLibrary, SaysThatItIsNotThere) {
  const auto opened = open_library("no/such/libsouk_learn.so");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(opened.error().where, "no/such/libsouk_learn.so");
}

TEST(LearnLibrary, RefusesAFileThatIsNoLibrary) {
  const souk::testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "libsouk_learn.so", "not a library"));
  const auto opened = open_library(dir / "libsouk_learn.so");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(opened.error().message(), HasSubstr("cannot load"));
}

TEST(LearnLibrary, RefusesALibraryOfSomebodyElse) {
  const auto opened = open_library(library_path().parent_path() / "libsouk.so");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("none of Souk's"));
}

TEST(LearnLibrary, OpensWhatWasBuiltWithThisProgram) {
  const auto opened = models();
  if (!fs::exists(library_path())) {  // SOUK_LEARN=OFF
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
    return;
  }
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(*models(), *opened);
}

}  // namespace
}  // namespace souk::learn
