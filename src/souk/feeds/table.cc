#include "souk/feeds/table.h"

#include <algorithm>

namespace souk::feeds {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// From an opening quote to behind the closing one; kNone when the text ends first.
std::size_t skip_quoted(std::string_view text, std::size_t at, bool& doubled) {
  for (++at;; at += 2) {
    at = text.find('"', at);
    if (at == kNone) return kNone;
    if (at + 1 >= text.size() || text[at + 1] != '"') return at + 1;
    doubled = true;
  }
}

std::size_t skip_plain(std::string_view text, std::size_t at, char delimiter) {
  while (at < text.size() && text[at] != delimiter && text[at] != '\n') ++at;
  return at;
}

// The end of the record at `begin`, line end included; kNone when the text ends before the record does.
std::size_t skip_record(std::string_view text, std::size_t begin, char delimiter) {
  const std::size_t newline = text.find('\n', begin);
  if (newline == kNone) return kNone;
  if (text.substr(begin, newline - begin).find('"') == kNone) return newline + 1;
  for (std::size_t at = begin;;) {
    bool doubled = false;
    if (at < text.size() && text[at] == '"') at = skip_quoted(text, at, doubled);
    if (at == kNone) return kNone;
    at = skip_plain(text, at, delimiter);
    if (at == text.size()) return kNone;
    if (text[at++] == '\n') return at;
  }
}

std::string without_doubles(std::string_view quoted) {
  std::string text;
  text.reserve(quoted.size());
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    text += quoted[i];
    if (quoted[i] == '"') ++i;
  }
  return text;
}

// A line as the text of a record without fields; where the next one begins.
std::size_t read_line(std::string_view text, std::size_t begin, TableRecord& record) {
  record.fields.clear();
  record.problem.clear();
  record.unescaped.clear();
  record.unterminated = false;
  record.lines = 1;
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  record.text = text.substr(begin, end - begin);
  if (record.text.ends_with('\r')) record.text.remove_suffix(1);
  return std::min(end + 1, text.size());
}

}  // namespace

std::size_t read_record(std::string_view text, std::size_t begin, char delimiter, TableRecord& record) {
  record.fields.clear();
  record.problem.clear();
  record.unescaped.clear();
  record.unterminated = false;
  record.lines = 1;
  bool quotes = false;
  std::size_t at = begin;
  for (bool more = true; more;) {
    const std::size_t start = at;
    if (at < text.size() && text[at] == '"') {
      quotes = true;
      bool doubled = false;
      const std::size_t end = skip_quoted(text, at, doubled);
      if (end == kNone) {
        record.unterminated = true;
        record.quote_line = static_cast<std::size_t>(
            std::count(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
        record.text = text.substr(begin);
        return text.size();
      }
      const std::string_view inside = text.substr(start + 1, end - start - 2);
      record.fields.push_back(doubled ? std::string_view(record.unescaped.emplace_back(without_doubles(inside))) : inside);
      at = skip_plain(text, end, delimiter);
      const std::string_view after = text.substr(end, at - end);
      if (!after.empty() && after != "\r" && record.problem.empty()) {
        record.problem =
            "\"" + std::string(after.substr(0, 40)) + "\" after the closing quote of column " + std::to_string(record.fields.size());
      }
    } else {
      at = skip_plain(text, at, delimiter);
      record.fields.push_back(text.substr(start, at - start));
    }
    more = at < text.size() && text[at] == delimiter;
    if (more) ++at;
  }
  std::size_t end = at;
  if (at < text.size()) ++at;  // the line end
  // The CR of a CRLF belongs to the line end; after a quoted field it was never part of the field.
  if (end > begin && text[end - 1] == '\r') {
    --end;
    std::string_view& last = record.fields.back();
    if (!last.empty() && last.data() + last.size() == text.data() + end + 1) last.remove_suffix(1);
  }
  record.text = text.substr(begin, end - begin);
  if (quotes) record.lines += static_cast<std::size_t>(std::count(record.text.begin(), record.text.end(), '\n'));
  return at;
}

std::size_t read_unquoted(std::string_view text, std::size_t begin, char delimiter, TableRecord& record) {
  const std::size_t next = read_line(text, begin, record);
  for (std::string_view rest = record.text;; rest.remove_prefix(record.fields.back().size() + 1)) {
    record.fields.push_back(rest.substr(0, rest.find(delimiter)));
    if (record.fields.back().size() == rest.size()) return next;
  }
}

std::size_t read_words(std::string_view text, std::size_t begin, TableRecord& record) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t next = read_line(text, begin, record);
  for (std::string_view rest = record.text;;) {
    const std::size_t first = rest.find_first_not_of(kBlanks);
    if (first == kNone) return next;
    rest.remove_prefix(first);
    record.fields.push_back(rest.substr(0, rest.find_first_of(kBlanks)));
    rest.remove_prefix(record.fields.back().size());
  }
}

std::size_t whole_records(std::string_view text, char delimiter) {
  if (text.find('"') == kNone) return text.rfind('\n') + 1;  // kNone + 1 is 0
  std::size_t end = 0;
  for (std::size_t next = 0; next < text.size(); end = next) {
    next = skip_record(text, end, delimiter);
    if (next == kNone) break;
  }
  return end;
}

}  // namespace souk::feeds
