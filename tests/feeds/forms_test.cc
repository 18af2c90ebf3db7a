// Forms of research data sets, imported into a shop.
#include <fstream>
#include <gmock/gmock.h>

#include "souk/feeds/descriptor.h"

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

using ::testing::HasSubstr;

class Forms : public ::testing::Test {
 protected:
  Forms() { store_ = store::Store::create(dir_ / "store").value(); }
  fs::path write(const std::string& name, std::string_view text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  static ImportOptions as(std::string_view format, std::optional<RecordKind> kind = {}) {
    ImportOptions options;
    options.format = format_named(format).value();
    options.as = kind;
    return options;
  }
  // What the shop holds after the import.
  std::string import(const std::string& name, std::string_view text, const ImportOptions& options, RecordKind kind = RecordKind::events) {
    report_ = import_files(*store_, dir_ / "rejects", {write(name, text)}, options, Progress::none());
    EXPECT_TRUE(report_) << (report_ ? "" : report_.error().message());
    if (!report_) return {};
    EXPECT_TRUE(export_records(*store_, kind, dir_ / "export", Progress::none()));
    return read_file(dir_ / "export").value();
  }
  Error refused(std::string_view text, const ImportOptions& options) {
    return import_files(*store_, dir_ / "rejects", {write("feed", text)}, options, Progress::none()).error();
  }
  // Export lines begin with ids made of the content.
  static std::string without_ids(std::string_view lines) {
    std::string out;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      const std::string_view line = lines.substr(at, end - at);
      out += std::string("{") + std::string(line.substr(line.find("\",") + 2)) + "\n";
      at = end + 1;
    }
    return out;
  }
  testing::TempDir dir_;
  std::unique_ptr<store::Store> store_;
  Result<ImportReport> report_;
};

TEST_F(Forms, SequencesArePurchasesWithoutTimes) {
  EXPECT_EQ(without_ids(import("s.txt", "7 12 15\n9 12\n", as("sequences"))),
            "{\"shopper\":\"7\",\"item\":\"12\",\"kind\":\"purchase\"}\n"
            "{\"shopper\":\"7\",\"item\":\"15\",\"kind\":\"purchase\"}\n"
            "{\"shopper\":\"9\",\"item\":\"12\",\"kind\":\"purchase\"}\n");
  EXPECT_EQ(report_->accepted, 3U);
  import("s.txt", "7 12 15\n9 12\n", as("sequences"));
  EXPECT_EQ(report_->duplicates, 3U);  // again is harmless
}

TEST_F(Forms, SessionsBasketsAndCasesAreNamedByFileAndLine) {
  EXPECT_EQ(
      without_ids(import("walks.txt.old", "1\n\n2\n", as("sessions"))),
      "{\"session\":\"walks:1\",\"item\":\"1\",\"kind\":\"purchase\"}\n{\"session\":\"walks:3\",\"item\":\"2\",\"kind\":\"purchase\"}\n");
  EXPECT_THAT(import("baskets.csv", "milk, rolls\n", as("baskets")),
              HasSubstr("\"session\":\"baskets:1\",\"item\":\"rolls\",\"kind\":\"purchase\",\"order\":\"baskets:1\""));
  EXPECT_THAT(import("cases.txt", "5 6\t7\n", as("cases")), HasSubstr("\"session\":\"cases:1\",\"item\":\"7\""));
}

TEST_F(Forms, LinesKeepTheirNumbersOverManyChunksAndThreads) {
  std::string text;
  for (int line = 1; line <= 60'000; ++line) text += std::to_string(line) + " " + std::to_string(line) + "\n";
  ImportOptions options = as("sessions");
  options.threads = 3;
  import("long.txt", text, options);
  EXPECT_EQ(report_->accepted, 120'000U);
  const auto visitor = store_->find_shopper("session:long:59999").value();
  EXPECT_TRUE(visitor);
  EXPECT_FALSE(store_->find_shopper("session:long:60001").value());
}

TEST_F(Forms, BasketsGiveTheirGoodsAsItems) {
  EXPECT_EQ(import("b.csv", "milk,rolls\nmilk\n", as("baskets", RecordKind::items), RecordKind::items),
            "{\"key\":\"milk\",\"title\":\"milk\"}\n{\"key\":\"rolls\",\"title\":\"rolls\"}\n");
}

TEST_F(Forms, AtomicFilesFillFieldsByTheirColumns) {
  EXPECT_EQ(
      without_ids(import("x.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\tcity:token\nu\ti\t4.5\t881250949\tOslo\n",
                         as("auto"))),
      "{\"shopper\":\"u\",\"item\":\"i\",\"kind\":\"rating\",\"time\":\"1997-12-04T15:55:49Z\",\"value\":4.5,"
      "\"attributes\":{\"city\":\"Oslo\"}}\n");
  EXPECT_EQ(import("x.item",
                   "item_id:token\tmovie_title:token_seq\tclass:token_seq\tyear:token\tscores:float_seq\ni\tToy Story\tA B\t1995\t0.5 2\n",
                   as("auto"), RecordKind::items),
            "{\"key\":\"i\",\"title\":\"Toy Story\",\"category\":[\"A\",\"B\"],\"attributes\":{\"scores\":[0.5,2],\"year\":1995}}\n");
  EXPECT_EQ(import("x.user", "user_id:token\tage:token\nu\t24\n", as("recbole"), RecordKind::shoppers),
            "{\"key\":\"u\",\"attributes\":{\"age\":24}}\n");
  EXPECT_EQ(refused("user_id\titem_id\nu\ti\n", as("recbole")).expected, "types of columns in the first line, such as user_id:token");
}

TEST_F(Forms, AtomicFilesWithoutRatingsArePurchases) {
  EXPECT_THAT(import("x.inter", "user_id:token\titem_id:token\nu\ti\n", as("auto")), HasSubstr("\"kind\":\"purchase\""));
}

TEST_F(Forms, PairsAndColumnsBetweenBlanksNeedNoTabs) {
  EXPECT_THAT(import("p.txt", "7\t12\n7 15 \n", as("pairs")), HasSubstr("\"shopper\":\"7\",\"item\":\"15\",\"kind\":\"purchase\""));
  ImportOptions options = as("spaces", RecordKind::events);
  options.map = parse_map({"shopper=who,item=what,quantity=n"}).value();
  options.map.constants["kind"] = "cart";
  EXPECT_THAT(import("c.txt", " who  what  n\r\n 001  tea    2\r\n", options),
              HasSubstr("\"shopper\":\"001\",\"item\":\"tea\",\"kind\":\"cart\",\"quantity\":2"));
  EXPECT_EQ(report_->rejected, 0U);
}

TEST_F(Forms, DaysMayBeWrittenAsNumbers) {
  ImportOptions options = as("spaces", RecordKind::events);
  options.map = parse_map({"shopper=who,item=what,time=day:yyyymmdd"}).value();
  options.map.constants["kind"] = "view";
  EXPECT_THAT(import("c.txt", "who what day\na b 19970131\n", options), HasSubstr("\"time\":\"1997-01-31T00:00:00Z\""));
  options.max_rejects = 1;
  import("c.txt", "who what day\na b 19970132\n", options);
  ASSERT_EQ(report_->rejected, 1U);
  EXPECT_EQ(report_->first_problems[0].expected, "a day written yyyymmdd, such as 20170131");
}

TEST_F(Forms, AnObjectOfRecordsGivesItemsAndPatches) {
  EXPECT_EQ(import("m.json", "{\n  \"1\": {\n \"title\": \"A\\nB\",\n \"price\": \"2.50\"},\n \"k\\u00e9\": {}}\n",
                   as("json-map", RecordKind::items), RecordKind::items),
            "{\"key\":\"1\",\"title\":\"A\\nB\",\"offers\":[{\"amount\":\"2.50\",\"currency\":\"EUR\",\"availability\":\"in_stock\"}]}\n"
            "{\"key\":\"ké\"}\n");
  ImportOptions options = as("json-map", RecordKind::items);
  options.merge = true;
  options.map = parse_map({"attributes.label=values"}).value();
  EXPECT_THAT(import("a.json", "{\"1\": [3, 4]}", options, RecordKind::items), HasSubstr("\"attributes\":{\"label\":[3,4]},\"offers\""));
  EXPECT_EQ(refused("{\"1\": [3}", options).what, "cannot read the JSON object");
  EXPECT_EQ(refused("{\"1\": {}} {}", options).what, "cannot read the JSON object");
  EXPECT_EQ(refused("[1]", options).what, "cannot read the JSON object");
}

TEST_F(Forms, RefusedLinesNameLineFieldAndWhatWasFound) {
  ImportOptions options = as("sequences");
  const auto report = import_files(*store_, dir_ / "rejects", {write("s.txt", "1 2\n1 two\n")}, options, Progress::none()).value();
  EXPECT_FALSE(report.applied);
  ASSERT_EQ(report.first_problems.size(), 1U);
  EXPECT_EQ(report.first_problems[0].to_json(),
            fmt::format("{{\"line\":2,\"file\":\"{}\",\"path\":\"item\",\"expected\":\"whole numbers, separated by blanks\","
                        "\"found\":\"\\\"two\\\"\"}}",
                        (dir_ / "s.txt").string()));
  EXPECT_EQ(store_->counts().events, 0U);
  EXPECT_EQ(refused("1 2\n", as("sequences", RecordKind::shoppers)).expected, "events, as lines of its form hold");
}

TEST_F(Forms, TablesMayHaveNoHeaderAndListsOfTheirOwnSeparator) {
  write("f.tsv", "i1\t5 6\ni2\t\n");
  const auto set =
      Descriptor::load(write("set.toml",
                             "[[files]]\npath = \"f.tsv\"\nas = \"items\"\nformat = \"tsv\"\ncolumns = [\"item\", \"features\"]\n"
                             "[files.map]\nkey = \"item\"\n\"attributes.feature\" = {column = \"features\", separator = \" \"}\n"));
  ASSERT_TRUE(set) << set.error().message();
  const auto report = import_descriptor(*store_, dir_ / "rejects", *set, dir_.path(), 1, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_TRUE(export_records(*store_, RecordKind::items, dir_ / "export", Progress::none()));
  EXPECT_EQ(read_file(dir_ / "export").value(), "{\"key\":\"i1\",\"attributes\":{\"feature\":[5,6]}}\n{\"key\":\"i2\"}\n");
}

TEST_F(Forms, QuotesMayBeOrdinaryCharacters) {
  ImportOptions options = as("tsv", RecordKind::items);
  options.quotes = false;
  EXPECT_EQ(import("q.tsv", "key\ttitle\n1\t\"Big\" bowl\n2\t\"\n", options, RecordKind::items),
            "{\"key\":\"1\",\"title\":\"\\\"Big\\\" bowl\"}\n{\"key\":\"2\",\"title\":\"\\\"\"}\n");
}

TEST_F(Forms, DescriptorsSayWhichFilesAShopTakes) {
  write("a.txt", "1 2\n");
  write("b.txt", "1\t2\n");
  const auto set = Descriptor::load(write(
      "set.toml",
      "[[files]]\npath = \"a.txt\"\nas = \"sessions\"\n[[files]]\npath = \"b.txt\"\nas = \"cases\"\npart = \"test\"\nshop = false\n"));
  ASSERT_TRUE(set) << set.error().message();
  const auto report = import_descriptor(*store_, dir_ / "rejects", *set, dir_.path(), 1, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(store_->counts().events, 2U);
}

}  // namespace
}  // namespace souk::feeds
