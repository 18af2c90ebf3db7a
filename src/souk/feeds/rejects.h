// SHOP/rejects/<time>.jsonl: one line for each refused row of an import: {"file","line","path","expected","found","row"}, `row` being the
// row's first 4 KiB. At most 100,000 rows are written; more are counted in the report.
#pragma once

#include <cstdio>
#include <memory>

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

}  // namespace souk::feeds
