// What stands after a death, a torn write, damage, or another process.
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "souk/base/random.h"
#include "souk/store/database.h"
#include "souk/store/wal.h"

#include "tests/store/store_test_support.h"
#include "tests/support/fork.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::HasSubstr;

Changes batch(std::uint64_t number) {
  Changes changes;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string id = std::to_string(number) + "-" + std::to_string(i);
    changes.events.push_back(
        purchase(id, "s" + std::to_string(i % 5), "i" + std::to_string(number % 50), kStart + static_cast<Timestamp>(number)));
  }
  changes.offset = SourceOffset{{7, 7}, (number + 1) * 20};
  return changes;
}

std::vector<fs::path> logs_in(const fs::path& directory) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log" && fs::file_size(entry.path()) > 0) logs.push_back(entry.path());
  }
  return logs;
}

void overwrite(const fs::path& path, std::uint64_t offset, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A store of `batches` batches whose process died, and its only log.
fs::path dead_store(const fs::path& directory, std::uint64_t batches) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto shop = Store::create(directory).value();
    for (std::uint64_t i = 0; i < batches; ++i) {
      if (!shop->commit(batch(i))) ::_exit(1);
    }
    ::_exit(0);  // without closing
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const std::vector<fs::path> logs = logs_in(directory);
  EXPECT_EQ(logs.size(), 1u);
  return logs.at(0);
}

TEST(Durability, EveryAcknowledgedCommitOutlivesAKill) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  const fs::path directory = folder / "store";
  ASSERT_TRUE(Store::create(directory));
  Random random(11);
  std::uint64_t next = 0;
  for (int round = 0; round < 10; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto shop = Store::open(directory).value();
      for (std::uint64_t number = next;; ++number) {
        if (!shop->commit(batch(number))) ::_exit(1);
        if (::write(pipe[1], &number, sizeof number) != sizeof number) ::_exit(1);
      }
    }
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0;
    const std::uint64_t enough = 1 + random.below(60);
    for (std::uint64_t i = 0; i < enough; ++i)
      ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    ::usleep(static_cast<useconds_t>(random.below(2000)));
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &acknowledged, sizeof acknowledged) == static_cast<ssize_t>(sizeof acknowledged)) {
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));

    auto shop = Store::open(directory);
    ASSERT_TRUE(shop) << shop.error().message();
    const std::uint64_t rows = (*shop)->source_rows({7, 7}).value();
    ASSERT_GE(rows, (acknowledged + 1) * 20) << "round " << round;
    ASSERT_LE(rows, (acknowledged + 2) * 20) << "at most the commit in flight";
    next = rows / 20;
    ASSERT_EQ((*shop)->counts().events, rows);
    const CommitReport again = (*shop)->commit(batch(next - 1)).value();
    ASSERT_EQ(again.duplicates, 20u);
  }
  auto shop = Store::open(directory).value();
  std::uint64_t seen = 0;
  for (const Event& event : all_events(*shop)) {
    const std::uint64_t number = seen / 20;
    ASSERT_EQ(event, batch(number).events[seen % 20]);
    ++seen;
  }
  EXPECT_EQ(seen, next * 20);
  EXPECT_TRUE(shop->verify());
}

TEST(Durability, ATornTailIsCutAndTheRestIsThere) {
  SOUK_NEEDS_FORK();
  for (const std::uint64_t missing : {1u, 5u, 300u}) {
    TempDir folder;
    const fs::path log = dead_store(folder / "store", 10);
    fs::resize_file(log, fs::file_size(log) - missing);
    auto shop = Store::open(folder / "store");
    ASSERT_TRUE(shop) << shop.error().message();
    EXPECT_EQ((*shop)->counts().events, 180u);
    ASSERT_TRUE((*shop)->commit(batch(9)));
    EXPECT_EQ((*shop)->counts().events, 200u);
  }
}

TEST(Durability, ALastRecordWhoseBytesNeverReachedTheDiskIsATornTailToo) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  const fs::path log = dead_store(folder / "store", 10);
  overwrite(log, fs::file_size(log) - 100, std::string(50, '\0'));
  auto shop = Store::open(folder / "store");
  ASSERT_TRUE(shop) << shop.error().message();
  EXPECT_EQ((*shop)->counts().events, 180u);
}

TEST(Durability, DamageBeforeTheLogsEndRefusesToOpenAndNamesTheFile) {
  SOUK_NEEDS_FORK();
  Random random(5);
  for (int round = 0; round < 6; ++round) {
    TempDir folder;
    const fs::path log = dead_store(folder / "store", 10);
    // Anywhere in the first half: headers, lengths, payload.
    const std::uint64_t offset = random.below(fs::file_size(log) / 2);
    const std::string bytes = read_file(log).value();
    overwrite(log, offset, std::string(1, static_cast<char>(bytes[offset] ^ 0x55)));
    const auto shop = Store::open(folder / "store");
    ASSERT_FALSE(shop) << "byte " << offset;
    EXPECT_EQ(shop.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(shop.error().message(), HasSubstr(log.filename().string()));
    EXPECT_EQ(read_file(log).value().size(), bytes.size()) << "nothing was cut";
  }
}

TEST(Durability, ALogThatIsLostOrEmptyIsNoticedAndMayBePutBack) {
  SOUK_NEEDS_FORK();
  const std::vector<std::function<void(const fs::path&)>> losses = {
      [](const fs::path& log) { fs::remove(log); }, [](const fs::path& log) { fs::resize_file(log, 0); },
      [](const fs::path& log) { overwrite(log, 0, std::string(fs::file_size(log), '\0')); },
      [](const fs::path& log) { fs::resize_file(log, 20); },  // within the first record
  };
  for (std::size_t i = 0; i < losses.size(); ++i) {
    SCOPED_TRACE(i);
    TempDir folder;
    const fs::path directory = folder / "store", log = dead_store(directory, 10);
    const std::string bytes = read_file(log).value();
    losses[i](log);
    for (const bool read_only : {false, true, false}) {
      StoreOptions options;
      options.read_only = read_only;
      const auto shop = Store::open(directory, options);
      ASSERT_FALSE(shop) << read_only;
      EXPECT_EQ(shop.error().kind, ErrorKind::corrupt);
      EXPECT_THAT(shop.error().message(), HasSubstr(log.filename().string()));
      EXPECT_THAT(shop.error().hint, HasSubstr(kAcknowledgedName));
    }
    std::ofstream(log, std::ios::binary) << bytes;
    EXPECT_EQ(Store::open(directory).value()->counts().events, 200u);
  }
}

TEST(Durability, WithoutTheNoteOfWhatWasAcknowledgedALostLogIsTakenForAnEmptyOne) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  const fs::path directory = folder / "store", log = dead_store(directory, 1);
  ASSERT_TRUE(Store::open(directory));
  const pid_t child = ::fork();
  if (child == 0) {
    auto shop = Store::open(directory).value();
    ::_exit(shop->commit(batch(1)) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  const std::vector<fs::path> logs = logs_in(directory);
  ASSERT_EQ(logs.size(), 1u);
  fs::remove(logs[0]);
  EXPECT_FALSE(Store::open(directory));
  fs::remove(directory / kAcknowledgedName);  // as the error says
  EXPECT_EQ(Store::open(directory).value()->counts().events, 20u);
}

TEST(Durability, ALogThatIsGoneBecauseTheFilesHoldItIsNoLoss) {
  for (const bool again : {false, true}) {
    TempDir folder;
    auto shop = Store::create(folder / "store").value();
    for (std::uint64_t i = 0; i < 5; ++i) {
      ASSERT_TRUE(shop->commit(batch(i)));
      ASSERT_TRUE(shop->flush());
    }
    if (again) {
      ASSERT_TRUE(shop->compact());
    }
    // As it stands when its process ends at once. Files that are not needed any more may go while it is copied.
    std::error_code error;
    for (int attempt = 0; attempt == 0 || (error && attempt < 100); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      fs::remove_all(folder / "killed");
      error.clear();
      fs::copy(folder / "store", folder / "killed", fs::copy_options::recursive, error);
    }
    ASSERT_FALSE(error) << error.message();
    for (const bool read_only : {true, false, false}) {
      StoreOptions options;
      options.read_only = read_only;
      auto opened = Store::open(folder / "killed", options);
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ((*opened)->counts().events, 100u);
    }
  }
}

TEST(Durability, AClosedStoreNotesItsLastWriteAndACopyNeedsNoNote) {
  TempDir folder;
  const fs::path directory = folder / "store";
  {
    auto shop = Store::create(directory).value();
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(shop->commit(batch(i)));
    ASSERT_TRUE(shop->checkpoint(folder / "copy"));
    for (std::uint64_t i = 3; i < 5; ++i) ASSERT_TRUE(shop->commit(batch(i)));  // a copy brings everything to files: these are in a log
  }
  EXPECT_FALSE(fs::exists(folder / "copy" / kAcknowledgedName));
  EXPECT_EQ(Store::open(folder / "copy").value()->counts().events, 60u);
  const std::vector<fs::path> logs = logs_in(directory);
  ASSERT_FALSE(logs.empty());
  const std::string bytes = read_file(*std::ranges::max_element(logs)).value();
  const std::uint64_t last = examine_wal(std::string_view(bytes).substr(0, examine_wal(bytes, true).good - 1), true).good;
  fs::resize_file(*std::ranges::max_element(logs), last);  // cut between two records, as no crash was there to do it
  EXPECT_EQ(Store::open(directory).error().kind, ErrorKind::corrupt);
  fs::remove(directory / kAcknowledgedName);
  EXPECT_EQ(Store::open(directory).value()->counts().events, 80u);
}

TEST(Durability, ANoteIsReadAsWrittenOrNotAtAll) {
  const Acknowledged note{123456789012345, 17};
  const std::string text = to_text(note);
  EXPECT_EQ(parse_acknowledged(text), note);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_EQ(parse_acknowledged(flipped), std::nullopt) << i;
    }
    EXPECT_EQ(parse_acknowledged(text.substr(0, i)), std::nullopt) << i;
  }
  TempDir folder;
  const fs::path directory = folder / "store";
  ASSERT_TRUE(Store::create(directory).value()->commit(batch(0)));
  std::ofstream(directory / kAcknowledgedName, std::ios::binary) << text.substr(1);
  ASSERT_TRUE(Store::open(directory).value()->commit(batch(1)));
  const auto anew = read_acknowledged(directory);
  ASSERT_TRUE(anew && *anew);
}

TEST(Wal, ExaminingFindsEveryCutAndEveryFlip) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  const fs::path path = dead_store(folder / "store", 40);  // several blocks of 32 KiB
  const std::string log = read_file(path).value();
  const WalTail whole = examine_wal(log, true);
  EXPECT_EQ(whole.torn, 0u);
  EXPECT_EQ(whole.good, log.size());
  ASSERT_GT(log.size(), 2 * 32768u);
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t at = random.below(log.size());
    const WalTail cut = examine_wal(std::string_view(log).substr(0, at), random.below(2) == 0);
    EXPECT_EQ(cut.good + cut.torn, at);
    EXPECT_FALSE(cut.valid_after_damage);
    std::string flipped = log;
    flipped[at] = static_cast<char>(flipped[at] ^ static_cast<char>(1 + random.below(255)));
    const WalTail flip = examine_wal(flipped, true);
    EXPECT_LE(flip.good, at);
    EXPECT_EQ(flip.good + flip.torn, log.size());
    EXPECT_EQ(flip.valid_after_damage, at < whole.good - 4096 || flip.valid_after_damage);
  }
  EXPECT_EQ(examine_wal(log + std::string(5000, '\0'), true).torn, 0u) << "space allocated ahead is no damage";
  EXPECT_EQ(examine_wal("", true).torn, 0u);
}

TEST(Wal, ABlankedRecordIsGoneAndNoDamage) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  const fs::path path = dead_store(folder / "store", 40);
  const std::string log = read_file(path).value();
  // RocksDB's number of a record: the first eight bytes of its payload. These logs hold several records a block.
  std::uint64_t sequence = 0;
  const std::size_t cut = examine_wal(std::string_view(log).substr(0, log.size() - 1), true).good;  // where the last record begins
  std::memcpy(&sequence, log.data() + cut + 7, sizeof sequence);
  ASSERT_TRUE(blank_records_behind(folder / "store", sequence));
  EXPECT_EQ(read_file(path).value(), log) << "all of it is wanted";
  ASSERT_TRUE(blank_records_behind(folder / "store", sequence - 1));
  const std::string blanked = read_file(path).value();
  EXPECT_EQ(blanked.size(), log.size());
  EXPECT_EQ(blanked.substr(0, cut), log.substr(0, cut));
  EXPECT_EQ(blanked.find_first_not_of('\0', cut), std::string::npos);
  auto shop = Store::open(folder / "store");
  ASSERT_TRUE(shop) << shop.error().message();
  EXPECT_EQ((*shop)->counts().events, 39u * 20);
}

TEST(Opening, TellsWhatTheFolderIs) {
  TempDir folder;
  EXPECT_EQ(Store::open(folder / "nothing").error().kind, ErrorKind::not_found);
  fs::create_directories(folder / "photos");
  EXPECT_EQ(Store::open(folder / "photos").error().kind, ErrorKind::not_found);
  ASSERT_TRUE(Store::create(folder / "store"));
  EXPECT_EQ(Store::create(folder / "store").error().kind, ErrorKind::exists);
  EXPECT_TRUE(Store::open(folder / "store"));
}

TEST(Opening, AShopHeldByAnotherProcessIsBusy) {
  SOUK_NEEDS_FORK();
  TempDir folder;
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    auto shop = Store::create(folder / "store").value();
    if (::write(ready[1], "x", 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(1);
    shop.reset();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto shop = Store::open(folder / "store");
  ASSERT_FALSE(shop);
  EXPECT_EQ(shop.error().kind, ErrorKind::busy);
  ASSERT_EQ(::write(done[1], "x", 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(Store::open(folder / "store"));
  for (const int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
}

TEST(Opening, AnotherVersionIsNamedWithWhatToDo) {
  for (const auto& [version, hint] : {std::pair("99", "Use that Souk, or a newer one"), std::pair("0", "souk upgrade")}) {
    TempDir folder;
    ASSERT_TRUE(Store::create(folder / "store"));
    {
      auto database = Database::open(folder / "store", Database::Mode::write, {}).value();
      rocksdb::WriteBatch batch;
      batch.Put(database->family(Family::meta), "version", version);
      ASSERT_TRUE(database->write(batch));
    }
    const auto shop = Store::open(folder / "store");
    ASSERT_FALSE(shop);
    EXPECT_EQ(shop.error().kind, ErrorKind::version);
    EXPECT_THAT(shop.error().expected, HasSubstr(std::to_string(kStoreVersion)));
    EXPECT_THAT(shop.error().found, HasSubstr(version));
    EXPECT_THAT(shop.error().hint, HasSubstr(hint));
  }
}

TEST(Opening, ReadOnlyReadsBesideTheWriterAndFollowsIt) {
  TempDir folder;
  auto writer = Store::create(folder / "store").value();
  ASSERT_TRUE(writer->commit(batch(0)));
  StoreOptions options;
  options.read_only = true;
  auto reader = Store::open(folder / "store", options);
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_EQ((*reader)->counts().events, 20u);
  ASSERT_TRUE(writer->commit(batch(1)));
  ASSERT_TRUE((*reader)->catch_up());
  EXPECT_EQ((*reader)->counts().events, 40u);
  EXPECT_EQ(all_events(**reader).size(), 40u);
  EXPECT_EQ((*reader)->commit(batch(2)).error().kind, ErrorKind::unsupported);
  EXPECT_EQ((*reader)->put_meta("a", "b").error().kind, ErrorKind::unsupported);
}

TEST(Opening, DamageOfAnyTableFileIsFoundAndNamed) {
  TempDir folder;
  {
    auto shop = Store::create(folder / "store").value();
    for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(shop->commit(batch(i)));
    ASSERT_TRUE(shop->flush());
    ASSERT_TRUE(shop->compact());
    EXPECT_TRUE(shop->verify());
  }
  int damaged = 0;
  for (const auto& entry : fs::directory_iterator(folder / "store")) {
    if (entry.path().extension() != ".sst") continue;
    const std::string whole = read_file(entry.path()).value();
    overwrite(entry.path(), 10, std::string(1, static_cast<char>(whole[10] ^ 1)));
    auto shop = Store::open(folder / "store");  // reads some of the files itself
    const Status found = shop ? (*shop)->verify() : Status(fail(shop.error()));
    ASSERT_FALSE(found) << entry.path();
    EXPECT_EQ(found.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(found.error().message(), HasSubstr(entry.path().filename().string()));
    shop = fail(ErrorKind::not_found, "closed");
    overwrite(entry.path(), 10, whole.substr(10, 1));
    ++damaged;
  }
  EXPECT_GT(damaged, 4);
}

TEST(Opening, DamageIsNeverTakenForAnUnknownKey) {
  constexpr int kItems = 3000;  // more than a block of keys
  const auto key = [](int number) { return "item-" + std::to_string(number); };
  TempDir folder;
  {
    auto shop = Store::create(folder / "store").value();
    Changes changes;
    for (int i = 0; i < kItems; ++i) changes.items.push_back(item_named(key(i), "Thing"));
    ASSERT_TRUE(shop->commit(changes));
    ASSERT_TRUE(shop->flush());
    ASSERT_TRUE(shop->compact());
  }
  int unreadable = 0;
  std::vector<fs::path> tables;
  for (const auto& entry : fs::directory_iterator(folder / "store")) {
    if (entry.path().extension() == ".sst" && fs::file_size(entry.path()) > 2000) tables.push_back(entry.path());
  }
  for (const fs::path& table : tables) {
    const std::string whole = read_file(table).value();
    const std::size_t middle = whole.size() / 2;
    const auto shop = Store::open(folder / "store").value();  // before the damage: opening reads every key
    overwrite(table, middle, std::string(1, static_cast<char>(whole[middle] ^ 1)));
    for (int i = 0; i < kItems; ++i) {
      const auto found = shop->find_item(key(i));
      EXPECT_TRUE(!found || *found) << table << " " << key(i);
      unreadable += found ? 0 : 1;
    }
    overwrite(table, middle, whole.substr(middle, 1));
  }
  EXPECT_GT(unreadable, 0);
}

}  // namespace
}  // namespace souk::store
