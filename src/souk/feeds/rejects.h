// SHOP/rejects/<time>.jsonl: one line for each refused row of an import: {"file","line","path","expected","found","row"}, `row` being the
// row's first 4 KiB. At most 100,000 rows are written; more are counted in the report.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/feeds/record_json.h"

namespace souk::feeds {

class RejectsFile {  // one thread a file; several files at once
 public:
  // While one lives, no rows are written: all rows that were added are in the files, which may be replaced or deleted. Rows added later go
  // to the file that then has the name.
  class Pause {
   public:
    Pause();

   private:
    std::unique_lock<std::mutex> lock_;
  };

  explicit RejectsFile(fs::path directory);
  ~RejectsFile();
  RejectsFile(const RejectsFile&) = delete;
  RejectsFile& operator=(const RejectsFile&) = delete;

  // The folder and the file are made with the first row.
  Status add(const fs::path& file, const RowProblem& problem, std::string_view row);
  Status close();                                 // durable when it returns
  const fs::path& path() const { return path_; }  // empty: no row was refused

 private:
  Status make();
  Status reopen();
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path directory_, path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t written_ = 0;
  int failed_ = 0;  // errno of what a pause could not write
};

// Deletes the rows of all files of the folder that mention one of the names, as they stand or behind JSON's escapes or a table's doubled
// quotes. A name of fewer than 8 bytes must stand by itself: "ann" is not mentioned by "annual". One
// with an @ is found in any case. Of `short_sessions`, which name too much elsewhere, only the rows that have one as their field "session",
// or as a whole cell. Returns how many rows went. A folder that does not exist has none. An import under way goes on writing its rows
// afterwards, with those of the person that it reads then.
Result<std::uint64_t> scrub_rejects(const fs::path& directory, std::span<const std::string> names,
                                    std::span<const std::string> short_sessions = {});

// Deletes what imports and scrubs that died left in the folder. Only for a process that holds the shop, before it does either.
void remove_dead_imports(const fs::path& directory);

}  // namespace souk::feeds
