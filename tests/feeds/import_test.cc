#include "souk/feeds/import.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <shared_mutex>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "souk/feeds/descriptor.h"

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

using namespace std::string_view_literals;

class Importing : public ::testing::Test {
 protected:
  // What an import gathers before it writes is little, so that it writes more than once.
  Importing() { store_ = store::Store::create(dir_ / "store", {.bulk_bytes = 4 << 20}).value(); }

  fs::path write(const std::string& name, std::string_view text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  Result<ImportReport> import(const std::vector<fs::path>& files, const ImportOptions& options = {}) {
    return import_files(*store_, dir_ / "rejects", files, options, Progress::none());
  }
  ImportReport imported(std::string_view text, const ImportOptions& options = {}) {
    auto report = import({write("feed", text)}, options);
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? *report : ImportReport{};
  }
  Error refused(std::string_view text, const ImportOptions& options = {}) {
    const auto report = import({write("feed", text)}, options);
    EXPECT_FALSE(report);
    return report ? Error{} : report.error();
  }
  static std::string exported(const store::Store& store, RecordKind kind, const fs::path& path) {
    EXPECT_TRUE(export_records(store, kind, path, Progress::none()));
    return read_file(path).value();
  }
  std::string exported(RecordKind kind) { return exported(*store_, kind, dir_ / "export.jsonl"); }
  static ImportOptions with_map(const std::vector<std::string>& map) {
    ImportOptions options;
    options.map = parse_map(map).value();
    return options;
  }
  static ImportOptions lenient() {
    ImportOptions options;
    options.max_rejects = 1;
    return options;
  }

  testing::TempDir dir_;
  std::unique_ptr<store::Store> store_;
};

constexpr std::string_view kItems =
    "{\"key\":\"b\",\"title\":\"Bowl\",\"price\":\"4.50\"}\n"
    "{\"key\":\"a\",\"title\":\"Apple\",\"colour\":[\"red\",\"green\"]}\n";
constexpr std::string_view kEvents =
    "id,shopper,item,kind,time,value\n"
    "1,s1,a,view,2017-01-02T00:00:00Z,\n"
    "2,s1,b,purchase,2017-01-01T00:00:00Z,4.50\n"
    "3,s2,c,hover,1483315200000,\n";

TEST_F(Importing, CallsAFileWithoutANameStandardInput) {
  auto file = NamelessFile::make(dir_ / ".").value();
  ASSERT_TRUE(file.append(kItems));
  EXPECT_EQ(import({file.path()})->changed, 2u);
  auto array = NamelessFile::make(dir_ / ".").value();
  ASSERT_TRUE(array.append("[{\"key\":\"a\"}]"));
  const auto refused = import({array.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "standard input");
}

TEST_F(Importing, ReadsJsonLinesAndExportsThemByKey) {
  const auto report = imported(kItems);
  EXPECT_EQ(report.accepted, 2u);
  EXPECT_EQ(report.changed, 2u);
  EXPECT_EQ(report.unknown_fields, (std::map<std::string, std::uint64_t>{{"colour", 1}}));
  EXPECT_EQ(exported(RecordKind::items),
            "{\"key\":\"a\",\"title\":\"Apple\",\"attributes\":{\"colour\":[\"red\",\"green\"]}}\n"
            "{\"key\":\"b\",\"title\":\"Bowl\",\"offers\":[{\"amount\":\"4.50\",\"currency\":\"EUR\",\"availability\":\"in_stock\"}]}\n");
}

TEST_F(Importing, ReadsTablesAndExportsEventsByTime) {
  const auto report = imported(kEvents);
  EXPECT_EQ(report.accepted, 3u);
  EXPECT_EQ(report.unknown_kinds, (std::map<std::string, std::uint64_t>{{"hover", 1}}));
  EXPECT_EQ(exported(RecordKind::events),
            "{\"id\":\"2\",\"shopper\":\"s1\",\"item\":\"b\",\"kind\":\"purchase\",\"time\":\"2017-01-01T00:00:00Z\",\"value\":4.50}\n"
            "{\"id\":\"1\",\"shopper\":\"s1\",\"item\":\"a\",\"kind\":\"view\",\"time\":\"2017-01-02T00:00:00Z\"}\n"
            "{\"id\":\"3\",\"shopper\":\"s2\",\"item\":\"c\",\"kind\":\"hover\",\"time\":\"2017-01-02T00:00:00Z\"}\n");
}

TEST_F(Importing, AgainChangesNothingAndSaysSo) {
  imported(kItems);
  imported(kEvents);
  const auto seq = store_->counts().seq;
  const auto items = imported(kItems);
  EXPECT_EQ(items.changed, 0u);
  EXPECT_EQ(items.unchanged, 2u);
  const auto events = imported(kEvents);
  EXPECT_EQ(events.accepted, 0u);
  EXPECT_EQ(events.duplicates, 3u);
  EXPECT_EQ(store_->counts().seq, seq);
}

TEST_F(Importing, AnExportGivesTheSameExport) {
  imported(kItems);
  imported(kEvents);
  imported("{\"key\":\"s1\",\"consent\":{\"train\":false},\"attributes\":{\"age\":\"45-54\"}}\n");
  imported("{\"session\":\"v\",\"item\":\"a\",\"kind\":\"view\",\"time\":\"2017-01-02T00:00:00Z\",\"tags\":[1,\"x\"]}\n");
  auto copy = store::Store::create(dir_ / "copy").value();
  for (const RecordKind kind : {RecordKind::items, RecordKind::events, RecordKind::shoppers}) {
    const auto original = exported(kind);
    ImportOptions options;
    options.as = kind;
    const auto report = import_files(*copy, dir_ / "rejects", {dir_ / "export.jsonl"}, options, Progress::none());
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->rejected, 0u);
  }
  for (const RecordKind kind : {RecordKind::items, RecordKind::events, RecordKind::shoppers}) {
    EXPECT_EQ(exported(*copy, kind, dir_ / "copy.jsonl"), exported(kind)) << name_of(kind);
  }
}

TEST_F(Importing, CellsAreTypedOnlyWhereNoDigitIsLost) {
  imported("key,title,attributes.a,b\n1,One,007|1.5|true|x,2\n");
  EXPECT_EQ(exported(RecordKind::items), "{\"key\":\"1\",\"title\":\"One\",\"attributes\":{\"a\":[\"007\",1.5,true,\"x\"],\"b\":2}}\n");
}

TEST_F(Importing, CellsThatANumberWouldSpellOtherwiseStayTexts) {
  imported("key,title,attributes.a\n1,One,1.10|-0|9007199254740993|-0.5|250000|0.0625|9007199254740992|.5|1.|-|1.0\n");
  const auto item = store_->item(*store_->find_item("1").value()).value();
  EXPECT_EQ(item.attributes.at("a"), (std::vector<store::Value>{"1.10", "-0", "9007199254740993", -0.5, 250000.0, 0.0625,
                                                                9007199254740992.0, ".5", "1.", "-", "1.0"}));
  const std::string before = exported(RecordKind::items);
  imported(before);
  EXPECT_EQ(exported(RecordKind::items), before);
}

TEST_F(Importing, MapsColumnsWithUnits) {
  const auto report =
      imported("user,product,ts,what\n7,9,1483271606,view\n", with_map({"shopper=user,item=product", "time=ts:s", "kind=what"}));
  EXPECT_EQ(report.unknown_fields.size(), 0u);
  EXPECT_EQ(store_->counts().first_event, 1483271606000);
  imported("user;product;ts;what\n7;10;2017-01-01 06:53:27;view\n",
           with_map({"shopper=user,item=product", "time=ts:America/New_York", "kind=what"}));
  EXPECT_EQ(store_->counts().last_event, 1483271607000);
  EXPECT_EQ(imported("{\"user\":7,\"product\":11,\"ts\":1483271608,\"what\":\"view\"}\n",
                     with_map({"shopper=user,item=product", "time=ts:s", "kind=what"}))
                .accepted,
            1u);
}

TEST_F(Importing, MistakesInTheMappingAreTold) {
  EXPECT_FALSE(parse_map({"title"}));
  EXPECT_FALSE(parse_map({"=x"}));
  EXPECT_EQ(parse_map({"title=a,key=b", "title=c"}).error().message(),
            "--map title: field mapped twice: expected one column, found a and c");
  EXPECT_EQ(refused(kEvents, with_map({"colour=x"})).what, "cannot map to this field");
  EXPECT_EQ(refused(kEvents, with_map({"time=time:fortnights"})).what, "unknown unit of times");
}

TEST_F(Importing, MappedColumnsMustStandInATablesHeader) {
  imported("sku,name\na,Apple\n", with_map({"key=sku,title=name"}));
  const auto error = refused("sku,name\na,Apple\n", with_map({"key=sku,title=nam"}));
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(error.where, (dir_ / "feed").string());
  EXPECT_EQ(error.expected, "a column \"nam\"");
  EXPECT_EQ(error.found, "sku, name");
  EXPECT_EQ(error.hint, "Did you mean \"name\"?");
  EXPECT_EQ(store_->item(*store_->find_item("a").value())->title, "Apple");
  ImportOptions derived = with_map({"key=sku"});
  derived.map.templates["title"] = FieldMap::Derived{"{name}[ ({brand})]", ""};
  EXPECT_EQ(refused("sku,name\na,Apple\n", derived).expected, "a column \"brand\"");
  EXPECT_EQ(imported("{\"sku\":\"a\"}\n", with_map({"key=sku,title=name"})).rejected, 0u);  // objects may lack what others have
}

TEST_F(Importing, LongNumbersInTemplatesKeepTheirDigits) {
  ImportOptions derived = with_map({"title=name"});
  derived.map.templates["key"] = FieldMap::Derived{"{id}", ""};
  imported("{\"id\":1000000,\"name\":\"Million\"}\n", derived);
  EXPECT_TRUE(store_->find_item("1000000").value());
}

TEST_F(Importing, TheKindIsToldByTheFirstRecordThatTells) {
  EXPECT_EQ(imported("{\"key\":\"\xff\"}\n{\"key\n{\"key\":\"x\"}\n{\"key\":\"a\",\"title\":\"A\"}\n", lenient()).accepted, 2u);
  EXPECT_EQ(refused("{\"key\":\"\xff\"}\n").found, "no field that can be read");
  EXPECT_EQ(refused("{\"a\":1,\"b\":2}\n{\"b\":1,\"c\":1}\n").found, "a, b, c");
  std::string late;
  for (int i = 0; i < 100; ++i) late += "{\"key\":\"" + std::to_string(i) + "\"}\n";
  EXPECT_EQ(refused(late + "{\"key\":\"a\",\"title\":\"A\"}\n").found, "key");
}

TEST_F(Importing, AsksWhenTheKindCannotBeTold) {
  EXPECT_EQ(refused("a,b\n1,2\n").what, "cannot tell what the records are");
  EXPECT_EQ(refused("{\"name\":\"x\"}\n").found, "name");
}

TEST_F(Importing, RefusesRowsWithLineFieldExpectedAndFound) {
  const auto report = imported("key,title,price\na,A,1\nb,B,cheap\n\n,C,1\nd,D\n", lenient());
  EXPECT_EQ(report.accepted, 1u);
  EXPECT_EQ(report.rejected, 3u);
  EXPECT_TRUE(report.applied);
  ASSERT_EQ(report.first_problems.size(), 3u);
  EXPECT_EQ(
      read_file(report.rejects_file).value(),
      "{\"file\":\"feed\",\"line\":3,\"path\":\"price\",\"expected\":\"an amount of 0 or more, such as 29.90\",\"found\":\"\\\"cheap\\\"\","
      "\"row\":\"b,B,cheap\"}\n"
      "{\"file\":\"feed\",\"line\":5,\"path\":\"key\",\"expected\":\"a key\",\"found\":\"nothing\",\"row\":\",C,1\"}\n"
      "{\"file\":\"feed\",\"line\":6,\"path\":\"\",\"expected\":\"3 columns, as the header has\",\"found\":\"2\",\"row\":\"d,D\"}\n");
}

TEST_F(Importing, AppliesNothingAboveMaxRejects) {
  std::string feed(kItems);
  feed.append("{\"key\":\"c\",\"title\":1}\n");
  const auto report = imported(feed);
  EXPECT_FALSE(report.applied);
  EXPECT_EQ(report.rejected, 1u);
  EXPECT_EQ(store_->counts().items, 0u);
  ImportOptions third;
  third.max_rejects = 0.34;
  EXPECT_TRUE(imported(feed, third).applied);
  EXPECT_EQ(store_->counts().items, 2u);
}

TEST_F(Importing, TheShareOfRejectsIsOverAllFiles) {
  ImportOptions third;
  third.max_rejects = 0.34;
  const auto report = import({write("good", kItems), write("bad", "{\"key\":\"c\",\"title\":1}\n")}, third);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->applied);
}

TEST_F(Importing, StrictRefusesUnknownFields) {
  ImportOptions strict;
  strict.strict = true;
  EXPECT_FALSE(imported(kItems, strict).applied);
  EXPECT_FALSE(imported("key,title,colour\na,A,red\n", strict).applied);
  EXPECT_TRUE(imported("key,title,attributes.colour\na,A,red\n", strict).applied);
}

TEST_F(Importing, EmptyFilesHoldNoRows) {
  EXPECT_EQ(imported("").accepted, 0u);
  EXPECT_EQ(imported(" \n\r\n").accepted, 0u);
  EXPECT_EQ(imported("\xEF\xBB\xBF").accepted, 0u);
  EXPECT_EQ(imported("key,title\n").accepted, 0u);
  EXPECT_EQ(imported("key,title").accepted, 0u);
}

TEST_F(Importing, AFileNamedAsJsonLinesMayBeginWithABrokenOne) {
  const auto report = import({write("feed.jsonl", "garbage\n{\"key\":\"a\",\"title\":\"Apple\"}\n")}, lenient()).value();
  EXPECT_EQ(report.accepted, 1u);
  ASSERT_EQ(report.first_problems.size(), 1u);
  EXPECT_EQ(report.first_problems[0].line, 1u);
  EXPECT_EQ(report.first_problems[0].file, (dir_ / "feed.jsonl").string());
}

TEST_F(Importing, ByteOrderMarksAndCrlfAreNoPartOfTheData) {
  imported("\xEF\xBB\xBFkey\ttitle\r\na\tApple\r\n");
  imported("\xEF\xBB\xBF{\"key\":\"b\",\"title\":\"Bowl\"}\r\n");
  EXPECT_EQ(exported(RecordKind::items), "{\"key\":\"a\",\"title\":\"Apple\"}\n{\"key\":\"b\",\"title\":\"Bowl\"}\n");
}

TEST_F(Importing, BytesThatAreNotTextAreRefusedByRow) {
  const auto report = imported("key,title\na,A\nb,\xff\xfe\nc,x\0y\n"sv, lenient());
  EXPECT_EQ(report.accepted, 1u);
  ASSERT_EQ(report.first_problems.size(), 2u);
  EXPECT_EQ(report.first_problems[0].found, "bytes that are not UTF-8");
  EXPECT_EQ(report.first_problems[0].line, 3u);
  EXPECT_EQ(report.first_problems[1].found, "a NUL byte");
  EXPECT_TRUE(store::valid_utf8(read_file(report.rejects_file).value()));
  EXPECT_EQ(refused("\xFF\xFEk\0e\0y\0"sv).found, "UTF-16");
}

TEST_F(Importing, AQuoteThatIsNotClosedNamesTheLineItBeginsOn) {
  const auto error = refused("key,title\na,A\n\"b\nb\",\"open\nc,C\nd,D\n");
  EXPECT_EQ(error.where, (dir_ / "feed").string() + ":4");
  EXPECT_EQ(error.found, "none for the quote that begins here");
  EXPECT_EQ(store_->counts().items, 0u);
}

TEST_F(Importing, HeadersNeedNamesThatDiffer) {
  EXPECT_EQ(refused("key,title,\na,A,\n").found, "no name for column 3");
  EXPECT_EQ(refused("key,title,title\na,A,\n").found, "a second column \"title\"");
  EXPECT_EQ(refused("[{\"key\":\"a\"}]").found, "a JSON array");
}

TEST_F(Importing, TruncatedJsonIsOneRefusedRow) {
  const auto report = imported(kItems.substr(0, kItems.size() - 20), lenient());
  EXPECT_EQ(report.accepted, 1u);
  ASSERT_EQ(report.first_problems.size(), 1u);
  EXPECT_EQ(report.first_problems[0].line, 2u);
}

TEST_F(Importing, VeryLongLinesAreRead) {
  const std::string title(1'000'000, 'x');
  EXPECT_EQ(imported("{\"key\":\"a\",\"title\":\"" + title + "\"}\n{\"key\":\"b\",\"title\":\"B\"}\n").accepted, 2u);
  EXPECT_EQ(imported("key,title\nc,\"" + title + "\"\n").accepted, 1u);
  EXPECT_EQ(store_->item(*store_->find_item("c").value())->title.size(), title.size());
}

TEST_F(Importing, OfEqualKeysInAFeedTheLaterRowWinsHoweverOftenItIsImported) {
  const std::string_view feed = "key,title\na,First\nb,B\na,Second\n";
  const auto first = imported(feed);
  EXPECT_EQ(first.accepted, 2u);
  EXPECT_EQ(first.duplicates, 1u);
  EXPECT_EQ(store_->item(*store_->find_item("a").value())->title, "Second");
  const auto second = imported(feed);
  EXPECT_EQ(second.changed, 0u);
  EXPECT_EQ(store_->item(*store_->find_item("a").value())->title, "Second");
}

TEST_F(Importing, RowsOfOneKeyAtDifferentTimesAreItsHistory) {
  const std::string_view feed = "key,title,updated\na,New,2018-01-01T00:00:00Z\na,Old,2017-01-01T00:00:00Z\n";
  EXPECT_EQ(imported(feed).duplicates, 0u);
  EXPECT_EQ(store_->item(*store_->find_item("a").value())->title, "New");
}

TEST_F(Importing, EqualEventsWithoutIdsAreToldApartByTheirNumber) {
  const std::string_view feed =
      "shopper,item,kind,time\ns,a,view,2017-01-01T00:00:00Z\ns,a,view,2017-01-01T00:00:00Z\ns,b,view,2017-01-01T00:00:00Z\n";
  EXPECT_EQ(imported(feed).accepted, 3u);
  EXPECT_EQ(imported(feed).duplicates, 3u);
  EXPECT_EQ(store_->counts().events, 3u);
}

TEST_F(Importing, AShopsEventsAreAllTimedOrAllUntimed) {
  const auto report = imported("id,shopper,item,kind,time\n1,s,a,view,2017-01-01T00:00:00Z\n2,s,b,view,\n", lenient());
  EXPECT_EQ(report.accepted, 1u);
  ASSERT_EQ(report.first_problems.size(), 1u);
  EXPECT_EQ(report.first_problems[0].line, 3u);
  EXPECT_EQ(report.first_problems[0].expected, "a time, as the shop's other events have");
  EXPECT_FALSE(imported("id,shopper,item,kind\n3,s,a,view\n").applied);
}

TEST_F(Importing, KnownIdsWithOtherContentAreConflictsAndNotApplied) {
  imported("id,shopper,item,kind,time\n1,s,a,view,2017-01-01T00:00:00Z\n");
  const auto report = imported("id,shopper,item,kind,time\n1,s,b,view,2017-01-01T00:00:00Z\n");
  EXPECT_EQ(report.conflicts, 1u);
  EXPECT_EQ(store_->counts().events, 1u);
}

TEST_F(Importing, FullFeedsRemoveWhatTheyNoLongerHave) {
  imported("key,title\na,A\nb,B\nc,C\n");
  ImportOptions full;
  full.full = true;
  const auto guarded = refused("key,title\na,A\nb,B2\n", full);
  EXPECT_EQ(guarded.kind, ErrorKind::limit);
  EXPECT_EQ(store_->item(*store_->find_item("b").value())->title, "B");
  full.max_delete = 0.5;
  EXPECT_EQ(imported("key,title\na,A\nb,B2\n", full).removed, 1u);
  EXPECT_EQ(store_->item(*store_->find_item("b").value())->title, "B2");
  EXPECT_FALSE(store_->item(*store_->find_item("c").value()));
  EXPECT_EQ(imported("key,title\na,A\nb,B2\n", full).removed, 0u);
}

TEST_F(Importing, FullFeedsKeepTheItemsOfRefusedRows) {
  imported("key,title\na,A\nb,B\n");
  ImportOptions full = lenient();
  full.full = true;
  full.max_delete = 1;
  EXPECT_EQ(imported("key,title,price\na,A,1\nb,B,cheap\n", full).removed, 0u);
  EXPECT_EQ(imported("{\"key\":\"a\",\"title\":\"A\"}\n{\"key\":\"b\",\"title\":5}\n", full).removed, 0u);
  EXPECT_EQ(refused("{\"key\":\"a\",\"title\":\"A\"}\n{\"ke", full).what, "cannot tell which items the feed still has");
}

TEST_F(Importing, MergingPatchesItems) {
  imported("{\"key\":\"a\",\"title\":\"Apple\",\"brand\":\"X\",\"price\":1}\n");
  ImportOptions merge;
  merge.merge = true;
  EXPECT_EQ(imported("{\"key\":\"a\",\"brand\":null}\n{\"key\":\"a\",\"description\":\"Red\"}\n{\"key\":\"n\",\"title\":\"New\"}\n", merge)
                .changed,
            2u);
  imported("key,price\na,2.5\n", [&] {
    ImportOptions options = merge;
    options.as = RecordKind::items;
    return options;
  }());
  EXPECT_EQ(exported(RecordKind::items),
            "{\"key\":\"a\",\"title\":\"Apple\",\"description\":\"Red\",\"offers\":[{\"amount\":\"2.50\",\"currency\":\"EUR\","
            "\"availability\":\"in_stock\"}]}\n{\"key\":\"n\",\"title\":\"New\"}\n");
  EXPECT_EQ(refused(kEvents, merge).what, "--full and --merge are for items");
}

// Others change single fields of an item while imports do: none of them writes back what it read before the other.
TEST_F(Importing, LosesNothingToChangesBesideIt) {
  imported("{\"key\":\"hot\",\"title\":\"Hot\"}\n");
  std::atomic<bool> over{false};
  int made = 0;
  std::thread patches([&] {
    while (!over) {
      const std::unique_lock lock(store_->item_writes());
      store::Changes changes;
      changes.items.push_back(store_->item(store_->find_item("hot").value().value()).value());
      changes.items[0].description = fmt::format("Change {}", made);
      made += store_->commit(changes) ? 1 : 0;
    }
  });
  ImportOptions merge;
  merge.merge = true;
  for (int i = 0; i < 60; ++i) {
    const std::string title = fmt::format("Title {}", i), line = fmt::format("{{\"key\":\"hot\",\"title\":\"{}\"}}\n", title);
    const bool whole = i % 2 == 0;
    imported(line, whole ? ImportOptions{} : merge);
    EXPECT_EQ(store_->item(store_->find_item("hot").value().value())->title, title) << (whole ? "whole" : "merged");
  }
  over = true;
  patches.join();
  EXPECT_GT(made, 0);
}

TEST_F(Importing, MergingIsForItemsWhateverFieldsAPatchHas) {
  imported("{\"key\":\"a\",\"title\":\"Apple\"}\n");
  ImportOptions merge;
  merge.merge = true;
  EXPECT_EQ(imported("{\"key\":\"a\",\"url\":\"https://shop.example/a\"}\n", merge).changed, 1u);
}

TEST_F(Importing, APatchKeepsTheTimeOfItsItemAndIsApplied) {
  imported("{\"key\":\"a\",\"title\":\"Apple\",\"updated\":\"2017-01-01T00:00:00Z\"}\n");
  ImportOptions merge;
  merge.merge = true;
  EXPECT_EQ(imported("{\"key\":\"a\",\"brand\":\"X\"}\n", merge).changed, 1u);
  EXPECT_EQ(imported("{\"key\":\"a\",\"brand\":\"Y\",\"updated\":\"2016-01-01T00:00:00Z\"}\n", merge).changed, 0u);
  EXPECT_EQ(exported(RecordKind::items), "{\"key\":\"a\",\"title\":\"Apple\",\"brand\":\"X\",\"updated\":\"2017-01-01T00:00:00Z\"}\n");
}

TEST_F(Importing, ExportReplacesTheFileThatALinkPointsTo) {
  imported(kItems);
  const fs::path file = write("file", "old"), link = dir_ / "link", dangling = dir_ / "dangling";
  fs::create_symlink("file", link);
  fs::create_symlink("new", dangling);
  ASSERT_TRUE(export_records(*store_, RecordKind::items, link, Progress::none()));
  ASSERT_TRUE(export_records(*store_, RecordKind::items, dangling, Progress::none()));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_symlink(dangling));
  EXPECT_EQ(read_file(file).value(), exported(RecordKind::items));
  EXPECT_EQ(read_file(dir_ / "new").value(), exported(RecordKind::items));
  EXPECT_FALSE(fs::exists(dir_ / "file.part"));
}

TEST_F(Importing, ExportWritesIntoAPipe) {
  imported(kItems);
  const fs::path pipe = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] {
    std::ifstream in(pipe, std::ios::binary);
    read.assign(std::istreambuf_iterator<char>(in), {});
  });
  const auto lines = export_records(*store_, RecordKind::items, pipe, Progress::none());
  reader.join();
  ASSERT_TRUE(lines) << lines.error().message();
  EXPECT_EQ(*lines, 2u);
  EXPECT_EQ(read, exported(RecordKind::items));
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(Importing, ExportIntoAPipeThatNobodyReadsAnyMoreIsAnError) {
  imported("{\"key\":\"a\",\"title\":\"" + std::string(1'000'000, 'x') + "\"}\n");  // more than a pipe holds
  const fs::path pipe = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  std::thread reader([&] { ::close(::open(pipe.c_str(), O_RDONLY | O_CLOEXEC)); });
  const auto lines = export_records(*store_, RecordKind::items, pipe, Progress::none());
  reader.join();
  std::signal(SIGPIPE, before);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().kind, ErrorKind::io);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

std::string many_events(std::size_t count) {
  std::string text = "id,shopper,item,kind,time\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += std::to_string(i) + ",s" + std::to_string(i % 97) + ",i" + std::to_string(i % 1013) + ",view," +
            std::to_string(1483271606000 + i) + "\n";
  }
  return text;
}

// A feed that was cut short, the next night's, and the first one again, to go back to it.
TEST_F(Importing, OfItemsLeavesTheFeedWhateverStoodBetweenItAndAnEarlierRun) {
  constexpr std::size_t kFeed = 60'000;
  const auto feed = [](std::string_view version) {
    std::string text = "key,title\n";
    for (std::size_t i = 0; i < kFeed; ++i) text += fmt::format("i{},{:200} {}\n", i, i, version);
    return text;
  };
  const auto first = write("first.csv", feed("one")), second = write("second.csv", feed("two"));
  Progress progress(Progress::Style::silent);
  ImportOptions options;
  options.finish_item = [&](store::Item& item) {
    if (item.key.ends_with("00") && store_->counts().items > 0) progress.cancel();
  };
  EXPECT_EQ(import_files(*store_, dir_ / "rejects", {first}, options, progress).error().kind, ErrorKind::cancelled);
  EXPECT_LT(store_->counts().items, kFeed);
  ASSERT_TRUE(import({second}));
  ASSERT_TRUE(import({first}));
  std::size_t of_first = 0;
  ASSERT_TRUE(store_->for_each_item([&](ItemId, store::Item&& item) {
    of_first += item.title.ends_with(" one") ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(of_first, kFeed);
}

TEST_F(Importing, GoesOnWhereAnEarlierRunStopped) {
  constexpr std::size_t kEventCount = 200'000;  // many commits, of which a few are under way at a time
  const std::string feed = many_events(kEventCount);
  Progress progress(Progress::Style::silent);
  ImportOptions options;
  options.finish_event = [&](store::Event& event) {
    if (event.id.ends_with("000") && store_->counts().events > 0) progress.cancel();
  };
  const auto path = write("feed", feed);
  const auto stopped = import_files(*store_, dir_ / "rejects", {path}, options, progress);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  const auto before = store_->counts().events;
  EXPECT_GT(before, 0u);
  EXPECT_LT(before, kEventCount);
  const auto resumed = import({path});
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->resumed_rows, before);
  EXPECT_EQ(resumed->accepted, kEventCount - before);
  auto whole = store::Store::create(dir_ / "whole").value();
  ASSERT_TRUE(import_files(*whole, dir_ / "rejects", {path}, {}, Progress::none()));
  EXPECT_EQ(exported(RecordKind::events), exported(*whole, RecordKind::events, dir_ / "whole.jsonl"));
}

TEST_F(Importing, GivesTheSameShopOnAnyNumberOfThreads) {
  const auto path = write("feed", many_events(50'000));
  ImportOptions options;
  options.threads = 4;
  auto other = store::Store::create(dir_ / "other").value();
  ASSERT_TRUE(import_files(*other, dir_ / "rejects", {path}, options, Progress::none()));
  ASSERT_TRUE(import({path}));
  EXPECT_EQ(exported(RecordKind::events), exported(*other, RecordKind::events, dir_ / "other.jsonl"));
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  ::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  out.resize(::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST_F(Importing, ReadsGzipAndZstdToldByContent) {
  EXPECT_EQ(imported(gzip(kItems.substr(0, 44)) + gzip(kItems.substr(44)) + std::string(512, '\0')).accepted, 2u);
  EXPECT_EQ(imported(zstd(kEvents.substr(0, 50)) + zstd(kEvents.substr(50))).accepted, 3u);
}

// More than the beginning that tells a file's form: a file is empty only when all of it is blank.
TEST_F(Importing, BlankLinesAreSkippedHoweverMany) {
  for (const std::string& blanks : {std::string(3'000'000, '\n'), std::string(1'048'570, '\n'), std::string(3'000'000, ' ') + "\r\n",
                                    "\xEF\xBB\xBF" + std::string(1'048'576, '\n')}) {
    SCOPED_TRACE(blanks.size());
    store_.reset();
    fs::remove_all(dir_ / "store");
    store_ = store::Store::create(dir_ / "store", {.bulk_bytes = 4 << 20}).value();
    const std::string rows = blanks + std::string(kItems);
    EXPECT_EQ(imported(rows).accepted, 2u);
    EXPECT_EQ(imported(gzip(rows)).unchanged, 2u);
    EXPECT_EQ(imported(zstd(rows)).unchanged, 2u);
    EXPECT_EQ(imported(blanks + std::string(kEvents)).accepted, 3u);
    EXPECT_EQ(imported(zstd(blanks + std::string(kEvents))).duplicates, 3u);
    ImportOptions full;
    full.full = true;
    EXPECT_EQ(imported(rows, full).removed, 0u);
    EXPECT_EQ(imported(blanks).accepted, 0u);
    ImportOptions map;
    map.format = Format::json_map;
    EXPECT_EQ(imported(blanks + "{\"c\":{\"title\":\"Cup\"}}", map).accepted, 1u);
    const auto broken = imported(blanks + "key,title\na\n", lenient());
    ASSERT_EQ(broken.first_problems.size(), 1u);
    EXPECT_EQ(broken.first_problems[0].line, static_cast<std::uint64_t>(std::count(blanks.begin(), blanks.end(), '\n')) + 2);
  }
}

TEST_F(Importing, ALineOfNothingButBlanksHasALength) {
  EXPECT_EQ(refused(std::string(65 << 20, ' ') + "{}").found, "a longer one");
}

TEST_F(Importing, DamagedCompressionAppliesNothing) {
  const std::string feed = many_events(40'000);
  for (const std::string& whole : {gzip(feed), zstd(feed)}) {
    for (const std::size_t length : {whole.size() - 1, whole.size() / 2, std::size_t{20}}) {
      EXPECT_EQ(refused(whole.substr(0, length)).kind, ErrorKind::corrupt) << length;
    }
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x10);
    const auto report = import({write("feed", flipped)});
    EXPECT_FALSE(report && report->applied);
  }
  EXPECT_EQ(store_->counts().events, 0u);
}

TEST_F(Importing, MissingFilesAndFoldersAreErrors) {
  EXPECT_EQ(import({dir_ / "nowhere"}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(import({dir_.path()}).error().kind, ErrorKind::io);
}

TEST_F(Importing, ReportsAsOneJsonObject) {
  auto report = imported(kItems);
  report.seconds = 1.25;
  EXPECT_EQ(
      report.to_json(),
      "{\"accepted\":2,\"changed\":2,\"unchanged\":0,\"rejected\":0,\"removed\":0,\"duplicates\":0,\"conflicts\":0,\"unknown_kinds\":{},"
      "\"unknown_fields\":{\"colour\":1},\"resumed_rows\":0,\"seconds\":1.25,\"applied\":true}");
}

}  // namespace
}  // namespace souk::feeds
