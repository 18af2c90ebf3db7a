#include "souk/feeds/feed_file.h"

#include <algorithm>
#include <set>

#include "souk/feeds/json_map.h"
#include "souk/feeds/json_reader.h"
#include "souk/feeds/table_form.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kChunk = 1u << 20;           // about 15,000 events: one commit
constexpr std::size_t kLineFormChunk = 1u << 17;   // of line forms, whose events take 5 bytes each
constexpr std::size_t kLongestRecord = 64u << 20;  // of text that is searched for the end of a record
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhiteSpace = " \t\r\n";

tl::unexpected<Error> bad_file(const fs::path& path, std::string expected, std::string found, std::string hint = {}) {
  return fail(Error{ErrorKind::invalid, "cannot read the file", path.string(), std::move(expected), std::move(found), std::move(hint)});
}

char guess_delimiter(std::string_view header) {
  if (header.find('\t') != std::string_view::npos) return '\t';
  return header.find(',') == std::string_view::npos && header.find(';') != std::string_view::npos ? ';' : ',';
}

// What stands in a file before its first line that is not blank, however much that is: a byte order mark and blank lines. They are noted
// in `form` and taken off `text`, which then has the file's next bytes, about kChunk of them.
Status skip_beginning(const fs::path& path, ByteStream& stream, std::string& text, bool& ended, FileForm& form) {
  SOUK_CHECK(stream.read(text, kChunk, ended));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return bad_file(path, "UTF-8 text", "UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8");
  }
  const auto take_off = [&](std::size_t count) {
    form.header_bytes += count;
    form.header_lines += static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), '\n'));
    text.erase(0, count);
  };
  if (text.starts_with(kByteOrderMark)) take_off(kByteOrderMark.size());
  for (std::size_t looked = 0;;) {
    const std::size_t first = text.find_first_not_of(kWhiteSpace, looked), blank_end = std::min(first, text.size());
    form.empty = first == std::string::npos;
    const std::size_t line_end = std::string_view(text).substr(looked, blank_end - looked).rfind('\n');
    const std::size_t lines = line_end == std::string::npos ? 0 : looked + line_end + 1;
    take_off(lines);
    looked = blank_end - lines;
    if (ended || (!form.empty && text.size() >= kChunk)) return {};
    if (text.size() > kLongestRecord) return bad_file(path, "lines of at most 64 MiB", "a longer one");
    SOUK_CHECK(stream.read(text, kChunk, ended));
  }
}

// `given`: the names of the columns of a table without a header. `text` begins with the first line that is not blank.
Status read_header(const fs::path& path, std::string_view text, const std::vector<std::string>& given, FileForm& form) {
  TableRecord record;
  form.delimiter = form.format == Format::tsv ? '\t' : guess_delimiter(text.substr(0, text.find('\n')));
  if (form.format == Format::csv && form.delimiter == '\t') form.delimiter = ',';
  if (!given.empty()) {
    form.columns = given;
    return {};
  }
  form.header_bytes += read_row(form, text, 0, record);
  if (record.unterminated) {
    return bad_file(path, "a closing quote", "none for the quote in line " + std::to_string(form.header_lines + record.quote_line + 1));
  }
  form.header_lines += record.lines;
  if (record.fields.empty()) return bad_file(path, "names of columns in the first line", "a blank line");
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
  std::size_t begin = text.find_first_not_of(kWhiteSpace);
  for (; begin != std::string_view::npos && names.size() < kLookedAt; begin = text.find_first_not_of(kWhiteSpace, begin)) {
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
  const bool judged = any({"helpful", "verified"}) || (any({"rating"}) && any({"title", "text"}));
  if (judged && any({"item"}) && !any({"kind"})) return RecordKind::reviews;
  if (any({"shopper", "session"}) && any({"item", "kind"})) return RecordKind::events;
  if (any({"consent", "consent.train", "consent.personalise", "created"}) && any({"key"})) return RecordKind::shoppers;
  if (any({"title", "offers", "price", "category", "brand", "description", "gtin"}) && any({"key"})) return RecordKind::items;
  return std::nullopt;
}

// RecBole's types in the header, when there are any; `promised`: there must be.
Status read_types(const fs::path& path, bool promised, std::string_view header, FileForm& form) {
  auto typed = typed_header(form.columns);
  if (!typed) {
    return promised ? Status(bad_file(path, "types of columns in the first line, such as user_id:token", found_text(header))) : Status();
  }
  form.research = true;
  const auto has = [&](std::string_view name) { return std::ranges::find(form.columns, name) != form.columns.end(); };
  if (has("item_id_list:token_seq") && has("item_id:token")) {
    FieldMap cut;
    cut.lists = {{"history", "item_id_list:token_seq"}, {"target", "item_id:token"}};
    form.format = Format::cases;
    SOUK_TRY(form.lines, LineForm::of(form.format, header, cut, path.string()));
    return {};
  }
  form.columns = std::move(typed->names);
  form.types = std::move(typed->types);
  return {};
}

Status read_line_form(const fs::path& path, std::string_view text, const FieldMap& map, FileForm& form) {
  form.research = true;
  const std::string_view line = text.substr(0, text.find('\n'));
  SOUK_TRY(form.lines, LineForm::of(form.format, line, map, path.string()));
  if (!form.lines.has_header()) return {};
  form.header_bytes += std::min(line.size() + 1, text.size());
  ++form.header_lines;
  return {};
}

Status read_table(const fs::path& path, std::string_view text, std::string_view first_line, const ImportOptions& options, FileForm& form) {
  std::vector<std::string> columns = options.columns;
  const bool atomic = form.format == Format::recbole;
  if (atomic) form.format = Format::tsv;
  if (form.format == Format::pairs) {
    form.format = Format::spaces;
    form.research = true;
    if (columns.empty()) columns = {"shopper", "item"};
  }
  SOUK_CHECK(read_header(path, text, columns, form));
  return columns.empty() && form.format == Format::tsv ? read_types(path, atomic, first_line, form) : Status();
}

// The members of a JSON object as JSONL, from the bytes of its file.
Result<std::string> read_map(const fs::path& path, ByteStream& stream, std::string text, bool ended) {
  while (!ended && text.size() <= kLongestRecord) SOUK_CHECK(stream.read(text, kLongestRecord + 1 - text.size(), ended));
  if (text.size() > kLongestRecord) return bad_file(path, "a JSON object of at most 64 MiB", "a longer one");
  return json_map_lines(std::move(text), path.string());
}

// "feed.jsonl", "feed.ndjson.gz": known by its name also where the first line is broken.
bool named_jsonl(fs::path path) {
  if (path.extension() == ".gz" || path.extension() == ".zst") path.replace_extension();
  return path.extension() == ".jsonl" || path.extension() == ".ndjson";
}

}  // namespace

Result<FileForm> inspect_file(const fs::path& path, const ImportOptions& options) {
  SOUK_TRY(const auto stream, ByteStream::open(path));
  std::string text;
  bool ended = false;
  FileForm form;
  form.name = path.filename().string();
  form.name = form.name.substr(0, form.name.find('.', 1));
  SOUK_CHECK(skip_beginning(path, *stream, text, ended, form));
  form.format = options.format;
  form.quotes = options.quotes;
  if (form.empty) {
    form.format = Format::jsonl;
    return form;
  }
  if (is_line_form(form.format)) {
    SOUK_CHECK(read_line_form(path, text, options.map, form));
    return form;
  }
  if (form.format == Format::json_map) {
    form.format = Format::jsonl;
    form.map = true;
    SOUK_TRY(const std::string lines, read_map(path, *stream, std::move(text), ended));
    form.first_names = first_names(lines);
    return form;
  }
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  const std::string_view first_line = std::string_view(text).substr(first, text.find('\n', first) - first);
  if (form.format == Format::automatic) {
    form.format = text[first] == '{' || text[first] == '[' || named_jsonl(path) ? Format::jsonl
                  : guess_delimiter(first_line) == '\t'                         ? Format::tsv
                                                                                : Format::csv;
  }
  if (form.format != Format::jsonl) {
    SOUK_CHECK(read_table(path, text, first_line, options, form));
    return form;
  }
  if (text[first] == '[') return bad_file(path, "one JSON object a line", "a JSON array", "Convert it: jq -c '.[]' FILE > FILE.jsonl");
  form.first_names = first_names(text);
  return form;
}

Result<RecordKind> kind_of(const FileForm& form, const FieldMap& map, const fs::path& path) {
  if (is_line_form(form.format)) return RecordKind::events;
  if (const auto kind = form.types.empty() ? std::nullopt : kind_of_atomic(form.columns)) return *kind;
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
  return fail(
      Error{ErrorKind::invalid, "cannot tell what the records are", path.string(),
            "item and shopper (events), key and title (items), key and consent (shoppers), or item and rating and text (reviews)",
            found.empty() ? "no field that can be read" : found,
            "Say so: --as items, --as events, --as shoppers or --as reviews; and name the columns: --map key=COLUMN,title=COLUMN."});
}

std::size_t read_row(const FileForm& form, std::string_view text, std::size_t begin, TableRecord& record) {
  if (form.format == Format::spaces) return read_words(text, begin, record);
  return form.quotes ? read_record(text, begin, form.delimiter, record) : read_unquoted(text, begin, form.delimiter, record);
}

ChunkReader::ChunkReader(std::unique_ptr<ByteStream> stream, const FileForm& form)
    : stream_(std::move(stream)),
      quotes_(form.quotes && (form.format == Format::csv || form.format == Format::tsv)),
      counts_(is_line_form(form.format)),
      delimiter_(form.delimiter),
      size_(counts_ ? kLineFormChunk : kChunk),
      line_(form.header_lines + 1) {}

Result<ChunkReader> ChunkReader::open(const fs::path& path, const FileForm& form) {
  SOUK_TRY(auto stream, ByteStream::open(path));
  ChunkReader reader(std::move(stream), form);
  for (std::uint64_t before = form.header_bytes; before != 0 && !reader.ended_;) {
    SOUK_CHECK(reader.stream_->read(reader.rest_, std::min<std::uint64_t>(before, kChunk), reader.ended_));
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(before, reader.rest_.size()));
    reader.rest_.erase(0, skipped);
    before -= skipped;
  }
  if (form.map) {
    SOUK_TRY(reader.rest_, read_map(path, *reader.stream_, std::move(reader.rest_), reader.ended_));
    reader.ended_ = true;
  }
  return reader;
}

std::size_t ChunkReader::end_of_records(std::string_view text) const {
  return quotes_ ? whole_records(text, delimiter_) : text.rfind('\n') + 1;
}

Result<std::optional<Chunk>> ChunkReader::next() {
  if (done_) return std::nullopt;
  Chunk chunk;
  chunk.text = std::move(rest_);
  rest_.clear();
  std::size_t wanted = size_;
  for (;;) {
    if (!ended_ && chunk.text.size() < wanted) SOUK_CHECK(stream_->read(chunk.text, wanted - chunk.text.size(), ended_));
    chunk.raw_end = stream_->raw_bytes();
    if (ended_) break;
    const std::size_t end = end_of_records(chunk.text);
    if (end != 0) {
      rest_ = chunk.text.substr(end);
      chunk.text.resize(end);
      number(chunk);
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
  number(chunk);
  return chunk;
}

void ChunkReader::number(Chunk& chunk) {
  if (!counts_) return;
  chunk.first_line = line_;
  line_ += static_cast<std::uint64_t>(std::ranges::count(chunk.text, '\n'));
}

}  // namespace souk::feeds
