#include "souk/feeds/rejects.h"

#include <cerrno>
#include <unistd.h>

#include "souk/base/time.h"
#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

constexpr std::uint64_t kMostRows = 100'000;

}  // namespace

Status RejectsFile::open() {
  SOUK_CHECK(make_directories(directory_));
  std::string name;  // 2017-01-01T115326.250Z: no colons, which some file systems refuse
  for (const char c : format_rfc3339(now())) {
    if (c != ':') name += c;
  }
  for (int copy = 0;; ++copy) {
    path_ = directory_ / (name + (copy == 0 ? "" : "-" + std::to_string(copy)) + ".jsonl");
    file_.reset(std::fopen(path_.c_str(), "wx"));
    if (file_) return {};
    if (errno != EEXIST) return fail_errno("cannot write the refused rows", path_.string(), errno);
  }
}

Status RejectsFile::add(const fs::path& file, const RowProblem& problem, std::string_view row) {
  if (written_ == kMostRows) return {};
  if (!file_) SOUK_CHECK(open());
  ++written_;
  std::string line = "{";
  append_json_field(line, "file", file.filename().string());
  line += "," + problem.to_json().substr(1);
  line.pop_back();
  append_json_field(line, "row", row);
  line += "}\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size()) return {};
  return fail_errno("cannot write the refused rows", path_.string(), errno);
}

Status RejectsFile::close() {
  if (!file_) return {};
  const bool good = std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0;
  const int error = errno;
  file_.reset();
  return good ? sync_directory(directory_) : Status(fail_errno("cannot write the refused rows", path_.string(), error));
}

}  // namespace souk::feeds
