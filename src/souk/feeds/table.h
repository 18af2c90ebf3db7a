// Records of CSV and TSV texts (RFC 4180): a field that begins with a quote runs to its closing quote, over delimiters and line ends, and
// a doubled quote inside stands for one. Quotes elsewhere are ordinary characters. Lines end in LF or CRLF.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace souk::feeds {

struct TableRecord {
  std::vector<std::string_view> fields;  // into the text, or into `unescaped`
  std::string_view text;                 // the whole record without its line end
  std::size_t lines = 1;                 // line ends in it
  bool unterminated = false;             // the text ends inside a quoted field
  std::size_t quote_line = 0;            // lines of the record before the quote that is not closed
  std::string problem;                   // what stands where it must not; empty: nothing
  std::deque<std::string> unescaped;
};

// Reads the record at `begin` (which is < text.size()) and answers where the next one begins.
std::size_t read_record(std::string_view text, std::size_t begin, char delimiter, TableRecord& record);

// The same where quotes are ordinary characters and a record is a line: fields between delimiters, or words between blanks.
std::size_t read_unquoted(std::string_view text, std::size_t begin, char delimiter, TableRecord& record);
std::size_t read_words(std::string_view text, std::size_t begin, TableRecord& record);

// The end of the last record that `text`, which begins with one, holds whole, line end included; 0: none.
std::size_t whole_records(std::string_view text, char delimiter);

}  // namespace souk::feeds
