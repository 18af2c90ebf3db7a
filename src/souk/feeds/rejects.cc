#include "souk/feeds/rejects.h"

#include <cerrno>
#include <unistd.h>
#include <vector>

#include "souk/base/time.h"
#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

constexpr std::uint64_t kMostRows = 100'000;

// Guards all files that are being written, and the list of them.
std::mutex writing;
std::vector<RejectsFile*>& open_files() {
  static std::vector<RejectsFile*> files;
  return files;
}

}  // namespace

RejectsFile::Pause::Pause() : lock_(writing) {
  for (RejectsFile* const file : open_files()) {
    if (file->file_ && std::fclose(file->file_.release()) != 0) file->failed_ = errno;
  }
}

RejectsFile::RejectsFile(fs::path directory) : directory_(std::move(directory)) {
  const std::lock_guard lock(writing);
  open_files().push_back(this);
}

RejectsFile::~RejectsFile() {
  const std::lock_guard lock(writing);
  file_.reset();
  std::erase(open_files(), this);
}

Status RejectsFile::make() {
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

// After a pause: what stands in the file now stays.
Status RejectsFile::reopen() {
  if (failed_ == 0) file_.reset(std::fopen(path_.c_str(), "a"));
  return file_ ? Status() : Status(fail_errno("cannot write the refused rows", path_.string(), failed_ != 0 ? failed_ : errno));
}

Status RejectsFile::add(const fs::path& file, const RowProblem& problem, std::string_view row) {
  if (written_ == kMostRows) return {};
  const std::lock_guard lock(writing);
  if (!file_) SOUK_CHECK(path_.empty() ? make() : reopen());
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
  const std::lock_guard lock(writing);
  if (path_.empty()) return {};
  if (!file_) SOUK_CHECK(reopen());
  const bool good = std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0;
  const int error = errno;
  file_.reset();
  return good ? sync_directory(directory_) : Status(fail_errno("cannot write the refused rows", path_.string(), error));
}

}  // namespace souk::feeds
