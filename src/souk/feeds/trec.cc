#include "souk/feeds/trec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <simdjson.h>
#include <span>
#include <system_error>

#include "souk/base/json_text.h"
#include "souk/feeds/byte_stream.h"
#include "souk/feeds/fields.h"
#include "souk/feeds/json_text.h"
#include "souk/feeds/table.h"

namespace souk::feeds {
namespace {

constexpr std::string_view kBlank = " \t\r";

// The names of a column or of a JSON field, preferred ones first; lower case, without "_", "-", "." and spaces.
using Names = std::span<const std::string_view>;
constexpr std::string_view kQueryNames[] = {"query", "querytext", "queryid", "qid", "topic"};
constexpr std::string_view kItemNames[] = {"item", "itemid", "docid", "doc", "documentid", "productid", "product"};
constexpr std::string_view kGradeNames[] = {"grade", "rating", "relevance", "rel", "judgement", "judgment", "label", "finalrating"};
constexpr std::string_view kScoreNames[] = {"score", "sim"};
constexpr std::string_view kListNames[] = {"ratings", "judgments", "judgements"};
constexpr std::string_view kDocumentNames[] = {"judgmentratings", "judgementratings"};

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char letter : name) {
    if (letter == '_' || letter == '-' || letter == '.' || letter == ' ') continue;
    plain += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return plain;
}

tl::unexpected<Error> wrong(std::string_view what, std::string where, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid, std::string(what), std::move(where), std::move(expected), std::move(found), {}});
}

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return {};
  return number;
}

// What both kinds of files are read into. `where` names the row: "file:17".
class JudgementRows {
 public:
  static constexpr std::string_view kWhat = "a judgement cannot be read";
  static constexpr std::string_view kValue = "grade";
  static constexpr Names kValueNames = kGradeNames;
  static constexpr std::size_t kTrecFields = 4, kTrecValue = 3;
  static constexpr std::string_view kTrecForm = "query 0 item grade";

  Status add(std::string_view query, std::string_view item, double grade, const std::string& where) {
    ++file.rows;
    const auto [at, fresh] = file.grades[std::string(query)].emplace(item, grade);
    if (fresh) return {};
    if (at->second != grade) {
      return wrong("a judgement stands there twice with different grades", where + ": grade", fmt::format("{} as before", at->second),
                   fmt::format("{} for item {} of query {}", grade, found_text(item), found_text(query)));
    }
    ++file.repeated;
    return {};
  }
  void tag(std::string_view) {}
  JudgementFile file;
};

class RunRows {
 public:
  static constexpr std::string_view kWhat = "a run cannot be read";
  static constexpr std::string_view kValue = "score";
  static constexpr Names kValueNames = kScoreNames;
  static constexpr std::size_t kTrecFields = 6, kTrecValue = 4;
  static constexpr std::string_view kTrecForm = "query Q0 item rank score tag";

  Status add(std::string_view query, std::string_view item, double score, const std::string& where) {
    ++file.rows;
    auto& [list, seen] = lists_[std::string(query)];
    if (!seen.emplace(item).second) {
      return wrong("an item stands twice in a list", where + ": item", "each item once for a query",
                   fmt::format("{} again, for query {}", found_text(item), found_text(query)));
    }
    list.emplace_back(item, score);
    return {};
  }
  void tag(std::string_view text) {
    if (file.tag.empty()) file.tag = text;
  }
  RunFile take() {
    for (auto& [query, list] : lists_) file.lists[query] = std::move(list.first);
    return std::move(file);
  }
  RunFile file;

 private:
  std::map<std::string, std::pair<std::vector<std::pair<std::string, double>>, std::set<std::string, std::less<>>>> lists_;
};

// One row whose fields are texts.
template <class Rows>
Status add_texts(Rows& rows, std::string_view query, std::string_view item, std::string_view value, const std::string& where) {
  if (query.empty()) return wrong(Rows::kWhat, where + ": query", "a query", "nothing");
  if (item.empty()) return wrong(Rows::kWhat, where + ": item", "the key of an item", "nothing");
  const auto number = read_number(value);
  if (!number) return wrong(Rows::kWhat, fmt::format("{}: {}", where, Rows::kValue), "a number such as 2 or 0.5", found_text(value));
  return rows.add(query, item, *number, where);
}

std::vector<std::string_view> split_blank(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos; at = line.find_first_not_of(kBlank, at)) {
    const std::size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end;
  }
  return fields;
}

template <class Rows>
Status read_trec(Rows& rows, std::string_view text, const std::string& name) {
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto fields = split_blank(text.substr(at, end - at));
    at = end + 1;
    ++number;
    if (fields.empty()) continue;
    const std::string where = fmt::format("{}:{}", name, number);
    if (fields.size() != Rows::kTrecFields) {
      return wrong(Rows::kWhat, where, fmt::format("{} fields: {}", Rows::kTrecFields, Rows::kTrecForm),
                   fmt::format("{} field{}", fields.size(), fields.size() == 1 ? "" : "s"));
    }
    rows.tag(fields.back());
    SOUK_CHECK(add_texts(rows, fields[0], fields[2], fields[Rows::kTrecValue], where));
  }
  return {};
}

// The column that plays a role: the first of the names that some column has.
std::optional<std::size_t> column_of(const std::vector<std::string_view>& columns, Names names) {
  for (const std::string_view name : names) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](std::string_view column) { return plain_name(column) == name; });
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  }
  return {};
}

struct Columns {
  char delimiter = ',';
  std::optional<std::size_t> query, item, value;
  bool any() const { return query || item || value; }
};

template <class Rows>
Columns columns_of(const std::vector<std::string_view>& header, char delimiter) {
  return {delimiter, column_of(header, kQueryNames), column_of(header, kItemNames), column_of(header, Rows::kValueNames)};
}

template <class Rows>
Status read_table(Rows& rows, std::string_view text, const Columns& columns, const std::string& name) {
  TableRecord record;
  std::size_t at = read_record(text, 0, columns.delimiter, record);
  const std::size_t width = record.fields.size();
  const auto missing = [&](std::string_view role) {
    std::vector<std::string> found;
    for (const std::string_view column : record.fields) found.push_back(found_text(column));
    return wrong(Rows::kWhat, fmt::format("{}:1: {}", name, role), fmt::format("a column '{}'", role),
                 fmt::format("{}", fmt::join(found, ", ")));
  };
  if (!columns.query) return missing("query");
  if (!columns.item) return missing("item");
  if (!columns.value) return missing(Rows::kValue);
  std::uint64_t line = 1 + record.lines;
  for (; at < text.size(); line += record.lines) {
    at = read_record(text, at, columns.delimiter, record);
    const std::string where = fmt::format("{}:{}", name, line);
    if (record.unterminated) {
      return wrong(Rows::kWhat, fmt::format("{}:{}", name, line + record.quote_line), "a closing quote", "the end of the file");
    }
    if (!record.problem.empty()) return wrong(Rows::kWhat, where, "a delimiter or the end of the line", record.problem);
    if (record.text.empty()) continue;
    if (record.fields.size() != width) {
      return wrong(Rows::kWhat, where, fmt::format("{} fields, as in the header", width), fmt::format("{}", record.fields.size()));
    }
    SOUK_CHECK(add_texts(rows, record.fields[*columns.query], record.fields[*columns.item], record.fields[*columns.value], where));
  }
  return {};
}

// A table when a column of the header has a role's name, else TREC when the first line has its fields.
template <class Rows>
Status read_lines(Rows& rows, std::string_view text, const std::string& name) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  const std::string_view line = text.substr(first, std::min(text.find('\n', first), text.size()) - first);
  const auto fields = split_blank(line);
  if (fields.size() == Rows::kTrecFields && read_number(fields[Rows::kTrecValue])) return read_trec(rows, text, name);
  const char delimiter = line.find('\t') != std::string_view::npos ? '\t' : ',';
  TableRecord header;
  read_record(line, 0, delimiter, header);
  const Columns columns = columns_of<Rows>(header.fields, delimiter);
  if (columns.any() && first == 0) return read_table(rows, text, columns, name);
  if (fields.size() == Rows::kTrecFields) return read_trec(rows, text, name);
  return wrong(Rows::kWhat,
               fmt::format("{}:{}", name, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\n')),
               fmt::format("'{}', or a header with the columns query, item and {}", Rows::kTrecForm, Rows::kValue), found_text(line));
}

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

std::optional<Element> member(Object object, Names names) {
  for (const std::string_view name : names) {
    for (const auto& [key, value] : object) {
      if (plain_name(key) == name) return value;
    }
  }
  return {};
}

// Judgements in one JSON value, wherever they stand in it. Paths name places in it: "judgmentRatings[3].ratings[0]".
class JsonJudgements {
 public:
  JsonJudgements(JudgementRows& rows, std::string file) : rows_(rows), file_(std::move(file)) {}

  // A line, or a whole document when there is no line.
  Status read(Element element, const std::string& line) {
    where_ = file_ + line;
    return walk(element, {});
  }

 private:
  std::string at(const std::string& path) const { return path.empty() ? where_ : where_ + ": " + path; }
  static std::string inside(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  }

  Status walk(Element element, const std::string& path) {
    simdjson::dom::array array;
    if (!element.get(array)) {
      std::size_t index = 0;
      for (const Element one : array) SOUK_CHECK(walk(one, fmt::format("{}[{}]", path, index++)));
      return {};
    }
    Object object;
    if (element.get(object)) return wrong(JudgementRows::kWhat, at(path), "an object or a list", kind_of(element));
    if (const auto document = member(object, kDocumentNames)) return walk(*document, inside(path, "judgmentRatings"));
    if (const auto query = member(object, kQueryNames); query && !is_list(*query)) {
      SOUK_TRY(const std::string text, key_of(*query, inside(path, "query")));
      if (const auto list = member(object, kListNames)) return of_query(text, *list, inside(path, "ratings"));
      return record(text, object, path);
    }
    for (const auto& [query, judged] : object) SOUK_CHECK(of_query(std::string(query), judged, inside(path, query)));
    return {};
  }

  // What was judged of one query: records, or item: grade.
  Status of_query(const std::string& query, Element judged, const std::string& path) {
    simdjson::dom::array records;
    if (!judged.get(records)) {
      std::size_t index = 0;
      for (const Element one : records) {
        const std::string place = fmt::format("{}[{}]", path, index++);
        Object object;
        if (one.get(object)) return wrong(JudgementRows::kWhat, at(place), "an object with item and grade", kind_of(one));
        SOUK_CHECK(record(query, object, place));
      }
      return {};
    }
    Object grades;
    if (judged.get(grades)) return wrong(JudgementRows::kWhat, at(path), "the judged items of a query", kind_of(judged));
    for (const auto& [item, grade] : grades) SOUK_CHECK(add(query, std::string(item), grade, at(path)));
    return {};
  }

  Status record(const std::string& query, Object object, const std::string& path) {
    const auto item = member(object, kItemNames), grade = member(object, kGradeNames);
    if (!item) return wrong(JudgementRows::kWhat, at(inside(path, "item")), "the key of an item", "nothing");
    if (!grade) return wrong(JudgementRows::kWhat, at(inside(path, "grade")), "a number such as 2 or 0.5", "nothing");
    SOUK_TRY(const std::string key, key_of(*item, inside(path, "item")));
    return add(query, key, *grade, at(path));
  }

  Status add(const std::string& query, const std::string& item, Element grade, const std::string& where) {
    double number = 0;
    std::string_view text;
    if (!grade.get(text)) return add_texts(rows_, query, item, text, where);
    if (grade.get(number)) return wrong(JudgementRows::kWhat, where + ": grade", "a number such as 2 or 0.5", kind_of(grade));
    if (query.empty() || item.empty()) return add_texts(rows_, query, item, {}, where);
    return rows_.add(query, item, number, where);
  }

  Result<std::string> key_of(Element element, const std::string& path) const {
    std::string_view text;
    std::int64_t whole = 0;
    if (!element.get(text) && !text.empty()) return std::string(text);
    if (element.is<std::int64_t>() && !element.get(whole)) return std::to_string(whole);
    return wrong(JudgementRows::kWhat, at(path), "a text", text.empty() && element.is_string() ? "an empty one" : kind_of(element));
  }

  static bool is_list(Element element) { return element.is_array() || element.is_object(); }
  static std::string kind_of(Element element) {
    switch (element.type()) {
      case simdjson::dom::element_type::ARRAY:
        return "a list";
      case simdjson::dom::element_type::OBJECT:
        return "an object";
      case simdjson::dom::element_type::STRING:
        return "a text";
      case simdjson::dom::element_type::BOOL:
        return "true or false";
      case simdjson::dom::element_type::NULL_VALUE:
        return "null";
      default:
        return "a number";
    }
  }

  JudgementRows& rows_;
  std::string file_, where_;
};

// A line for each judgement when the first line is one whole value, else one document.
Status read_json(JudgementRows& rows, std::string_view text, const std::string& name) {
  simdjson::dom::parser parser;
  JsonJudgements judgements(rows, name);
  const auto broken = [&](const std::string& where, simdjson::error_code error) {
    return wrong(JudgementRows::kWhat, where, "JSON", simdjson::error_message(error));
  };
  Element element;
  const std::size_t first = std::min(text.find('\n', text.find_first_not_of(" \t\r\n")), text.size());
  const auto first_error = parser.parse(simdjson::padded_string(text.substr(0, first))).get(element);
  if (first_error || text.find_first_not_of(" \t\r\n", first) == std::string_view::npos) {
    if (const auto error = parser.parse(simdjson::padded_string(text)).get(element)) return broken(name, error);
    return judgements.read(element, {});
  }
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(kBlank) == std::string_view::npos) continue;
    const std::string where = fmt::format(":{}", number);
    if (const auto error = parser.parse(simdjson::padded_string(line)).get(element)) return broken(name + where, error);
    SOUK_CHECK(judgements.read(element, where));
  }
  return {};
}

// Without a byte order mark; an error where the text is not UTF-8.
Result<std::string_view> checked_text(std::string_view text, std::string_view what, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::uint64_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(at));
    if (length == 0) return wrong(what, fmt::format("{}:{}", name, line), "UTF-8 text", "other bytes");
    line += text[at] == '\n' ? 1 : 0;
    at += length;
  }
  return text;
}

Result<std::string> read_all(const fs::path& path) {
  SOUK_TRY(const auto stream, ByteStream::open(path));
  constexpr std::size_t kPiece = 1U << 20;
  std::string text;
  for (bool ended = false; !ended;) SOUK_CHECK(stream->read(text, kPiece, ended));
  return text;
}

Status check_field(std::string_view field, std::string_view name) {
  const bool blank = std::any_of(field.begin(), field.end(), [](unsigned char byte) { return byte <= ' ' || byte == 0x7F; });
  const bool mark = field.starts_with("\xEF\xBB\xBF");  // a byte order mark, which no reader keeps at the beginning of a file
  if (!field.empty() && !blank && !mark) return {};
  return fail(Error{ErrorKind::invalid, "a TREC run cannot hold this", std::string(name),
                    mark ? "a text that begins with no byte order mark" : "a text without white space", found_text(field),
                    "CSV and TSV can: columns query, item and score."});
}

}  // namespace

Result<JudgementFile> parse_judgements(std::string_view text, const std::string& name) {
  SOUK_TRY(text, checked_text(text, JudgementRows::kWhat, name));
  JudgementRows rows;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  SOUK_CHECK(json ? read_json(rows, text, name) : read_lines(rows, text, name));
  return std::move(rows.file);
}

Result<RunFile> parse_run(std::string_view text, const std::string& name) {
  SOUK_TRY(text, checked_text(text, RunRows::kWhat, name));
  RunRows rows;
  SOUK_CHECK(read_lines(rows, text, name));
  return rows.take();
}

Result<JudgementFile> read_judgements(const fs::path& path) {
  SOUK_TRY(const std::string text, read_all(path));
  return parse_judgements(text, path.string());
}

Result<RunFile> read_run(const fs::path& path) {
  SOUK_TRY(const std::string text, read_all(path));
  return parse_run(text, path.string());
}

Result<std::string> trec_run(const RankedLists& lists, std::string_view tag) {
  SOUK_CHECK(check_field(tag, "tag"));
  std::string text;
  for (const auto& [query, list] : lists) {
    SOUK_CHECK(check_field(query, "query"));
    auto ranked = list;
    for (const auto& [item, score] : ranked) {
      SOUK_CHECK(check_field(item, "item"));
      if (!std::isfinite(score)) return wrong("a TREC run cannot hold this", "score", "a finite number", fmt::format("{}", score));
    }
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first > b.first; });
    std::size_t rank = 0;
    for (const auto& [item, score] : ranked) {
      text += fmt::format("{} Q0 {} {} ", query, item, ++rank);
      append_json_number(text, score);
      text += fmt::format(" {}\n", tag);
    }
  }
  return text;
}

Status write_trec_run(const fs::path& path, const RankedLists& lists, std::string_view tag) {
  SOUK_TRY(const std::string text, trec_run(lists, tag));
  return write_file(path, text);
}

}  // namespace souk::feeds
