#include "souk/engine/work_folder.h"

#include <cerrno>
#include <fmt/format.h>
#include <mutex>
#include <sys/stat.h>
#include <system_error>

namespace souk::engine {
namespace {

// The last to end removes SHOP/work, and not while another makes its folder there. Only the process that writes a shop makes any.
std::mutex making;

}  // namespace

Result<WorkFolder> WorkFolder::make(const fs::path& shop, const std::string& name) {
  const std::lock_guard lock(making);
  SOUK_CHECK(make_directories(shop / "work"));
  for (int number = 1;; ++number) {
    fs::path path = shop / "work" / fmt::format("{}-{}", name, number);
    if (::mkdir(path.c_str(), 0700) == 0) return WorkFolder(std::move(path));
    if (errno != EEXIST) return fail_errno("cannot make the folder", path.string(), errno);
  }
}

void WorkFolder::clear(const fs::path& shop) {
  std::error_code ignored;
  fs::remove_all(shop / "work", ignored);
}

std::vector<fs::path> WorkFolder::list(const fs::path& shop) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(shop / "work", error), end; !error && entry != end; entry.increment(error)) {
    folders.push_back(entry->path());
  }
  return folders;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (path_.empty()) return;
  fs::remove_all(path_, ignored);
  const std::lock_guard lock(making);
  fs::remove(path_.parent_path(), ignored);  // when nothing else is at work
}

}  // namespace souk::engine
