// One file of an import: its form, found by looking at its beginning, and its content in chunks of whole records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/result.h"
#include "souk/feeds/byte_stream.h"
#include "souk/feeds/import.h"
#include "souk/feeds/line_form.h"
#include "souk/feeds/table.h"

namespace souk::feeds {

struct FileForm {
  Format format = Format::jsonl;                      // jsonl, csv, tsv, spaces, or a line form
  char delimiter = ',';                               // of tables
  bool quotes = true;                                 // of tables
  std::vector<std::string> columns;                   // a table's header
  std::vector<std::vector<std::string>> first_names;  // of JSON: the names in the first objects, as far as they can be read
  std::uint64_t header_bytes = 0;                     // byte order mark, blank lines and header, before the first record
  std::uint64_t header_lines = 0;
  bool empty = false;  // nothing but white space

  bool research = false;           // recbole, pairs or a line form: events of one kind that no column names
  bool map = false;                // json_map, read as JSONL
  std::vector<std::string> types;  // recbole: of the columns
  LineForm lines;                  // of a line form
  std::string name;                // of the file, up to the first point: sessions without a name are "<name>:<line>"
};

// Looks at the file's beginning; of `options` the format, the columns and the lists of the mapping say what to expect. Errors: unreadable,
// not UTF-8 text, a JSON array, a header with empty or repeated names.
Result<FileForm> inspect_file(const fs::path& path, const ImportOptions& options);

// By the fields that only one kind has, in a table's header or in the first JSON object that tells; an error asks.
Result<RecordKind> kind_of(const FileForm& form, const FieldMap& map, const fs::path& path);

// Reads the record of a table at `begin`, as the form says; where the next one begins.
std::size_t read_row(const FileForm& form, std::string_view text, std::size_t begin, TableRecord& record);

struct Chunk {
  std::string text;              // whole records; the last one of the file may lack its line end
  std::uint64_t raw_end = 0;     // bytes of the file read when the chunk was complete
  bool endless = false;          // a record that goes on beyond the longest one allowed
  std::uint64_t first_line = 0;  // of line forms: its number in the file, from 1
};

class ChunkReader {  // for one thread at a time
 public:
  static Result<ChunkReader> open(const fs::path& path, const FileForm& form);
  Result<std::optional<Chunk>> next();
  const ByteStream& stream() const { return *stream_; }

 private:
  ChunkReader(std::unique_ptr<ByteStream> stream, const FileForm& form);
  std::size_t end_of_records(std::string_view text) const;  // of the last whole one; 0: none
  void number(Chunk& chunk);
  std::unique_ptr<ByteStream> stream_;
  bool quotes_ = false;  // a table whose records may go over several lines
  bool counts_ = false;  // lines, for first_line
  char delimiter_ = ',';
  std::size_t size_ = 0;    // of a chunk
  std::uint64_t line_ = 1;  // the next chunk's first
  std::string rest_;        // the begin of the next chunk
  bool ended_ = false, done_ = false;
};

}  // namespace souk::feeds
