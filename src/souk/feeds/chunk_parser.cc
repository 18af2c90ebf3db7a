#include "souk/feeds/chunk_parser.h"

#include <algorithm>

#include "souk/feeds/table_form.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kKeptText = 4096;  // of a refused row, for the rejects file

// The text with U+FFFD for bytes that are not UTF-8, cut to kKeptText.
std::string printable(std::string_view text) {
  text = text.substr(0, kKeptText);
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !store::valid_utf8(text.substr(0, length))) ++length;
    if (store::valid_utf8(text.substr(0, length))) {
      out += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return out;
}

Hash128 identity_of(const store::Item& item) {
  if (!item.updated) return hash128(item.key);
  return hash128(item.key + '\0' + std::to_string(*item.updated));
}

}  // namespace

Result<std::optional<FilePlan>> plan_file(const fs::path& path, const ImportOptions& options) {
  SOUK_TRY(auto form, inspect_file(path, options));
  if (form.empty) return std::nullopt;
  RecordKind kind{};
  if (options.as) {
    kind = *options.as;
  } else {
    const auto told = kind_of(form, options.map, path);
    if (!told && !options.merge) return fail(told.error());
    kind = told.value_or(RecordKind::items);  // a patch may have any fields, and only items are merged
  }
  const bool lines = is_line_form(form.format);
  const bool held = kind == RecordKind::events || (kind == RecordKind::items && form.format == Format::baskets);
  if (lines && (options.merge || !held)) {
    return fail(Error{ErrorKind::invalid,
                      "cannot import the file so",
                      path.string(),
                      "events, as lines of its form hold",
                      options.merge ? "--merge" : std::string(name_of(kind)),
                      {}});
  }
  SOUK_TRY(auto rows, RowPlan::compile(kind, with_form(options.map, form, kind), options.strict, options.currency));
  if (form.format != Format::jsonl) SOUK_CHECK(rows.check_header(form.columns, path.string()));
  return FilePlan{std::move(form), std::move(rows), options.merge, options.finish_item, options.finish_event};
}

ChunkParser::ChunkParser(const FilePlan& plan)
    : plan_(plan), json_(plan.rows), builder_(plan.rows.builder()), slots_(plan.rows.slots()), unknown_(plan.form.columns.size()) {
  if (plan.form.format == Format::jsonl || is_line_form(plan.form.format)) return;
  for (const std::string& name : plan.form.columns) {
    if (name == plan.rows.key_column()) key_column_ = columns_.size();
    columns_.push_back(plan.rows.column(name));
  }
}

ParsedChunk ChunkParser::parse(Chunk&& chunk, Pass pass) {
  out_ = ParsedChunk{};
  out_.raw_end = chunk.raw_end;
  pass_ = pass;
  out_.events.reserve(events_ + events_ / 8);  // chunks of a file are about alike
  if (plan_.form.format == Format::jsonl) {
    parse_lines(chunk);
  } else if (is_line_form(plan_.form.format)) {
    parse_line_form(chunk);
  } else {
    parse_table(chunk);
  }
  for (std::size_t i = 0; i < unknown_.size(); ++i) {
    if (unknown_[i] != 0) out_.unknown_fields[plan_.form.columns[i]] += unknown_[i];
    unknown_[i] = 0;
  }
  if (chunk.endless && !out_.fatal) {
    out_.fatal = ParsedChunk::Fatal{0, "records of at most 64 MiB", "a longer one"};
  }
  events_ = out_.events.size();
  return std::move(out_);
}

void ChunkParser::parse_table(const Chunk& chunk) {
  const std::string_view text = chunk.text;
  const bool clean = store::valid_utf8(text) && text.find('\0') == std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint64_t line = out_.lines;
    at = feeds::read_row(plan_.form, text, at, record_);
    if (record_.unterminated) {
      out_.fatal = ParsedChunk::Fatal{line + record_.quote_line, "a closing quote", "none for the quote that begins here"};
      return;
    }
    out_.lines += record_.lines;
    if (record_.text.empty() || record_.fields.empty()) continue;
    const std::uint32_t row = out_.rows++;
    bool good = false;
    if (!clean && !store::valid_utf8(record_.text)) {
      builder_.refuse("", "UTF-8", "bytes that are not UTF-8");
    } else if (!clean && record_.text.find('\0') != std::string_view::npos) {
      builder_.refuse("", "text without NUL bytes", "a NUL byte");
    } else if (!record_.problem.empty()) {
      builder_.refuse("", "a delimiter or the line's end after a closing quote", printable(record_.problem));
    } else if (record_.fields.size() != columns_.size()) {
      builder_.refuse("", std::to_string(columns_.size()) + " columns, as the header has", std::to_string(record_.fields.size()));
    } else {
      good = read_row(record_);
    }
    if (good) {
      keep(builder_, {row, line}, record_.text);
    } else {
      refuse(builder_, row, line, record_.text);
      if (key_column_ < record_.fields.size()) out_.refused.back().key = printable(record_.fields[key_column_]);
    }
  }
}

bool ChunkParser::read_row(const TableRecord& record) {
  builder_.begin();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view text = record.fields[i];
    const ColumnUse& column = columns_[i];
    if (column.slot >= 0) slots_[static_cast<std::size_t>(column.slot)] = text;
    if (text.empty()) continue;
    for (const FieldUse& use : column.fields) {
      if (!builder_.set(use.target, text, use.unit, use.separator)) return false;
    }
    if (!column.unknown) continue;
    if (plan_.rows.strict()) return builder_.refuse(plan_.form.columns[i], "a known field", "an unknown one");
    ++unknown_[i];
  }
  return plan_.rows.fill_templates(slots_, builder_) && builder_.finish();
}

void ChunkParser::parse_lines(const Chunk& chunk) {
  const std::string_view text = chunk.text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    const std::uint64_t number = out_.lines++;
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    const std::uint32_t row = out_.rows++;
    if (plan_.merge ? json_.patch(store::Item{}, line) : json_.read(line)) {
      for (const std::string& name : json_.unknown()) ++out_.unknown_fields[name];
      keep(json_.builder(), {row, number}, line);
    } else {
      RowProblem problem = std::move(json_.builder().problem());
      std::string key = plan_.rows.kind() == RecordKind::items ? json_.text_of(line, plan_.rows.key_column()) : std::string();
      json_.builder().problem() = std::move(problem);
      refuse(json_.builder(), row, number, line);
      out_.refused.back().key = std::move(key);
    }
  }
}

void ChunkParser::parse_line_form(const Chunk& chunk) {
  const std::string_view text = chunk.text;
  const bool clean = store::valid_utf8(text) && text.find('\0') == std::string_view::npos;
  RowProblem problem;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    const std::uint64_t number = out_.lines++;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::uint32_t row = out_.rows++;
    if (!clean && (!store::valid_utf8(line) || line.find('\0') != std::string_view::npos)) {
      builder_.refuse("", "UTF-8 without NUL bytes", "other bytes");
    } else if (plan_.form.lines.read(line, line_, problem)) {
      keep_line(chunk, {row, number});
      continue;
    } else {
      builder_.problem() = std::move(problem);
    }
    refuse(builder_, row, number, line);
  }
}

// The line's items as events, or as items. Their keys were checked by the line's form.
void ChunkParser::keep_line(const Chunk& chunk, ParsedChunk::Place place) {
  const bool items = plan_.rows.kind() == RecordKind::items;
  const std::string session = line_.shopper.empty() ? plan_.form.name + ":" + std::to_string(chunk.first_line + place.line) : std::string();
  for (const std::string_view key : line_.items) {
    builder_.begin();
    if (items) {
      builder_.item().key = key;
      builder_.item().title = key;
    } else {
      store::Event& event = builder_.event();
      event.shopper = line_.shopper;
      event.session = session;
      event.item = key;
      if (plan_.form.format == Format::baskets) event.order = session;
    }
    keep(builder_, place, {});
  }
}

void ChunkParser::refuse(RecordBuilder& builder, std::uint32_t row, std::uint64_t line, std::string_view text) {
  RowProblem problem = std::move(builder.problem());
  problem.line = line;
  out_.refused.push_back(RefusedRow{row, std::move(problem), pass_ == Pass::check ? printable(text) : std::string(), {}});
}

void ChunkParser::keep(RecordBuilder& builder, ParsedChunk::Place place, std::string_view text) {
  out_.row_of.push_back(place.row);
  switch (plan_.rows.kind()) {
    case RecordKind::items:
      return keep_item(builder.item(), text);
    case RecordKind::events:
      return keep_event(builder.event(), place);
    case RecordKind::reviews:
      return keep_review(builder.review());
    case RecordKind::shoppers:
      break;
  }
  out_.identities.push_back(hash128(builder.shopper().key));
  if (pass_ == Pass::apply) out_.shoppers.push_back(std::move(builder.shopper()));
}

void ChunkParser::keep_item(store::Item& item, std::string_view text) {
  if (plan_.finish_item && !plan_.merge) plan_.finish_item(item);
  out_.keys.push_back(hash128(item.key));
  out_.identities.push_back(identity_of(item));
  if (pass_ == Pass::check) return;
  if (plan_.merge) {
    // A table's row says only what it has, which is a patch as well.
    out_.patches.push_back(plan_.form.format == Format::jsonl ? std::string(text) : to_json(item));
  } else {
    out_.items.push_back(std::move(item));
  }
}

void ChunkParser::keep_review(store::Review& review) {
  if (review.id.empty()) review.id = content_id(review);
  out_.identities.push_back(hash128(review.id));
  if (pass_ == Pass::apply) out_.reviews.push_back(std::move(review));
}

void ChunkParser::keep_event(store::Event& event, ParsedChunk::Place place) {
  if (plan_.finish_event) plan_.finish_event(event);
  if (event.kind == store::EventKind::other) ++out_.unknown_kinds[event.kind_name];
  if (pass_ == Pass::check) {
    (event.time ? out_.timed : out_.untimed).push_back(place);
    return;
  }
  if (event.id.empty()) out_.contents.push_back(content_hash(event));
  out_.events.push_back(std::move(event));
}

}  // namespace souk::feeds
