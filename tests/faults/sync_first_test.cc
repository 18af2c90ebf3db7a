// A change is acknowledged only after what holds it was synced.
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "tests/faults/child.h"
#include "tests/faults/disk.h"
#include "tests/faults/mixed_work.h"
#include "tests/support/data.h"
#include "tests/support/fork.h"

namespace souk::faults {
namespace {

using souk::testing::TempDir;

TEST(SyncFirst, NoLogHasUnsyncedBytesWhenAChangeIsAcknowledged) {
  SOUK_NEEDS_FORK();
  const TempDir folder;
  const MixedWork work(5, 1);
  const auto recorded = in_child(folder / "log", [&]() -> Result<std::string> {
    SOUK_TRY(auto shop, engine::Shop::init(folder / "shop", {.name = "Sync", .language = "en", .currency = "EUR"}));
    shop.reset();
    start_recording((folder / "shop").string());
    SOUK_TRY(shop, engine::Shop::open(folder / "shop", {}));
    SOUK_CHECK(work.run(*shop, {0}, 30, false, folder.path(), [](std::size_t, std::uint64_t) { note("done"); }));
    shop.reset();
    SOUK_CHECK(write_file(folder / "recording", stop_recording()));
    return std::string();
  });
  ASSERT_TRUE(recorded) << recorded.error().message();
  std::set<std::uint64_t> logs, unsynced;
  int acknowledged = 0, written = 0;
  for (const Operation& operation : read_operations(read_file(folder / "recording").value())) {
    const bool named = operation.kind == Kind::file || operation.kind == Kind::create;
    if (named && operation.path.ends_with(".log")) logs.insert(operation.id);
    if (operation.kind == Kind::write && logs.contains(operation.id)) {
      unsynced.insert(operation.id);
      ++written;
    }
    if (operation.kind == Kind::sync_file) unsynced.erase(operation.id);
    if (operation.kind != Kind::note) continue;
    ++acknowledged;
    EXPECT_TRUE(unsynced.empty()) << "acknowledgement " << acknowledged;
  }
  EXPECT_EQ(acknowledged, 30);
  EXPECT_GT(written, 10);
}

}  // namespace
}  // namespace souk::faults
