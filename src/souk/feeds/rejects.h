// SHOP/rejects/<time>.jsonl: one line for each refused row of an import: {"file","line","path","expected","found","row"}, `row` being the
// row's first 4 KiB. At most 100,000 rows are written; more are counted in the report.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/feeds/record_json.h"

namespace souk::feeds {

class RejectsFile {
 public:
  explicit RejectsFile(fs::path directory) : directory_(std::move(directory)) {}
  // The folder and the file are made with the first row.
  Status add(const fs::path& file, const RowProblem& problem, std::string_view row);
  Status close();                                 // durable when it returns
  const fs::path& path() const { return path_; }  // empty: no row was refused

 private:
  Status open();
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path directory_, path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t written_ = 0;
};

// Deletes the rows of all files of the folder that mention one of the names, as they stand or behind JSON's escapes or a table's doubled
// quotes, and what imports that died left there. A name of fewer than 8 bytes must stand by itself: "ann" is not mentioned by "annual". One
// with an @ is found in any case. Of `short_sessions`, which name too much elsewhere, only the rows that have one as their field "session",
// or as a whole cell. Returns how many rows went. A folder that does not exist has none. An import under way may lose the rows it refuses
// afterwards.
Result<std::uint64_t> scrub_rejects(const fs::path& directory, std::span<const std::string> names,
                                    std::span<const std::string> short_sessions = {});

}  // namespace souk::feeds
