#include "souk/engine/lock_holder.h"

#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace souk::engine {

std::optional<std::string> lock_holder(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return {};
  const std::string inode = fmt::format(":{}", about.st_ino);
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    // "1: POSIX  ADVISORY  WRITE 4711 fd:00:1234567 0 EOF": the device is that of the file system, which stat() need not agree with.
    std::istringstream fields(line);
    std::string number, type, strictness, access, process, where;
    if (!(fields >> number >> type >> strictness >> access >> process >> where)) continue;
    if (type != "POSIX" || access != "WRITE" || !where.ends_with(inode)) continue;
    std::string name;
    std::ifstream command("/proc/" + process + "/comm");
    std::getline(command, name);
    return name.empty() ? fmt::format("process {}", process) : fmt::format("process {} ({})", process, name);
  }
  return {};
}

}  // namespace souk::engine
