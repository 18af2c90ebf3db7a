// Files: memory-mapped reading, and the one function through which Souk's own files reach the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "souk/base/result.h"

namespace souk {

namespace fs = std::filesystem;

// A whole file, mapped read-only. Movable; the bytes live as long as the object. Reading is thread-safe.
class MappedFile {
 public:
  static Result<MappedFile> open(const fs::path& path);
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// The path from the root. As it stands where that cannot be told: an empty path, a working folder that is gone. (fs::absolute throws.)
fs::path absolute_path(const fs::path& path);
// Where temporary files go ($TMPDIR, else /tmp); an error when that is no folder.
Result<fs::path> temporary_folder();

Result<std::string> read_file(const fs::path& path);

// Writes a file so that after a power cut either the old or the new content is there, whole: temporary file in the same folder,
// fsync, rename, fsync of the folder.
// Permissions of an existing file are kept.
Status write_file(const fs::path& path, std::string_view content);
// The same for a content in pieces, written one after the other without being copied together.
Status write_file(const fs::path& path, std::span<const std::string_view> pieces);
Status sync_directory(const fs::path& directory);
// Makes a folder and those above it that are missing. Durable when it returns, like the names of the files that are synced in it later.
Status make_directories(const fs::path& directory);
// Deletes what a death in the middle of write_file() left in a folder. Only for the one process that writes there.
void remove_leftovers(const fs::path& directory);

// A file without a name, for its owner alone: it is gone with the object, and with the process however that ends.
class NamelessFile {
 public:
  static Result<NamelessFile> make(const fs::path& folder);
  ~NamelessFile();
  NamelessFile(NamelessFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  NamelessFile& operator=(NamelessFile&&) = delete;

  Status append(std::string_view bytes);
  // Opens it from its beginning, in this process and while the object lives.
  fs::path path() const;

 private:
  explicit NamelessFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};
// Whether a path is one that NamelessFile::path() gives.
bool is_nameless(const fs::path& path);

// Bytes of disk in use by the files below a folder, for status pages; 0 when it cannot be read.
std::uint64_t folder_size(const fs::path& directory);

}  // namespace souk
