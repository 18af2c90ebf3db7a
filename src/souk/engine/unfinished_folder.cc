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

constexpr std::string_view kSuffix = ".part-", kWithin = "souk.part-", kMark = "souk-unfinished", kWhole = "whole", kMoves = "moves";
// Of what goes up into a folder that is filled from within.
constexpr std::string_view kFirst = "backup.manifest", kLast = "shop.toml";

struct Move {
  dev_t device = 0;
  ino_t number = 0;
  std::string name;
};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

Result<std::vector<Move>> moves_of(const fs::path& whole) {
  std::vector<Move> moves;
  for (std::string& name : names_in(whole)) {
    struct stat about {};
    if (::lstat((whole / name).c_str(), &about) != 0) return fail_errno("cannot read", (whole / name).string(), errno);
    moves.push_back({about.st_dev, about.st_ino, std::move(name)});
  }
  const auto rank = [](const Move& move) { return move.name == kFirst ? 0 : move.name == kLast ? 2 : 1; };
  std::sort(moves.begin(), moves.end(), [&](const Move& a, const Move& b) { return rank(a) < rank(b); });
  return moves;
}

std::string text_of(const std::vector<Move>& moves) {
  std::string text;
  for (const Move& move : moves) text += fmt::format("{} {} {}\n", move.device, move.number, move.name);
  return text;
}

// Takes away again what went up before its process died; nothing when all of it did. False: something else stands there, too.
bool take_back(const fs::path& part) {
  const auto text = read_file(part / kMoves);
  if (!text || names_in(part / kWhole).empty()) return true;
  const fs::path folder = part.parent_path();
  const std::vector<std::string> names = names_in(folder);
  const auto came_from_there = [&](const std::string& name) {
    struct stat about {};
    if (::lstat((folder / name).c_str(), &about) != 0) return false;
    const std::string line = text_of({{about.st_dev, about.st_ino, name}});
    return text->starts_with(line) || text->find("\n" + line) != std::string::npos;
  };
  const auto is_ours = [&](const std::string& name) { return name == part.filename() || came_from_there(name); };
  if (!std::all_of(names.begin(), names.end(), is_ours)) return false;
  std::error_code error;
  for (const std::string& name : names) {
    if (name != part.filename()) fs::remove_all(folder / name, error);
    if (error) return false;
  }
  return true;
}

// The mark goes last: what cannot be removed is tried again the next time.
void remove_part(const fs::path& part) {
  std::error_code error;
  if (!take_back(part)) return;
  fs::remove_all(part / kWhole, error);
  if (error) return;
  remove_leftovers(part);
  fs::remove(part / kMoves, error);
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

// The folders in `place` that have the name of an unfinished one.
std::vector<fs::path> parts_in(const fs::path& place, const std::string& prefix) {
  std::vector<fs::path> parts;
  for (const std::string& name : names_in(place)) {
    if (name.size() == prefix.size() || !name.starts_with(prefix)) continue;
    if (name.find_first_not_of("0123456789", prefix.size()) == std::string::npos) parts.push_back(place / name);
  }
  return parts;
}

std::string name_beside(const fs::path& final) {
  return final.filename().string() + std::string(kSuffix);
}

Status remove_leftovers_of(const fs::path& final, std::span<const fs::path> sources) {
  std::vector<fs::path> parts = parts_in(final.parent_path(), name_beside(final));
  for (fs::path& part : parts_in(final, std::string(kWithin))) parts.push_back(std::move(part));
  for (const fs::path& part : parts) {
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

// The folder that is meant, from the root.
Result<fs::path> resolved(const fs::path& final) {
  fs::path whole = absolute_path(final).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(whole, error))) return whole;
  const fs::path target = fs::canonical(whole, error);
  if (!error) return target;
  return fail(Error{ErrorKind::exists, "cannot make this folder", whole.string(), "a new or empty folder, or a link to one",
                    "a link that leads nowhere", "Remove the link, or choose another folder."});
}

// Can no folder be renamed over this one? A mount point, also of a folder of the same disk, or one whose place cannot be written.
bool must_stay(const fs::path& folder) {
  struct statx about {};
  struct stat own {};
  struct stat above {};
  if (::stat(folder.c_str(), &own) != 0 || !S_ISDIR(own.st_mode)) return false;
  const fs::path place = folder.parent_path();
  if (::stat(place.c_str(), &above) != 0 || own.st_dev != above.st_dev) return true;
  if (::statx(AT_FDCWD, folder.c_str(), 0, STATX_TYPE, &about) == 0 && (about.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) return true;
  return ::access(place.c_str(), W_OK | X_OK) != 0;
}

tl::unexpected<Error> put_there_meanwhile(const fs::path& final) {
  return fail(Error{ErrorKind::exists, "cannot put the finished folder here", final.string(), "nothing, as before",
                    "what someone else put here meanwhile", "Choose another folder."});
}

}  // namespace

bool is_below(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  const fs::path at = fs::weakly_canonical(path, ignored).lexically_relative(fs::weakly_canonical(folder, ignored));
  return !at.empty() && *at.begin() != "..";
}

Status remove_unfinished(const fs::path& final, std::span<const fs::path> sources) {
  SOUK_TRY(const fs::path whole, resolved(final));
  return remove_leftovers_of(whole, sources);
}

Result<UnfinishedFolder> UnfinishedFolder::make(const fs::path& final, std::span<const fs::path> sources) {
  SOUK_TRY(const fs::path whole, resolved(final));
  if (must_stay(whole)) return within(whole, sources);
  SOUK_CHECK(remove_leftovers_of(whole, sources));
  SOUK_CHECK(make_directories(whole.parent_path()));
  return make_part(whole, (whole.parent_path() / name_beside(whole)).string(), false);
}

Result<UnfinishedFolder> UnfinishedFolder::within(const fs::path& final, std::span<const fs::path> sources) {
  SOUK_CHECK(remove_leftovers_of(final, sources));
  return make_part(final, (final / kWithin).string(), true);
}

Result<UnfinishedFolder> UnfinishedFolder::make_part(const fs::path& final, const std::string& prefix, bool within) {
  for (int number = 1;; ++number) {
    const fs::path part = fmt::format("{}{}", prefix, number);
    if (::mkdir(part.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return fail_errno("cannot make the folder", part.string(), errno);
    }
    UnfinishedFolder made(final, part, within);
    SOUK_CHECK(made.mark());
    if (::mkdir(made.path().c_str(), 0700) != 0) return fail_errno("cannot make the folder", made.path().string(), errno);
    return made;
  }
}

UnfinishedFolder::UnfinishedFolder(fs::path final, fs::path part, bool within)
    : final_(std::move(final)), part_(std::move(part)), within_(within) {
  std::error_code ignored;
  was_there_ = fs::is_directory(fs::symlink_status(final_, ignored));
}

UnfinishedFolder::UnfinishedFolder(UnfinishedFolder&& other) noexcept
    : final_(std::move(other.final_)),
      part_(std::exchange(other.part_, {})),
      within_(other.within_),
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

// One that stood there keeps the rights that somebody gave it.
Status UnfinishedFolder::rename_whole() {
  struct stat before {};
  if (was_there_ && ::lstat(final_.c_str(), &before) == 0 && S_ISDIR(before.st_mode) &&
      ::chmod(path().c_str(), before.st_mode & 07777) != 0) {
    return fail_errno("cannot keep the permissions of", final_.string(), errno);
  }
  const int error = rename_to(path(), final_, was_there_);
  if (error == 0) return {};
  if (error == EEXIST || error == ENOTEMPTY || error == ENOTDIR) return put_there_meanwhile(final_);
  return fail_errno("cannot rename the finished folder to", final_.string(), error);
}

// The last entry says that all are there. What cannot go up takes the others down again.
Status UnfinishedFolder::move_up() {
  if (names_in(final_).size() != 1) return put_there_meanwhile(final_);  // its own part
  SOUK_TRY(const std::vector<Move> moves, moves_of(path()));
  SOUK_CHECK(write_file(part_ / kMoves, text_of(moves)));
  for (auto move = moves.begin(); move != moves.end(); ++move) {
    const int error = rename_to(path() / move->name, final_ / move->name, false);
    Status moved =
        error == 0 ? sync_directory(final_) : Status(fail_errno("cannot rename a finished file to", (final_ / move->name).string(), error));
    if (moved) continue;
    if (error == 0) ++move;
    while (move != moves.begin()) {
      --move;
      (void)rename_to(final_ / move->name, path() / move->name, false);
    }
    return error == EEXIST ? Status(put_there_meanwhile(final_)) : moved;
  }
  return {};
}

Status UnfinishedFolder::finish() {
  SOUK_CHECK(within_ ? move_up() : rename_whole());
  remove_part(part_);
  part_.clear();
  return sync_directory(within_ ? final_ : final_.parent_path());
}

}  // namespace souk::engine
