// What the fuzz targets of files share: bytes as a file, and section files whose checksums are right whatever was done to them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "souk/base/file.h"
#include "souk/base/hash.h"

namespace souk::testing {

class FuzzFile {  // in memory; holds the bytes of the last write
 public:
  FuzzFile() : descriptor_(::memfd_create("fuzz", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {}
  const fs::path& write(std::string_view bytes) {
    if (::ftruncate(descriptor_, 0) != 0) std::abort();
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
    return path_;
  }

 private:
  int descriptor_;
  fs::path path_;
};

class FuzzFolder {  // in memory; goes with the process when that ends well
 public:
  FuzzFolder() {
    std::string pattern = "/dev/shm/souk-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~FuzzFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A section file (base/section_file.h) with its table put in order and its checksums made right, so that a mutation reaches the code
// behind them. The last section takes all that is left.
inline std::string resealed(std::string_view bytes) {
  constexpr std::size_t kHeader = 24, kHashed = 16, kEntry = 40, kAlignment = 64;
  std::string file(bytes);
  if (file.size() < kHeader) return file;
  const auto put = [&](std::size_t at, auto value) { std::memcpy(file.data() + at, &value, sizeof value); };
  std::uint32_t sections = 0;
  std::memcpy(&sections, file.data() + 12, sizeof sections);
  sections = static_cast<std::uint32_t>(std::min<std::size_t>(sections, (file.size() - kHeader) / kEntry));
  put(12, sections);
  std::size_t end = kHeader + sections * kEntry;
  for (std::size_t entry = kHeader; entry < kHeader + sections * kEntry; entry += kEntry) {
    const std::size_t begin = (end + kAlignment - 1) / kAlignment * kAlignment;
    if (file.size() < begin) file.resize(begin);
    std::uint64_t size = 0;
    std::memcpy(&size, file.data() + entry + 24, sizeof size);
    const bool last = entry + kEntry == kHeader + sections * kEntry;
    size = last ? file.size() - begin : std::min<std::uint64_t>(size, file.size() - begin);
    file[entry + 15] = 0;
    put(entry + 16, std::uint64_t{begin});
    put(entry + 24, size);
    put(entry + 32, hash64(std::string_view(file).substr(begin, size)));
    end = begin + size;
  }
  file.resize(end);
  put(16, hash64(file.substr(0, kHashed) + file.substr(kHeader, sections * kEntry)));
  return file;
}

// Calls check(path) with the bytes as they are, and resealed.
template <class Check>
void check_section_file(const std::uint8_t* data, std::size_t size, Check check) {
  static FuzzFile file;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(file.write(bytes));
  check(file.write(resealed(bytes)));
}

}  // namespace souk::testing
