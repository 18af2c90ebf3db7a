// Both passes of an import must refuse the same rows of any JSONL or CSV file, and keep the rest.
#include <cstdlib>

#include "souk/feeds/chunk_parser.h"

namespace {

using namespace souk::feeds;

void check(const FilePlan& plan, std::string_view text) {
  ChunkParser checker(plan), applier(plan);
  const ParsedChunk checked = checker.parse(Chunk{std::string(text), text.size(), false, 1}, Pass::check);
  const ParsedChunk applied = applier.parse(Chunk{std::string(text), text.size(), false, 1}, Pass::apply);
  if (checked.rows != applied.rows || checked.lines != applied.lines || checked.row_of != applied.row_of) std::abort();
  if (checked.refused.size() != applied.refused.size() || checked.fatal.has_value() != applied.fatal.has_value()) std::abort();
  if (checked.rows != checked.refused.size() + checked.row_of.size()) std::abort();
  for (const RefusedRow& row : checked.refused) {
    if (!souk::store::valid_utf8(row.text) || !souk::store::valid_utf8(row.problem.to_json())) std::abort();
  }
}

FilePlan plan_of(RecordKind kind, Format format, std::vector<std::string> columns) {
  FileForm form;
  form.format = format;
  form.columns = std::move(columns);
  return FilePlan{std::move(form), RowPlan::compile(kind, FieldMap{}, false, "EUR").value(), false, {}, {}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FilePlan items = plan_of(RecordKind::items, Format::jsonl, {});
  static const FilePlan events = plan_of(RecordKind::events, Format::jsonl, {});
  static const FilePlan table = plan_of(RecordKind::items, Format::csv, {"key", "title", "price", "updated", "vectors.v", "x"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(items, text);
  check(events, text);
  check(table, text);
  return 0;
}
