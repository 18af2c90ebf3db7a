#include "souk/feeds/table.h"

#include <gtest/gtest.h>
#include <random>

namespace souk::feeds {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows read_all(std::string_view text, char delimiter = ',') {
  Rows rows;
  TableRecord record;
  for (std::size_t at = 0; at < text.size();) {
    at = read_record(text, at, delimiter, record);
    rows.emplace_back(record.fields.begin(), record.fields.end());
  }
  return rows;
}

TEST(Table, SplitsAtDelimitersAndLineEnds) {
  EXPECT_EQ(read_all("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_all("a,b\r\nc,d"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_all("a,,\n,,b\n"), (Rows{{"a", "", ""}, {"", "", "b"}}));
  EXPECT_EQ(read_all("a\tb,c\n", '\t'), (Rows{{"a", "b,c"}}));
  EXPECT_EQ(read_all("\n"), (Rows{{""}}));
  EXPECT_EQ(read_all("a,\r\n"), (Rows{{"a", ""}}));
}

TEST(Table, QuotedFieldsMayHoldDelimitersLineEndsAndQuotes) {
  EXPECT_EQ(read_all("\"a,b\",\"c\nd\",\"e\"\"f\"\n"), (Rows{{"a,b", "c\nd", "e\"f"}}));
  EXPECT_EQ(read_all("\"\",\"\"\"\"\r\n"), (Rows{{"", "\""}}));
  EXPECT_EQ(read_all("\"a\r\n\"\r\n"), (Rows{{"a\r\n"}}));
}

TEST(Table, QuotesInsidePlainFieldsAreOrdinary) {
  EXPECT_EQ(read_all("5\" screen,b\"\"\n"), (Rows{{"5\" screen", "b\"\""}}));
}

TEST(Table, CountsTheLinesOfARecord) {
  TableRecord record;
  read_record("a,\"x\ny\nz\",b\nnext", 0, ',', record);
  EXPECT_EQ(record.lines, 3u);
  EXPECT_EQ(record.text, "a,\"x\ny\nz\",b");
}

TEST(Table, TextAfterAClosingQuoteIsAProblemOfTheRowAlone) {
  TableRecord record;
  const std::string_view text = "\"a\"x,b\nc,d\n";
  const auto next = read_record(text, 0, ',', record);
  EXPECT_EQ(record.problem, "\"x\" after the closing quote of column 1");
  read_record(text, next, ',', record);
  EXPECT_EQ(record.problem, "");
  EXPECT_EQ(record.fields[1], "d");
}

TEST(Table, AQuoteThatIsNotClosedNamesItsLine) {
  TableRecord record;
  const std::string_view text = "\"x\ny\",\"open\n1,2\n";
  EXPECT_EQ(read_record(text, 0, ',', record), text.size());
  EXPECT_TRUE(record.unterminated);
  EXPECT_EQ(record.quote_line, 1u);
}

// A writer that quotes at random is the oracle: what it wrote must come back, wherever the text is cut into whole records.
TEST(Table, ReadsWhatWasWrittenAndCutsOnlyBetweenRecords) {
  std::mt19937 random(7);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  for (int round = 0; round < 300; ++round) {
    Rows rows(1 + below(6), std::vector<std::string>(1 + below(4)));
    std::string text;
    for (auto& row : rows) {
      for (std::size_t column = 0; column < row.size(); ++column) {
        for (unsigned length = below(6); length > 0; --length) row[column] += "ab,\n\"\r\t"[below(7)];
        bool quote = row[column].find_first_of(",\n\"\r") != std::string::npos || below(3) == 0;
        if (row.size() == 1 && row[column].empty()) quote = true;
        std::string cell;
        for (const char c : row[column]) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += (column == 0 ? "" : ",") + (quote ? "\"" + cell + "\"" : cell);
      }
      text += below(2) == 0 ? "\n" : "\r\n";
    }
    ASSERT_EQ(read_all(text), rows) << text;
    for (std::size_t length = 0; length <= text.size(); ++length) {
      const auto end = whole_records(std::string_view(text).substr(0, length), ',');
      ASSERT_LE(end, length);
      Rows parts = read_all(std::string_view(text).substr(0, end));
      const Rows rest = read_all(std::string_view(text).substr(end));
      parts.insert(parts.end(), rest.begin(), rest.end());
      ASSERT_EQ(parts, rows) << text << " cut at " << end;
    }
    ASSERT_EQ(whole_records(text, ','), text.size());
  }
}

}  // namespace
}  // namespace souk::feeds
