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

namespace souk::feeds {

struct FileForm {
  Format format = Format::jsonl;                      // never automatic
  char delimiter = ',';                               // of tables
  std::vector<std::string> columns;                   // a table's header
  std::vector<std::vector<std::string>> first_names;  // of JSON: the names in the first objects, as far as they can be read
  std::size_t header_bytes = 0;                       // byte order mark and header, before the first record
  std::size_t header_lines = 0;
  bool empty = false;  // nothing but white space
};

// Errors: unreadable, not UTF-8 text, a JSON array, a header with empty or repeated names.
Result<FileForm> inspect_file(const fs::path& path, Format format);

// By the fields that only one kind has, in a table's header or in the first JSON object that tells; an error asks.
Result<RecordKind> kind_of(const FileForm& form, const FieldMap& map, const fs::path& path);

struct Chunk {
  std::string text;           // whole records; the last one of the file may lack its line end
  std::uint64_t raw_end = 0;  // bytes of the file read when the chunk was complete
  bool endless = false;       // a record that goes on beyond the longest one allowed
};

class ChunkReader {  // for one thread at a time
 public:
  static Result<ChunkReader> open(const fs::path& path, const FileForm& form);
  Result<std::optional<Chunk>> next();
  const ByteStream& stream() const { return *stream_; }

 private:
  ChunkReader(std::unique_ptr<ByteStream> stream, const FileForm& form);
  std::unique_ptr<ByteStream> stream_;
  bool table_ = false;
  char delimiter_ = ',';
  std::string rest_;  // the begin of the next chunk
  bool ended_ = false, done_ = false;
};

}  // namespace souk::feeds
