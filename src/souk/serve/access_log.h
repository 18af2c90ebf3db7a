// The access log: one JSON object a line for each answer. It holds nothing of a person: the pattern of the route instead of the path,
// the id of the key instead of the key, and neither queries, bodies, shoppers nor addresses of clients.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::serve {

struct AccessEntry {
  std::string_view request;  // id of the request, as in the header Souk-Request
  std::string_view method;   // empty: not one that the route knows
  std::string_view route;    // pattern; "none"
  int status = 0;
  double milliseconds = 0;
  std::size_t bytes = 0;  // of the answer's content
  std::string_view key;   // id; empty: none
};
std::string to_line(const AccessEntry& entry);

class AccessLog {  // thread-safe
 public:
  // Appends to a file, or writes to stdout when it is "-".
  static Result<std::unique_ptr<AccessLog>> open(const std::string& target);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // A line that cannot be written is lost; that is said once, and again when it happens after lines could be written.
  void write(const AccessEntry& entry);
  Status reopen();  // under its name: after the file was moved away

 private:
  AccessLog(fs::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  static Result<int> open_file(const fs::path& path);

  const fs::path path_;  // empty: stdout
  std::mutex mutex_;     // guards what follows
  int descriptor_;
  bool failing_ = false;
};

}  // namespace souk::serve
