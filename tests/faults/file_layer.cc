#include "tests/faults/file_layer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace souk::faults {
namespace {

namespace fs = std::filesystem;

struct OpenFile {
  std::string path;  // when it was opened, relative to the folder
  std::uint64_t id = 0;
  bool directory = false, append = false;
  bool stdio = false;  // its writes are not seen
};

// Of the process. Calls below the folder take turns, so that the recording is in the order in which things happened.
struct Layer {
  std::recursive_mutex mutex;
  std::string folder;  // empty: nothing is watched
  bool recording = false, armed = false;
  std::string operations;
  std::map<int, OpenFile> open_files;
  std::map<ino_t, std::uint64_t> ids;
  std::uint64_t next_id = 1;
  Faults faults;
  std::uint64_t calls = 0, reads = 0;
};

Layer& layer() {
  static Layer* const one = new Layer;  // never destroyed: threads may write to the very end
  return *one;
}

// The function that a call would have reached without this library.
template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
#define SOUK_NEXT(name) next<decltype(&::name)>(#name)
#pragma GCC diagnostic ignored "-Wignored-attributes"  // those of the C library's declarations

// `path` relative to the watched folder, "." for itself; nothing when it lies elsewhere.
std::optional<std::string> below(int at, const char* path) {
  const std::string& folder = layer().folder;
  if (folder.empty() || path == nullptr) return std::nullopt;
  std::string whole = path;
  if (path[0] != '/') {
    char base[PATH_MAX];
    const std::string link = at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(at);
    const ssize_t size = ::readlink(link.c_str(), base, sizeof base);
    if (size <= 0) return std::nullopt;
    whole = std::string(base, static_cast<std::size_t>(size)) + "/" + path;
  }
  whole = fs::path(whole).lexically_normal().string();
  if (whole.size() > 1 && whole.back() == '/') whole.pop_back();
  if (whole == folder) return ".";
  if (!whole.starts_with(folder) || whole[folder.size()] != '/') return std::nullopt;
  return whole.substr(folder.size() + 1);
}

void put_number(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

void record(Kind kind, std::uint64_t id, std::uint64_t offset, std::string_view path, std::string_view to, std::string_view data) {
  if (!layer().recording) return;
  std::string& out = layer().operations;
  out.push_back(static_cast<char>(kind));
  put_number(out, id);
  put_number(out, offset);
  put_text(out, path);
  put_text(out, to);
  put_text(out, data);
}

std::string absolute(const std::string& relative) {
  return relative == "." ? layer().folder : layer().folder + "/" + relative;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::string content_of(const std::string& path) {
  std::string content;
  const int file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file < 0) return content;
  char buffer[65536];
  for (long got = 0; (got = ::syscall(SYS_read, file, buffer, sizeof buffer)) > 0;) content.append(buffer, static_cast<std::size_t>(got));
  ::syscall(SYS_close, file);
  return content;
}

std::uint64_t id_of(ino_t inode, bool fresh) {
  auto [known, missing] = layer().ids.try_emplace(inode, 0);
  if (missing || fresh) known->second = layer().next_id++;  // an inode's number is used again
  return known->second;
}

void record_folder(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = fs::relative(entry.path(), folder).string();
    if (entry.is_directory()) {
      record(Kind::directory, 0, 0, path, {}, {});
    } else if (entry.is_regular_file()) {
      struct stat status {};
      if (::stat(entry.path().c_str(), &status) != 0) continue;
      record(Kind::file, id_of(status.st_ino, false), 0, path, {}, content_of(entry.path().string()));
    }
  }
}

// Counts a call; true when it is to fail, and errno says how.
bool fails() {
  Layer& in = layer();
  if (!in.armed) return false;
  ++in.calls;
  if (in.faults.first == 0 || in.calls < in.faults.first || in.calls > in.faults.last) return false;
  errno = in.faults.error;
  return true;
}

OpenFile* watched(int file) {
  if (layer().folder.empty()) return nullptr;
  const auto found = layer().open_files.find(file);
  return found == layer().open_files.end() ? nullptr : &found->second;
}

void opened(int file, const std::string& path, int flags, bool existed, bool stdio) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return;
  OpenFile open_file{path, 0, S_ISDIR(status.st_mode), (flags & O_APPEND) != 0, stdio};
  if (!open_file.directory) {
    open_file.id = id_of(status.st_ino, !existed);
    if (!existed) record(Kind::create, open_file.id, 0, path, {}, {});
    if (existed && (flags & O_TRUNC) != 0) record(Kind::truncate, open_file.id, 0, {}, {}, {});
  }
  layer().open_files[file] = std::move(open_file);
}

int open_at(int at, const char* path, int flags, mode_t mode) {
  const auto real = SOUK_NEXT(openat);
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const auto relative = below(at, path);
  if (!relative) return real(at, path, flags, mode);
  const bool existed = exists(absolute(*relative));
  if ((!existed || (flags & O_TRUNC) != 0) && (flags & O_CREAT) != 0 && fails()) return -1;
  const int file = real(at, path, flags, mode);
  if (file >= 0) opened(file, *relative, flags, existed, false);
  return file;
}

std::FILE* open_stdio(std::FILE* (*real)(const char*, const char*), const char* path, const char* mode) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const auto relative = below(AT_FDCWD, path);
  if (!relative) return real(path, mode);
  const bool existed = exists(absolute(*relative)), writes = std::strpbrk(mode, "wa+") != nullptr;
  if (writes && fails()) return nullptr;
  std::FILE* const file = real(path, mode);
  if (file != nullptr) opened(::fileno(file), *relative, mode[0] == 'w' ? O_TRUNC : 0, existed, writes);
  return file;
}

void take_stdio(const OpenFile& file) {
  if (file.stdio) record(Kind::write, file.id, 0, {}, {}, content_of(absolute(file.path)));
}

// A write at `offset`, or where the file stands.
template <class Real>
ssize_t write_through(int file, const void* data, std::size_t size, std::optional<off_t> offset, const Real& real) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const OpenFile* const open_file = watched(file);
  if (open_file == nullptr || open_file->directory) return real(size);
  if (fails()) return -1;
  if (in.armed && in.calls == in.faults.short_write && size > 1) size /= 2;
  struct stat status {};
  if (!offset) offset = open_file->append && ::fstat(file, &status) == 0 ? status.st_size : ::lseek(file, 0, SEEK_CUR);
  const ssize_t written = real(size);
  if (written > 0) {
    record(Kind::write, open_file->id, static_cast<std::uint64_t>(*offset), {}, {},
           {static_cast<const char*>(data), static_cast<std::size_t>(written)});
  }
  return written;
}

template <class Real>
ssize_t read_through(int file, void* data, const Real& real) {
  Layer& in = layer();
  const ssize_t got = real();  // takes no turn: reading a pipe may wait
  const std::lock_guard lock(in.mutex);
  if (got <= 0 || watched(file) == nullptr || !in.armed) return got;
  if (++in.reads == in.faults.flip_read) {
    const std::uint64_t bit = in.faults.seed % (static_cast<std::uint64_t>(got) * 8);
    static_cast<unsigned char*>(data)[bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
  }
  return got;
}

int sync_through(int file, int (*real)(int)) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const OpenFile* const open_file = watched(file);
  if (open_file == nullptr) return real(file);
  if (fails()) return -1;
  take_stdio(*open_file);
  if (open_file->directory) {
    // Under the name that it has now; one that was deleted has none.
    const auto path = below(file, ".");
    if (path && exists(absolute(*path))) record(Kind::sync_directory, 0, 0, *path, {}, {});
  } else {
    record(Kind::sync_file, open_file->id, 0, {}, {}, {});
  }
  return in.recording ? 0 : real(file);
}

template <class Real>
int resize_through(int file, off_t size, const Real& real) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const OpenFile* const open_file = watched(file);
  if (open_file == nullptr) return real();
  if (fails()) return -1;
  const int result = real();
  if (result == 0) record(Kind::truncate, open_file->id, static_cast<std::uint64_t>(size), {}, {}, {});
  return result;
}

// A change of names.
template <class Real>
int rename_through(Kind kind, int at, const char* path, int to_at, const char* to, const Real& real) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  const auto from_relative = below(at, path), to_relative = to == nullptr ? std::optional<std::string>("") : below(to_at, to);
  if (!from_relative || !to_relative) return real();
  if (fails()) return -1;
  const int result = real();
  if (result == 0) record(kind, 0, 0, *from_relative, *to_relative, {});
  return result;
}

}  // namespace

void start_recording(const std::string& folder) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  in.folder = fs::canonical(folder).string();
  in.operations.clear();
  in.open_files.clear();
  in.ids.clear();
  in.next_id = 1;
  in.recording = true;
  record_folder(in.folder);
}

void note(std::string_view data) {
  const std::lock_guard lock(layer().mutex);
  record(Kind::note, 0, 0, {}, {}, data);
}

std::string stop_recording() {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  in.recording = false;
  if (!in.armed) in.folder.clear();
  return std::exchange(in.operations, {});
}

void arm(const std::string& folder, const Faults& faults) {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  in.folder = fs::canonical(folder).string();
  in.faults = faults;
  in.armed = true;
  in.calls = in.reads = 0;
}

std::uint64_t calls() {
  const std::lock_guard lock(layer().mutex);
  return layer().calls;
}

std::uint64_t reads() {
  const std::lock_guard lock(layer().mutex);
  return layer().reads;
}

void disarm() {
  Layer& in = layer();
  const std::lock_guard lock(in.mutex);
  in.armed = false;
}

}  // namespace souk::faults

// What stands before the C library's functions.
extern "C" {

namespace f = souk::faults;

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return f::open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return f::open_at(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return f::open_at(at, path, flags, mode);
}
int creat(const char* path, mode_t mode) {
  return f::open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
std::FILE* fopen(const char* path, const char* mode) {
  return f::open_stdio(f::SOUK_NEXT(fopen), path, mode);
}
std::FILE* fopen64(const char* path, const char* mode) {
  return f::open_stdio(f::SOUK_NEXT(fopen64), path, mode);
}
int fflush(std::FILE* file) {
  {
    const std::lock_guard lock(f::layer().mutex);
    if (file != nullptr && !f::layer().folder.empty() && f::watched(::fileno(file)) != nullptr && f::fails()) return EOF;
  }
  return f::SOUK_NEXT(fflush)(file);
}
int fclose(std::FILE* file) {
  const std::lock_guard lock(f::layer().mutex);
  if (f::layer().folder.empty()) return f::SOUK_NEXT(fclose)(file);
  const int number = ::fileno(file);
  const f::OpenFile* const known = f::watched(number);
  const std::optional<f::OpenFile> open_file = known != nullptr ? std::optional(*known) : std::nullopt;
  f::layer().open_files.erase(number);
  const int result = f::SOUK_NEXT(fclose)(file);
  if (open_file) f::take_stdio(*open_file);
  return result;
}
int close(int file) {
  // Before the number can be given to another file.
  const std::lock_guard lock(f::layer().mutex);
  if (!f::layer().folder.empty()) f::layer().open_files.erase(file);
  return f::SOUK_NEXT(close)(file);
}
ssize_t write(int file, const void* data, std::size_t size) {
  const auto real = f::SOUK_NEXT(write);
  return f::write_through(file, data, size, std::nullopt, [&](std::size_t now) { return real(file, data, now); });
}
ssize_t pwrite(int file, const void* data, std::size_t size, off_t offset) {
  const auto real = f::SOUK_NEXT(pwrite);
  return f::write_through(file, data, size, offset, [&](std::size_t now) { return real(file, data, now, offset); });
}
ssize_t pwrite64(int file, const void* data, std::size_t size, off_t offset) {
  return ::pwrite(file, data, size, offset);
}
ssize_t writev(int file, const iovec* pieces, int count) {
  std::string whole;
  for (int i = 0; i < count; ++i) whole.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  const auto real = f::SOUK_NEXT(write);
  return f::write_through(file, whole.data(), whole.size(), std::nullopt, [&](std::size_t now) { return real(file, whole.data(), now); });
}
ssize_t read(int file, void* data, std::size_t size) {
  return f::read_through(file, data, [&] { return f::SOUK_NEXT(read)(file, data, size); });
}
ssize_t pread(int file, void* data, std::size_t size, off_t offset) {
  return f::read_through(file, data, [&] { return f::SOUK_NEXT(pread)(file, data, size, offset); });
}
ssize_t pread64(int file, void* data, std::size_t size, off_t offset) {
  return ::pread(file, data, size, offset);
}
int fsync(int file) {
  return f::sync_through(file, f::SOUK_NEXT(fsync));
}
int fdatasync(int file) {
  return f::sync_through(file, f::SOUK_NEXT(fdatasync));
}
int sync_file_range(int file, off64_t offset, off64_t size, unsigned flags) {
  {
    const std::lock_guard lock(f::layer().mutex);
    if (f::watched(file) != nullptr) return 0;  // promises nothing; RocksDB as Debian builds it aborts when it fails
  }
  return f::SOUK_NEXT(sync_file_range)(file, offset, size, flags);
}
int ftruncate(int file, off_t size) noexcept {
  const auto real = f::SOUK_NEXT(ftruncate);
  return f::resize_through(file, size, [&] { return real(file, size); });
}
int ftruncate64(int file, off_t size) noexcept {
  return ::ftruncate(file, size);
}
int fallocate(int file, int mode, off_t offset, off_t size) {
  const std::lock_guard lock(f::layer().mutex);
  // RocksDB's way ahead of the end of its files, which changes no content.
  if (f::watched(file) != nullptr && f::fails()) return -1;
  return f::SOUK_NEXT(fallocate)(file, mode, offset, size);
}
int rename(const char* path, const char* to) noexcept {
  const auto real = f::SOUK_NEXT(rename);
  return f::rename_through(f::Kind::rename, AT_FDCWD, path, AT_FDCWD, to, [&] { return real(path, to); });
}
int renameat(int at, const char* path, int to_at, const char* to) noexcept {
  const auto real = f::SOUK_NEXT(renameat);
  return f::rename_through(f::Kind::rename, at, path, to_at, to, [&] { return real(at, path, to_at, to); });
}
int renameat2(int at, const char* path, int to_at, const char* to, unsigned flags) noexcept {  // flags: RENAME_NOREPLACE alone
  const auto real = f::SOUK_NEXT(renameat2);
  return f::rename_through(f::Kind::rename, at, path, to_at, to, [&] { return real(at, path, to_at, to, flags); });
}
int link(const char* path, const char* to) noexcept {
  const auto real = f::SOUK_NEXT(link);
  return f::rename_through(f::Kind::link, AT_FDCWD, path, AT_FDCWD, to, [&] { return real(path, to); });
}
int unlink(const char* path) noexcept {
  const auto real = f::SOUK_NEXT(unlink);
  return f::rename_through(f::Kind::unlink, AT_FDCWD, path, AT_FDCWD, nullptr, [&] { return real(path); });
}
int unlinkat(int at, const char* path, int flags) noexcept {
  const auto real = f::SOUK_NEXT(unlinkat);
  const f::Kind kind = (flags & AT_REMOVEDIR) != 0 ? f::Kind::remove_directory : f::Kind::unlink;
  return f::rename_through(kind, at, path, AT_FDCWD, nullptr, [&] { return real(at, path, flags); });
}
int remove(const char* path) noexcept {
  struct stat status {};
  const bool directory = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  const auto real = f::SOUK_NEXT(remove);
  return f::rename_through(directory ? f::Kind::remove_directory : f::Kind::unlink, AT_FDCWD, path, AT_FDCWD, nullptr,
                           [&] { return real(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  const auto real = f::SOUK_NEXT(mkdir);
  return f::rename_through(f::Kind::make_directory, AT_FDCWD, path, AT_FDCWD, nullptr, [&] { return real(path, mode); });
}
char* mkdtemp(char* pattern) noexcept {
  const auto real = f::SOUK_NEXT(mkdtemp);
  const std::lock_guard lock(f::layer().mutex);
  const auto relative = f::below(AT_FDCWD, pattern);
  if (relative && f::fails()) return nullptr;
  char* const made = real(pattern);
  if (made != nullptr && relative) f::record(f::Kind::make_directory, 0, 0, *f::below(AT_FDCWD, made), {}, {});
  return made;
}
int rmdir(const char* path) noexcept {
  const auto real = f::SOUK_NEXT(rmdir);
  return f::rename_through(f::Kind::remove_directory, AT_FDCWD, path, AT_FDCWD, nullptr, [&] { return real(path); });
}

}  // extern "C"
