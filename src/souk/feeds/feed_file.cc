#include "souk/feeds/feed_file.h"

#include <algorithm>
#include <set>

#include "souk/feeds/json_reader.h"
#include "souk/feeds/table.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kChunk = 1u << 20;           // about 15,000 events: one commit
constexpr std::size_t kLongestRecord = 64u << 20;  // of text that is searched for the end of a record
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

tl::unexpected<Error> bad_file(const fs::path& path, std::string expected, std::string found, std::string hint = {}) {
  return fail(Error{ErrorKind::invalid, "cannot read the file", path.string(), std::move(expected), std::move(found), std::move(hint)});
}

char guess_delimiter(std::string_view header) {
  if (header.find('\t') != std::string_view::npos) return '\t';
  return header.find(',') == std::string_view::npos && header.find(';') != std::string_view::npos ? ';' : ',';
}

Status read_header(const fs::path& path, std::string_view text, FileForm& form) {
  TableRecord record;
  const std::size_t begin = form.header_bytes;
  form.delimiter = form.format == Format::tsv ? '\t' : guess_delimiter(text.substr(begin, text.find('\n', begin) - begin));
  if (form.format == Format::csv && form.delimiter == '\t') form.delimiter = ',';
  form.header_bytes = read_record(text, begin, form.delimiter, record);
  form.header_lines = record.lines;
  if (record.unterminated) return bad_file(path, "a closing quote", "none for the quote in line " + std::to_string(record.quote_line + 1));
  std::set<std::string_view> seen;
  for (const std::string_view name : record.fields) {
    const std::string column = "column " + std::to_string(form.columns.size() + 1);
    if (name.empty()) return bad_file(path, "a name for every column in the first line", "no name for " + column);
    if (!store::valid_utf8(name) || name.find('\0') != std::string_view::npos)
      return bad_file(path, "UTF-8 text", "other bytes in " + column);
    if (!seen.insert(name).second) return bad_file(path, "columns of different names", "a second column \"" + std::string(name) + "\"");
    form.columns.emplace_back(name);
  }
  return {};
}

// The names of each of the first objects, for telling what kind of records the file holds: a broken line does not tell, later ones may.
std::vector<std::vector<std::string>> first_names(std::string_view text) {
  constexpr std::size_t kLookedAt = 100;
  const RowPlan plan = RowPlan::compile(RecordKind::shoppers, FieldMap{}, false, "EUR").value();
  JsonReader reader(plan);
  std::vector<std::vector<std::string>> names;
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  for (; begin != std::string_view::npos && names.size() < kLookedAt; begin = text.find_first_not_of(" \t\r\n", begin)) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    names.push_back(reader.names_of(text.substr(begin, end - begin)));
    begin = end;
  }
  return names;
}

// By the names in a table's header or in one object, and the fields that a mapping fills.
std::optional<RecordKind> kind_told_by(const std::vector<std::string>& columns, const FieldMap& map) {
  std::set<std::string, std::less<>> names(columns.begin(), columns.end());
  for (const auto& [field, source] : map.fields) names.insert(field);
  for (const auto& [field, text] : map.constants) names.insert(field);
  for (const auto& [field, text] : map.templates) names.insert(field);
  const auto any = [&](std::initializer_list<std::string_view> candidates) {
    return std::ranges::any_of(candidates, [&](std::string_view name) { return names.contains(name); });
  };
  if (any({"shopper", "session"}) && any({"item", "kind"})) return RecordKind::events;
  if (any({"consent", "consent.train", "consent.personalise", "created"}) && any({"key"})) return RecordKind::shoppers;
  if (any({"title", "offers", "price", "category", "brand", "description", "gtin"}) && any({"key"})) return RecordKind::items;
  return std::nullopt;
}

}  // namespace

Result<FileForm> inspect_file(const fs::path& path, Format format) {
  SOUK_TRY(const auto stream, ByteStream::open(path));
  std::string text;
  bool ended = false;
  SOUK_CHECK(stream->read(text, kChunk, ended));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return bad_file(path, "UTF-8 text", "UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8");
  }
  FileForm form;
  if (text.starts_with(kByteOrderMark)) form.header_bytes = kByteOrderMark.size();
  const std::size_t first = text.find_first_not_of(" \t\r\n", form.header_bytes);
  form.empty = first == std::string::npos;
  form.format = format;
  if (form.empty) {
    form.format = Format::jsonl;
    return form;
  }
  if (format == Format::automatic) form.format = text[first] == '{' || text[first] == '[' ? Format::jsonl : Format::csv;
  if (form.format != Format::jsonl) {
    if (format == Format::automatic && guess_delimiter(std::string_view(text).substr(first, text.find('\n', first) - first)) == '\t') {
      form.format = Format::tsv;
    }
    SOUK_CHECK(read_header(path, text, form));
    return form;
  }
  if (text[first] == '[') return bad_file(path, "one JSON object a line", "a JSON array", "Convert it: jq -c '.[]' FILE > FILE.jsonl");
  form.first_names = first_names(std::string_view(text).substr(form.header_bytes));
  return form;
}

Result<RecordKind> kind_of(const FileForm& form, const FieldMap& map, const fs::path& path) {
  const std::vector<std::vector<std::string>> header{form.columns};
  const auto& records = form.format == Format::jsonl ? form.first_names : header;
  std::set<std::string_view> seen;
  std::string found;
  for (const std::vector<std::string>& columns : records) {
    if (const auto kind = kind_told_by(columns, map)) return *kind;
    for (const std::string& column : columns) {
      if (found.size() < 200 && seen.insert(column).second) found += (found.empty() ? "" : ", ") + column;
    }
  }
  return fail(Error{ErrorKind::invalid, "cannot tell what the records are", path.string(),
                    "item and shopper (events), key and title (items), or key and consent (shoppers)",
                    found.empty() ? "no field that can be read" : found,
                    "Say so: --as items, --as events or --as shoppers; and name the columns: --map key=COLUMN,title=COLUMN."});
}

ChunkReader::ChunkReader(std::unique_ptr<ByteStream> stream, const FileForm& form)
    : stream_(std::move(stream)), table_(form.format != Format::jsonl), delimiter_(form.delimiter) {}

Result<ChunkReader> ChunkReader::open(const fs::path& path, const FileForm& form) {
  SOUK_TRY(auto stream, ByteStream::open(path));
  ChunkReader reader(std::move(stream), form);
  SOUK_CHECK(reader.stream_->read(reader.rest_, kChunk, reader.ended_));
  reader.rest_.erase(0, form.header_bytes);
  return reader;
}

Result<std::optional<Chunk>> ChunkReader::next() {
  if (done_) return std::nullopt;
  Chunk chunk;
  chunk.text = std::move(rest_);
  rest_.clear();
  std::size_t wanted = kChunk;
  for (;;) {
    if (!ended_ && chunk.text.size() < wanted) SOUK_CHECK(stream_->read(chunk.text, wanted - chunk.text.size(), ended_));
    chunk.raw_end = stream_->raw_bytes();
    if (ended_) break;
    const std::size_t end = table_ ? whole_records(chunk.text, delimiter_) : chunk.text.rfind('\n') + 1;
    if (end != 0) {
      rest_ = chunk.text.substr(end);
      chunk.text.resize(end);
      return chunk;
    }
    if (chunk.text.size() >= kLongestRecord) {
      chunk.endless = true;
      break;
    }
    wanted = chunk.text.size() * 2;
  }
  done_ = true;
  if (chunk.text.empty()) return std::nullopt;
  return chunk;
}

}  // namespace souk::feeds
