// Files of the console folder over HTTP: read when asked for, so that an edit shows at the next reload.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/serve/http.h"

namespace souk::serve {

class StaticFiles {  // immutable, thread-safe
 public:
  // `root`: empty, or a folder that does not exist: no files. `scripts`: where the system's packages put scripts (/usr/share/javascript);
  // "vendor/chart.js", when the root has no such file, is Chart.js of there.
  explicit StaticFiles(const fs::path& root, fs::path scripts = {});
  bool empty() const { return root_.empty(); }
  // `path` is decoded and relative ("assets/app.css"). Nothing when there is no such file (file_below). The answer has an ETag; when it
  // equals `if_none_match` the status is 304.
  std::optional<HttpResponse> get(std::string_view path, std::optional<std::string_view> if_none_match) const;

 private:
  fs::path root_;  // canonical
  fs::path scripts_;
};

// The regular file at `path`, decoded and relative, below the canonical folder `root`. Nothing when there is none: also for hidden names,
// names with a backslash, and whatever lies outside of the folder, symbolic links followed.
std::optional<fs::path> file_below(const fs::path& root, std::string_view path);

// Answers with `bytes` under a strong ETag, or 304 when the client has them.
HttpResponse cacheable(std::string bytes, std::string content_type, std::optional<std::string_view> if_none_match);
// By the name's ending; application/octet-stream when unknown.
std::string_view content_type_of(std::string_view name);

}  // namespace souk::serve
