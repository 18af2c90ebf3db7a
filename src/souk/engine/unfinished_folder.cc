#include "souk/engine/unfinished_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace souk::engine {
namespace {

constexpr std::string_view kSuffix = ".part-", kMark = "souk-unfinished", kWhole = "whole";

// The mark goes last: what cannot be removed is tried again the next time.
void remove_part(const fs::path& part) {
  std::error_code error;
  fs::remove_all(part / kWhole, error);
  if (error) return;
  fs::remove(part / kMark, error);
  fs::remove(part, error);  // stays when someone keeps other things in it
}

enum class Maker { unknown, alive, dead };

// Of an unfinished folder. When he is dead, `lock` holds the mark: nobody else judges the folder meanwhile.
Maker maker_of(const fs::path& part, int& lock) {
  const fs::path mark = part / kMark;
  struct stat about {};
  struct stat named {};
  if (::lstat(part.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) return Maker::unknown;
  lock = ::open(mark.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (lock < 0) return Maker::unknown;
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? Maker::alive : Maker::unknown;
  // Between the two calls it may have been removed, and another have got its name.
  const bool same = ::fstat(lock, &about) == 0 && ::lstat(mark.c_str(), &named) == 0 && about.st_ino == named.st_ino &&
                    about.st_dev == named.st_dev && S_ISREG(about.st_mode) && about.st_size == 0;
  return same ? Maker::dead : Maker::unknown;
}

// Folders that have the name of an unfinished `final`.
std::vector<fs::path> parts_of(const fs::path& final) {
  const std::string prefix = final.filename().string() + std::string(kSuffix);
  std::vector<fs::path> parts;
  std::error_code error;
  for (fs::directory_iterator entry(final.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() == prefix.size() || !name.starts_with(prefix)) continue;
    if (name.find_first_not_of("0123456789", prefix.size()) == std::string::npos) parts.push_back(entry->path());
  }
  return parts;
}

Status remove_leftovers_of(const fs::path& final, std::span<const fs::path> sources) {
  for (const fs::path& part : parts_of(final)) {
    if (std::any_of(sources.begin(), sources.end(), [&](const fs::path& source) { return is_below(source, part); })) continue;
    int lock = -1;
    const Maker maker = maker_of(part, lock);
    if (maker == Maker::dead) remove_part(part);
    if (lock >= 0) ::close(lock);
    if (maker == Maker::alive) {
      return fail(Error{ErrorKind::busy,
                        "another backup or restore is making this folder",
                        final.string(),
                        {},
                        part.string(),
                        "Wait until it has ended, or choose another folder."});
    }
  }
  return {};
}

// Over an empty folder that stood there before, and over nothing else: rename() replaces no folder that holds anything, and no file.
int rename_to(const fs::path& from, const fs::path& to, bool replace) {
  if (!replace) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;  // those: a file system that cannot do so
  }
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

bool is_below(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  const fs::path at = fs::weakly_canonical(path, ignored).lexically_relative(fs::weakly_canonical(folder, ignored));
  return !at.empty() && *at.begin() != "..";
}

Result<UnfinishedFolder> UnfinishedFolder::beside(const fs::path& final, std::span<const fs::path> sources) {
  fs::path whole = absolute_path(final).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  SOUK_CHECK(remove_leftovers_of(whole, sources));
  SOUK_CHECK(make_directories(whole.parent_path()));
  for (int number = 1;; ++number) {
    const fs::path part = fmt::format("{}{}{}", whole.string(), kSuffix, number);
    if (::mkdir(part.c_str(), 0777) != 0) {
      if (errno == EEXIST) continue;
      return fail_errno("cannot make the folder", part.string(), errno);
    }
    UnfinishedFolder made(whole, part);
    SOUK_CHECK(made.mark());
    SOUK_CHECK(make_directories(made.path()));
    return made;
  }
}

UnfinishedFolder::UnfinishedFolder(fs::path final, fs::path part) : final_(std::move(final)), part_(std::move(part)) {
  std::error_code ignored;
  was_there_ = fs::is_directory(fs::symlink_status(final_, ignored));
}

UnfinishedFolder::UnfinishedFolder(UnfinishedFolder&& other) noexcept
    : final_(std::move(other.final_)),
      part_(std::exchange(other.part_, {})),
      was_there_(other.was_there_),
      lock_(std::exchange(other.lock_, -1)) {}

UnfinishedFolder::~UnfinishedFolder() {
  if (!part_.empty()) remove_part(part_);
  if (lock_ >= 0) ::close(lock_);
}

// Locked before it has its name: a mark that can be locked is a dead one's.
Status UnfinishedFolder::mark() {
  const fs::path mark = part_ / kMark, unnamed = part_ / fmt::format("{}.new", kMark);
  lock_ = ::open(unnamed.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (lock_ < 0) return fail_errno("cannot create a file in", part_.string(), errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0 && ::rename(unnamed.c_str(), mark.c_str()) == 0) return sync_directory(part_);
  ::unlink(unnamed.c_str());
  return {};
}

fs::path UnfinishedFolder::path() const {
  return part_ / kWhole;
}

Status UnfinishedFolder::finish() {
  if (const int error = rename_to(path(), final_, was_there_); error != 0) {
    if (error != EEXIST && error != ENOTEMPTY && error != ENOTDIR) {
      return fail_errno("cannot rename the finished folder to", final_.string(), error);
    }
    return fail(Error{ErrorKind::exists, "cannot put the finished folder here", final_.string(), "nothing, as before",
                      "what someone else put here meanwhile", "Choose another folder."});
  }
  remove_part(part_);
  part_.clear();
  return sync_directory(final_.parent_path());
}

}  // namespace souk::engine
