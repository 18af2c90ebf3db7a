#include "souk/base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace souk {
namespace {

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  int fd = -1;
  do {
    fd = ::open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("cannot write", path.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

struct TemporaryFile {
  Descriptor descriptor;
  fs::path path;
};

constexpr std::string_view kTemporary = ".tmp-";  // then the process and a number: see create_beside()

// A new file beside `path`. The name is tried, not drawn, so two writers can never share one.
Result<TemporaryFile> create_beside(const fs::path& path) {
  for (int attempt = 0;; ++attempt) {
    fs::path name = path;
    name += fmt::format("{}{}-{}", kTemporary, ::getpid(), attempt);
    Descriptor descriptor(open_retrying(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
    if (descriptor) return TemporaryFile{std::move(descriptor), std::move(name)};
    if (errno != EEXIST || attempt == 1000) return fail_errno("cannot create a file beside", path.string(), errno);
  }
}

// A small file's sync may have to wait for all that a large one has written and not yet brought to the disk (ext4 does). So large ones
// are brought there as they are written, this much at a time.
constexpr std::size_t kAtATime = 4 << 20;

Status write_paced(int fd, std::span<const std::string_view> pieces, const fs::path& path) {
  std::size_t pending = 0;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::string_view part = piece.substr(0, kAtATime - pending);
      SOUK_CHECK(write_all(fd, part, path));
      piece.remove_prefix(part.size());
      pending = (pending + part.size()) % kAtATime;
      constexpr unsigned kWrittenNow = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
      if (pending != 0 || ::sync_file_range(fd, 0, 0, kWrittenNow) == 0) continue;
      if (errno == EIO || errno == ENOSPC) return fail_errno("cannot write", path.string(), errno);  // fsync() would not tell again
    }
  }
  return {};
}

Status fill_and_rename(TemporaryFile& file, const fs::path& path, std::span<const std::string_view> pieces) {
  SOUK_CHECK(write_paced(file.descriptor.get(), pieces, path));
  struct stat old {};
  // A file that only its owner may read (keys) stays so.
  if (::stat(path.c_str(), &old) == 0 && ::fchmod(file.descriptor.get(), old.st_mode & 07777) != 0) {
    return fail_errno("cannot keep the permissions of", path.string(), errno);
  }
  if (::fsync(file.descriptor.get()) != 0) return fail_errno("cannot sync", path.string(), errno);
  if (file.descriptor.close() != 0) return fail_errno("cannot close", path.string(), errno);
  if (::rename(file.path.c_str(), path.c_str()) != 0) return fail_errno("cannot rename a finished file to", path.string(), errno);
  return {};
}

}  // namespace

Result<MappedFile> MappedFile::open(const fs::path& path) {
  const Descriptor descriptor(open_retrying(path.c_str(), O_RDONLY));
  if (!descriptor) return fail_errno("cannot open", path.string(), errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return fail_errno("cannot read", path.string(), errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::invalid, "not a regular file", path.string());
  MappedFile file;
  file.size_ = static_cast<std::size_t>(status.st_size);
  if (file.size_ == 0) return file;
  void* data = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (data == MAP_FAILED) {
    file.size_ = 0;
    return fail_errno("cannot map", path.string(), errno);
  }
  file.data_ = static_cast<const std::byte*>(data);
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  return error ? path : whole;
}

Result<fs::path> temporary_folder() {
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (!error) return folder;
  const char* named = std::getenv("TMPDIR");
  return fail(Error{ErrorKind::io, "there is no folder for temporary files", named == nullptr ? "/tmp" : named, "a folder", error.message(),
                    "Set TMPDIR to a folder that can be written"});
}

Result<std::string> read_file(const fs::path& path) {
  const Descriptor descriptor(open_retrying(path.c_str(), O_RDONLY));
  if (!descriptor) return fail_errno("cannot open", path.string(), errno);
  std::string content;
  struct stat status {};
  if (::fstat(descriptor.get(), &status) == 0 && S_ISREG(status.st_mode)) content.reserve(static_cast<std::size_t>(status.st_size));
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read", path.string(), errno);
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Status write_file(const fs::path& path, std::string_view content) {
  return write_file(path, std::span(&content, 1));
}

Status write_file(const fs::path& path, std::span<const std::string_view> pieces) {
  SOUK_TRY(TemporaryFile file, create_beside(path));
  if (Status status = fill_and_rename(file, path, pieces); !status) {
    ::unlink(file.path.c_str());
    return status;
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

Status sync_directory(const fs::path& directory) {
  const Descriptor descriptor(open_retrying(directory.c_str(), O_RDONLY | O_DIRECTORY));
  if (!descriptor) return fail_errno("cannot open the folder", directory.string(), errno);
  if (::fsync(descriptor.get()) != 0) return fail_errno("cannot sync the folder", directory.string(), errno);
  return {};
}

namespace {

// Of a folder above that may be walked through but not read the names cannot be synced, by anyone but its owner.
Status sync_name(const fs::path& directory) {
  const fs::path parent = (absolute_path(directory) / "..").lexically_normal();
  return ::access(parent.c_str(), R_OK) == 0 ? sync_directory(parent) : Status();
}

}  // namespace

Status make_directories(const fs::path& directory) {
  if (directory.empty()) return fail(Error{ErrorKind::invalid, "cannot make a folder", {}, "its name", "nothing", {}});
  // From the top down: a folder's name is durable before anything is made in it.
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path at = absolute_path(directory).lexically_normal(); !at.empty() && !fs::is_directory(at, error); at = at.parent_path()) {
    if (!at.has_filename()) continue;  // "a/b/" names b once more
    missing.push_back(at);
  }
  for (auto made = missing.rbegin(); made != missing.rend(); ++made) {
    if (::mkdir(made->c_str(), 0777) != 0 && errno != EEXIST) return fail_errno("cannot make the folder", made->string(), errno);
    if (!fs::is_directory(*made, error)) return fail_errno("cannot make the folder", made->string(), ENOTDIR);
    SOUK_CHECK(sync_name(*made));
  }
  // One that stands may have been made by a process that died before it could do this.
  return missing.empty() ? sync_name(directory) : Status();
}

void remove_leftovers(const fs::path& directory) {
  std::vector<fs::path> leftovers;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::size_t mark = name.rfind(kTemporary);
    if (mark == std::string::npos || mark == 0) continue;
    const std::string_view numbers = std::string_view(name).substr(mark + kTemporary.size());
    if (!numbers.empty() && numbers.find_first_not_of("0123456789-") == std::string_view::npos) leftovers.push_back(entry->path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover, error);
}

namespace {

constexpr std::string_view kOpenFiles = "/proc/self/fd/";

}  // namespace

// Named for the moment between two calls, while it is empty: not every file system has O_TMPFILE.
Result<NamelessFile> NamelessFile::make(const fs::path& folder) {
  std::string name = (folder / ".nameless-XXXXXX").string();
  NamelessFile file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.descriptor_ < 0) return fail_errno("cannot make a temporary file", name, errno);
  if (::unlink(name.c_str()) != 0) return fail_errno("cannot take the name of a temporary file away", name, errno);
  return file;
}

NamelessFile::~NamelessFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status NamelessFile::append(std::string_view bytes) {
  return write_all(descriptor_, bytes, path());
}

fs::path NamelessFile::path() const {
  return fmt::format("{}{}", kOpenFiles, descriptor_);
}

bool is_nameless(const fs::path& path) {
  return path.native().starts_with(kOpenFiles);
}

std::uint64_t folder_size(const fs::path& directory) {
  std::uint64_t total = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    // Files may vanish while we look; those count nothing. st_blocks counts 512-byte units (stat(2)).
    if (::lstat(entry->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      total += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return total;
}

}  // namespace souk
