// Damage, repair, and two processes at one shop.
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "souk/base/section_file.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Enough items that the index is written to disk at once.
std::unique_ptr<engine::Shop> large_shop(const fs::path& directory) {
  auto shop = empty_shop(directory);
  store::Changes changes;
  for (int i = 0; i < 3000; ++i)
    changes.items.push_back(item(fmt::format("i{}", i), fmt::format("Kettle number {}", i), "Home > Kitchen", "19.90"));
  changes.events = grocery_events(10);
  apply(*shop, changes);
  EXPECT_TRUE(shop->train(Progress::none()));
  return shop;
}

fs::path largest_file(const fs::path& directory) {
  fs::path largest;
  std::uintmax_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.file_size() > size) {
      size = entry.file_size();
      largest = entry.path();
    }
  }
  return largest;
}

void flip_byte(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(byte ^ 0x55));
}

const engine::Finding& finding(const std::vector<engine::Finding>& findings, const std::string& what) {
  for (const engine::Finding& one : findings) {
    if (one.what == what) return one;
  }
  ADD_FAILURE() << "no finding about " << what;
  return findings.front();
}

TEST(Doctor, FindsAHealthyShopHealthyAndNamesTheBlas) {
  const TempDir dir;
  const auto shop = large_shop(dir / "shop");
  const auto findings = shop->doctor(false, Progress::none());
  ASSERT_TRUE(findings) << findings.error().message();
  for (const engine::Finding& one : *findings) EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
  EXPECT_THAT(finding(*findings, "BLAS").detail, HasSubstr("blas"));
  EXPECT_NE(finding(*findings, "SIMD").detail, "");
}

// Wherever a byte of the index is damaged: it is found, told with the file's name, and mended.
TEST(Doctor, ReportsAndRebuildsADamagedIndex) {
  for (const double place : {0.0, 0.5, 0.98}) {
    const TempDir dir;
    { ASSERT_NE(large_shop(dir / "shop"), nullptr); }
    const fs::path file = largest_file(dir / "shop" / "segments");
    ASSERT_FALSE(file.empty()) << "the index is on disk";
    flip_byte(file, static_cast<std::uintmax_t>(place * static_cast<double>(fs::file_size(file) - 1)));

    auto shop = engine::Shop::open(dir / "shop", {.read_only = false, .for_repair = true, .threads = 1});
    ASSERT_TRUE(shop) << shop.error().message();
    const auto found = (*shop)->doctor(false, Progress::none());
    ASSERT_TRUE(found) << found.error().message();
    const engine::Finding& damage = finding(*found, "search index");
    EXPECT_FALSE(damage.ok) << place;
    EXPECT_THAT(damage.detail, HasSubstr(file.filename().string()));
    EXPECT_THAT(damage.repair, HasSubstr("--repair"));

    const auto mended = (*shop)->doctor(true, Progress::none());
    ASSERT_TRUE(mended) << mended.error().message();
    EXPECT_TRUE(finding(*mended, "search index").ok);
    EXPECT_EQ((*shop)->search(query("kettle number 7")).value().items.at(0).key, "i7");
    shop->reset();
    EXPECT_EQ(reopened(dir / "shop")->search(query("kettle")).value().total, 3000U);
  }
}

// What may become of a file besides damaged bytes.
const std::vector<std::pair<const char*, void (*)(const fs::path&)>> kLosses{
    {"missing", [](const fs::path& file) { fs::remove_all(file); }},
    {"a folder", [](const fs::path& file) { fs::remove_all(file), fs::create_directories(file / "in"); }},
    {"a link loop", [](const fs::path& file) { fs::remove_all(file), fs::create_symlink(file.filename(), file); }},
    {"another's file", [](const fs::path& file) { std::ofstream(file) << "mine"; }}};

// The shop is not opened, and the refusal names the file and the remedy, which then helps.
void expect_told_and_mended(const fs::path& directory, const std::string& what, const std::string& file) {
  for (const bool read_only : {false, true}) {
    const auto refused = engine::Shop::open(directory, {.read_only = read_only});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr(file));
    EXPECT_THAT(refused.error().hint, HasSubstr("souk doctor --repair"));
  }
  {
    const auto opened = engine::Shop::open(directory, {.for_repair = true});
    ASSERT_TRUE(opened) << opened.error().message();
    const engine::Finding found = finding((*opened)->doctor(false, Progress::none()).value(), what);
    EXPECT_FALSE(found.ok);
    EXPECT_THAT(found.detail, HasSubstr(file));
    const auto mended = (*opened)->doctor(true, Progress::none());
    ASSERT_TRUE(mended) << mended.error().message();
    for (const engine::Finding& one : *mended) EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
  }
  const auto shop = reopened(directory);
  ASSERT_NE(shop, nullptr);
  const auto healthy = shop->doctor(false, Progress::none());
  ASSERT_TRUE(healthy) << healthy.error().message();
  for (const engine::Finding& one : *healthy) EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
  EXPECT_TRUE(shop->compact());
}

TEST(Doctor, RebuildsAnIndexWithoutOneOfItsFiles) {
  for (const auto& [loss, lose] : kLosses) {
    for (const char* name : {"00000001.seg", "segments.set"}) {
      SCOPED_TRACE(fmt::format("{} is {}", name, loss));
      const TempDir dir;
      { ASSERT_NE(large_shop(dir / "shop"), nullptr); }
      const fs::path file = dir / "shop" / "segments" / name;
      ASSERT_TRUE(fs::exists(file));
      lose(file);
      if (loss != std::string_view("missing") || name != std::string_view("segments.set")) {
        expect_told_and_mended(dir / "shop", "search index", name);
      }
      EXPECT_EQ(reopened(dir / "shop")->search(query("kettle")).value().total, 3000U);
    }
  }
}

TEST(Doctor, MovesAsideWhatStandsInTheIndexesPlace) {
  for (const bool large : {false, true}) {
    const TempDir dir;
    { ASSERT_NE(large ? large_shop(dir / "shop") : grocery(dir / "shop"), nullptr); }
    const fs::path place = dir / "shop" / "segments";
    fs::remove_all(place);
    std::ofstream(place) << "mine";
    expect_told_and_mended(dir / "shop", "search index", place.string());
    EXPECT_EQ(read_file(place.string() + ".damaged").value(), "mine");
  }
}

TEST(Doctor, KeepsWhatWasMovedAsideBefore) {
  const TempDir dir;
  { ASSERT_NE(grocery(dir / "shop"), nullptr); }
  const fs::path models = dir / "shop" / "models";
  for (const char* content : {"first", "second", "third"}) {
    fs::remove_all(models);
    std::ofstream(models) << content;
    const auto shop = engine::Shop::open(dir / "shop", {.for_repair = true});
    ASSERT_TRUE(shop) << shop.error().message();
    ASSERT_TRUE((*shop)->doctor(true, Progress::none()));
  }
  EXPECT_EQ(read_file(models.string() + ".damaged").value(), "first");
  EXPECT_EQ(read_file(models.string() + ".damaged-2").value(), "second");
  EXPECT_EQ(read_file(models.string() + ".damaged-3").value(), "third");
}

TEST(Opening, RemovesWhatADeadImportReadFromStandardInput) {
  const TempDir dir;
  { ASSERT_NE(empty_shop(dir / "shop"), nullptr); }
  fs::create_directories(dir / "shop" / "rejects");
  for (const char* name : {".nameless-x0Y1z2", "mine"}) std::ofstream(dir / "shop" / "rejects" / name) << "person-17";
  ASSERT_NE(reopened(dir / "shop"), nullptr);
  EXPECT_FALSE(fs::exists(dir / "shop" / "rejects" / ".nameless-x0Y1z2"));
  EXPECT_TRUE(fs::exists(dir / "shop" / "rejects" / "mine"));
}

TEST(Doctor, LearnsTablesAnewWhoseFileIsNoneAnyMore) {
  for (const auto& [loss, lose] : kLosses) {
    SCOPED_TRACE(loss);
    const TempDir dir;
    { ASSERT_NE(grocery(dir / "shop"), nullptr); }
    lose(dir / "shop" / "models" / "tables" / "1" / "tables.souk");
    expect_told_and_mended(dir / "shop", "count tables", "tables.souk");
    EXPECT_EQ(reopened(dir / "shop")->view()->version, "tables-2");
  }
}

TEST(Doctor, LearnsDamagedTablesAnew) {
  const TempDir dir;
  { ASSERT_NE(large_shop(dir / "shop"), nullptr); }
  const fs::path file = dir / "shop" / "models" / "tables" / "1" / "tables.souk";
  flip_byte(file, fs::file_size(file) / 2);
  const auto refused = engine::Shop::open(dir / "shop", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(refused.error().message(), HasSubstr("tables.souk"));
  EXPECT_THAT(refused.error().hint, HasSubstr("doctor --repair"));

  const auto shop = engine::Shop::open(dir / "shop", {.read_only = false, .for_repair = true, .threads = 1}).value();
  EXPECT_FALSE(finding(shop->doctor(false, Progress::none()).value(), "count tables").ok);
  EXPECT_TRUE(finding(shop->doctor(true, Progress::none()).value(), "count tables").ok);
  EXPECT_EQ(shop->view()->version, "tables-2");
  EXPECT_TRUE(finding(shop->doctor(false, Progress::none()).value(), "count tables").ok);
}

// `models`, or the folder in it, replaced by something else.
TEST(Doctor, MovesAsideWhatStandsInTheTablesPlace) {
  for (const bool learned : {true, false}) {
    for (const char* place : {"models", "models/tables"}) {
      const TempDir dir;
      const fs::path at = dir / "shop" / place;
      { ASSERT_NE(learned ? large_shop(dir / "shop") : empty_shop(dir / "shop"), nullptr); }
      fs::remove_all(at);
      fs::create_directories(at.parent_path());
      std::ofstream(at) << "mine";
      if (learned) {
        EXPECT_THAT(engine::Shop::open(dir / "shop", {}).error().hint, HasSubstr("doctor --repair"));
      }
      const auto opened = engine::Shop::open(dir / "shop", {.read_only = false, .for_repair = true, .threads = 1});
      ASSERT_TRUE(opened) << opened.error().message();
      const engine::Finding found = finding((*opened)->doctor(false, Progress::none()).value(), "count tables");
      EXPECT_FALSE(found.ok);
      EXPECT_THAT(found.repair, HasSubstr("--repair"));
      const auto mended = (*opened)->doctor(true, Progress::none());
      ASSERT_TRUE(mended) << mended.error().message();
      EXPECT_TRUE(finding(*mended, "count tables").ok);
      EXPECT_TRUE(finding((*opened)->doctor(false, Progress::none()).value(), "count tables").ok);
      EXPECT_EQ(read_file(at.string() + ".damaged").value(), "mine");
    }
  }
}

TEST(Doctor, WritesADamagedManifestAnew) {
  const TempDir dir;
  const auto shop = large_shop(dir / "shop");
  const fs::path file = dir / "shop" / "models" / "tables" / "1" / "manifest.json";
  const std::string whole = read_file(file).value();
  const auto look = [&](bool repair) { return finding(shop->doctor(repair, Progress::none()).value(), "manifest of the tables"); };
  EXPECT_TRUE(look(false).ok);
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), std::string(whole.size(), '\0'), std::string()}) {
    ASSERT_TRUE(write_file(file, damaged));
    EXPECT_FALSE(look(false).ok);
    EXPECT_THAT(look(false).detail, HasSubstr("manifest.json"));
    EXPECT_TRUE(look(true).ok);
    EXPECT_EQ(read_file(file).value(), whole);
  }
  fs::remove(file);
  EXPECT_THAT(look(false).detail, HasSubstr("manifest.json"));
  EXPECT_TRUE(look(true).ok);
  EXPECT_EQ(read_file(file).value(), whole);
  EXPECT_EQ(shop->view()->version, "tables-1") << "nothing needed to be learned";
}

// Tables can be made anew, so that those of another Souk are no reason to refuse a shop.
TEST(AnotherVersion, OfTheTablesIsLeftAsideUntilTheNextTraining) {
  const TempDir dir;
  { ASSERT_NE(large_shop(dir / "shop"), nullptr); }
  const SectionWriter newer("TABL", 99);
  ASSERT_TRUE(newer.write(dir / "shop" / "models" / "tables" / "1" / "tables.souk"));
  const auto shop = reopened(dir / "shop");
  ASSERT_NE(shop, nullptr);
  EXPECT_EQ(shop->view()->version, "untrained");
  ASSERT_TRUE(shop->train(Progress::none()));
  EXPECT_EQ(shop->view()->version, "tables-2");
}

fs::path largest_table(const fs::path& store) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(store)) {
    if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest))) largest = entry.path();
  }
  return largest;
}

// The store is found damaged, and everything that can still be said is said.
void expect_damaged_store(const fs::path& directory, const std::string& file) {
  const auto shop = engine::Shop::open(directory, {.read_only = false, .for_repair = true, .threads = 1});
  ASSERT_TRUE(shop) << shop.error().message();
  for (const bool repair : {false, true}) {
    const auto found = (*shop)->doctor(repair, Progress::none());
    ASSERT_TRUE(found) << found.error().message();
    const engine::Finding& store = finding(*found, "store");
    EXPECT_FALSE(store.ok);
    EXPECT_THAT(store.detail, HasSubstr(file));
    EXPECT_THAT(store.repair, HasSubstr("backup"));
    EXPECT_TRUE(finding(*found, "BLAS").ok);
    EXPECT_TRUE(finding(*found, "SIMD").ok);
    finding(*found, "search index");
    finding(*found, "count tables");
  }
}

TEST(Doctor, NamesTheDamagedFileOfTheStore) {
  for (const bool cut : {false, true}) {
    const TempDir dir;
    {
      const auto shop = large_shop(dir / "shop");
      ASSERT_TRUE(shop->store().flush());
    }
    const fs::path file = largest_table(dir / "shop" / "store");
    ASSERT_FALSE(file.empty());
    if (cut) {
      fs::resize_file(file, fs::file_size(file) / 2);
    } else {
      flip_byte(file, fs::file_size(file) / 2);
    }
    expect_damaged_store(dir / "shop", file.filename().string());
  }
}

// A folder that holds part of a shop may hold all that is left of it: nobody is told to begin anew.
TEST(APartOfAShop, IsToBeRestoredNotMadeAnew) {
  for (const char* const missing : {"store/CURRENT", "store", "shop.toml"}) {
    const TempDir dir;
    { ASSERT_NE(empty_shop(dir / "shop"), nullptr); }
    fs::remove_all(dir / "shop" / missing);
    const auto refused = engine::Shop::open(dir / "shop", {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr(missing));
    EXPECT_THAT(refused.error().hint, HasSubstr("backup"));
    EXPECT_THAT(refused.error().hint, Not(HasSubstr("init")));
    if (missing != std::string_view("shop.toml")) expect_damaged_store(dir / "shop", missing);
  }
}

TEST(Doctor, MakesALostIndexAnewByOpening) {
  const TempDir dir;
  { ASSERT_NE(large_shop(dir / "shop"), nullptr); }
  fs::remove_all(dir / "shop" / "segments");
  EXPECT_EQ(reopened(dir / "shop")->search(query("kettle")).value().total, 3000U);
}

// Writes another format version into the store's own record of it.
void pretend_version(const fs::path& store, const std::string& version) {
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, store.string(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, store.string(), families, &handles, &database).ok());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "meta") {
      EXPECT_TRUE(database->Put({}, handles[i], "version", version).ok());
    }
    EXPECT_TRUE(database->DestroyColumnFamilyHandle(handles[i]).ok());
  }
  delete database;
}

TEST(AnotherVersion, IsRefusedWithBothVersionsNamed) {
  const TempDir dir;
  { ASSERT_NE(empty_shop(dir / "shop"), nullptr); }
  pretend_version(dir / "shop" / "store", "99");
  const auto shop = engine::Shop::open(dir / "shop", {});
  ASSERT_FALSE(shop);
  EXPECT_EQ(shop.error().kind, ErrorKind::version);
  EXPECT_THAT(shop.error().found, HasSubstr("99"));
  EXPECT_THAT(shop.error().hint, HasSubstr("Use that Souk, or a newer one"));
}

// Not a test of its own: the second process of the one below, which runs this program again with SOUK_TEST_HOLD set.
TEST(TwoProcesses, Holder) {
  const char* const directory = std::getenv("SOUK_TEST_HOLD");
  if (directory == nullptr) return;
  const auto shop = engine::Shop::open(directory, {});
  ASSERT_TRUE(shop) << shop.error().message();
  ASSERT_TRUE(write_file(std::string(directory) + ".held", "held"));
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

TEST(TwoProcesses, OnlyOneHoldsTheShopAndTheOtherIsToldWho) {
  const TempDir dir;
  { ASSERT_NE(empty_shop(dir / "shop"), nullptr); }
  int hold[2];
  ASSERT_EQ(::pipe2(hold, O_CLOEXEC), 0);
  const std::string variable = "SOUK_TEST_HOLD=" + (dir / "shop").string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(hold[0], STDIN_FILENO);
    const int quiet = ::open("/dev/null", O_WRONLY);
    ::dup2(quiet, STDOUT_FILENO);
    char program[] = "/proc/self/exe", only[] = "--gtest_filter=TwoProcesses.Holder";
    char* const arguments[] = {program, only, nullptr};
    char* const environment[] = {const_cast<char*>(variable.c_str()), nullptr};
    ::execve(program, arguments, environment);
    ::_exit(127);
  }
  ASSERT_GT(child, 0);
  ::close(hold[0]);
  for (int i = 0; i < 1000 && !fs::exists((dir / "shop").string() + ".held"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));

  const auto refused = engine::Shop::open(dir / "shop", {});
  EXPECT_FALSE(refused);
  if (!refused) {
    EXPECT_EQ(refused.error().kind, ErrorKind::busy);
    EXPECT_THAT(refused.error().found, HasSubstr(std::to_string(child)));
    EXPECT_NE(refused.error().hint, "");
  }
  ::close(hold[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(engine::Shop::open(dir / "shop", {}));
}

TEST(ReadOnly, AnswersAndRefusesToChange) {
  const TempDir dir;
  { ASSERT_NE(grocery(dir / "shop"), nullptr); }
  const auto shop = engine::Shop::open(dir / "shop", {.read_only = true, .for_repair = false, .threads = 1});
  ASSERT_TRUE(shop) << shop.error().message();
  EXPECT_EQ((*shop)->search(query("whole milk")).value().items.at(0).key, "milk");
  store::Changes changes;
  changes.items = grocery_items();
  EXPECT_EQ((*shop)->apply(changes).error().kind, ErrorKind::unsupported);
  EXPECT_EQ((*shop)->train(Progress::none()).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace souk::testing
