#include "souk/serve/access_log.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

#include "souk/base/log.h"
#include "souk/base/time.h"

namespace souk::serve {

// None of the texts needs escaping: ids are hex or checked, patterns and methods stand in the table of routes.
std::string to_line(const AccessEntry& entry) {
  return fmt::format(R"({{"time":"{}","request":"{}","method":"{}","route":"{}","status":{},"ms":{:.3f},"bytes":{},"key":"{}"}})",
                     format_rfc3339(now()), entry.request, entry.method, entry.route, entry.status, entry.milliseconds, entry.bytes,
                     entry.key);
}

Result<int> AccessLog::open_file(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) return fail_errno("cannot open the access log", path.string(), errno);
  return descriptor;
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& target) {
  if (target == "-") return std::unique_ptr<AccessLog>(new AccessLog({}, STDOUT_FILENO));
  SOUK_TRY(const int descriptor, open_file(target));
  return std::unique_ptr<AccessLog>(new AccessLog(target, descriptor));
}

AccessLog::~AccessLog() {
  if (!path_.empty()) ::close(descriptor_);
}

void AccessLog::write(const AccessEntry& entry) {
  const std::string line = to_line(entry) + "\n";
  const std::lock_guard lock(mutex_);
  const bool whole = ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (!whole && !failing_) log::warn("the access log loses lines: {}", std::generic_category().message(errno));
  failing_ = !whole;
}

Status AccessLog::reopen() {
  if (path_.empty()) return {};
  SOUK_TRY(const int descriptor, open_file(path_));
  const std::lock_guard lock(mutex_);
  ::close(descriptor_);
  descriptor_ = descriptor;
  return {};
}

}  // namespace souk::serve
