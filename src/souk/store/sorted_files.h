// Records as sorted files that the store takes in as they are, past the log and the memory tables: for many at once, where those two cost
// more than all else of a commit. A file's name ends in ".ingest" until it is taken in; what a death leaves of one goes when the store
// opens (Database::open).
#pragma once

#include <memory>
#include <rocksdb/write_batch.h>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/store/database.h"

namespace rocksdb {
class SstFileWriter;
}

namespace souk::store {

class SortedFileWriter {  // one at a time of each family
 public:
  static Result<SortedFileWriter> open(const Database& database, Family family);
  SortedFileWriter(SortedFileWriter&&) noexcept;
  ~SortedFileWriter();

  Status put(std::string_view key, std::string_view value);  // keys ascending, each once
  Result<SortedFile> finish();                               // durable; at least one record

 private:
  SortedFileWriter(SortedFile file, std::unique_ptr<rocksdb::SstFileWriter> writer);
  SortedFile file_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
};

// One file of each family that the batch puts records into; of a key that is put twice the last one counts. The batch may hold nothing
// else.
Result<std::vector<SortedFile>> write_sorted_files(const Database& database, const rocksdb::WriteBatch& batch);

}  // namespace souk::store
