#include <gmock/gmock.h>

#include "souk/base/build.h"
#include "souk/learn/library.h"

extern "C" bool souk_learn_register(souk::learn::Registry* registry, std::uint64_t build_id);

namespace souk::learn {
namespace {

struct Kind {
  int number;
};
constexpr Kind kEntry{7};
const Registered<Kind> kRegistered("a model of this test", &kEntry);

TEST(LearnEntry, RegistersWhatFilesOfTheLibraryDeclare) {
  Registry registry;
  ASSERT_TRUE(souk_learn_register(&registry, build_id()));
  EXPECT_EQ(registry.find<Kind>("a model of this test"), &kEntry);
}

TEST(LearnEntry, RefusesAnotherBuild) {
  Registry registry;
  EXPECT_FALSE(souk_learn_register(&registry, build_id() + 1));
  EXPECT_TRUE(registry.all<Kind>().empty());
}

}  // namespace
}  // namespace souk::learn
