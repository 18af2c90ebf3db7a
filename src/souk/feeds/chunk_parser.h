// The rows of a chunk: records, and what is wrong with the rows that give none. Both passes of an import run this same code, so that they
// refuse the same rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/hash.h"
#include "souk/feeds/feed_file.h"
#include "souk/feeds/json_reader.h"
#include "souk/feeds/row_plan.h"
#include "souk/feeds/table.h"

namespace souk::feeds {

enum class Pass : std::uint8_t { check, apply };

struct RefusedRow {
  std::uint32_t row = 0;  // within the chunk, from 0
  RowProblem problem;     // its line counts within the chunk, from 0
  std::string text;       // the row's beginning, valid UTF-8
  std::string key;        // of an item, when it could be read
};

struct ParsedChunk {
  std::uint32_t rows = 0;  // good and refused, without blank lines
  std::uint64_t lines = 0;
  std::uint64_t raw_end = 0;
  std::vector<RefusedRow> refused;

  std::vector<std::uint32_t> row_of;  // of each good record
  std::vector<store::Item> items;     // records: only in Pass::apply
  std::vector<store::Event> events;
  std::vector<store::Shopper> shoppers;
  std::vector<store::Review> reviews;
  std::vector<std::string> patches;  // JSON to merge into items, instead of `items`

  std::vector<Hash128> identities;  // of items, shoppers and reviews: what two rows must share for the later one to replace the earlier
  std::vector<Hash128> keys;        // of items: hash of the key
  std::vector<Hash128> contents;    // of events without an id, in order: hash of the content
  struct Place {
    std::uint32_t row = 0;   // within the chunk
    std::uint64_t line = 0;  // within the chunk
  };
  std::vector<Place> timed, untimed;  // events with and without a time: only in Pass::check
  std::map<std::string, std::uint64_t> unknown_kinds, unknown_fields;

  struct Fatal {
    std::uint64_t line = 0;  // within the chunk, from 0
    std::string expected, found;
  };
  std::optional<Fatal> fatal;  // the file cannot be read on
};

// How the file's rows are read; shared by all threads.
struct FilePlan {
  FileForm form;
  RowPlan rows;
  bool merge = false;
  std::function<void(store::Item&)> finish_item;
  std::function<void(store::Event&)> finish_event;
};

// The plan of a file under the options of its import; nothing: the file is empty. Errors: a file that cannot be read or told apart, a
// mapping that does not fit it.
Result<std::optional<FilePlan>> plan_file(const fs::path& path, const ImportOptions& options);

class ChunkParser {  // one a thread; the plan must outlive it
 public:
  explicit ChunkParser(const FilePlan& plan);
  ParsedChunk parse(Chunk&& chunk, Pass pass);

 private:
  void parse_table(const Chunk& chunk);
  void parse_lines(const Chunk& chunk);
  void parse_line_form(const Chunk& chunk);
  void keep_line(const Chunk& chunk, ParsedChunk::Place place);
  bool read_row(const TableRecord& record);
  void keep(RecordBuilder& builder, ParsedChunk::Place place, std::string_view text);
  void keep_item(store::Item& item, std::string_view text);
  void keep_review(store::Review& review);
  void keep_event(store::Event& event, ParsedChunk::Place place);
  void refuse(RecordBuilder& builder, std::uint32_t row, std::uint64_t line, std::string_view text);

  const FilePlan& plan_;
  Pass pass_ = Pass::check;
  JsonReader json_;
  RecordBuilder builder_;  // of table rows
  std::vector<ColumnUse> columns_;
  std::size_t key_column_ = SIZE_MAX;
  std::vector<std::string_view> slots_;
  std::vector<std::uint64_t> unknown_;  // by column: rows that fill it
  TableRecord record_;
  LineEvents line_;
  std::size_t events_ = 0;  // of the chunk before
  ParsedChunk out_;
};

}  // namespace souk::feeds
