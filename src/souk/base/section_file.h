// The container of every immutable file Souk writes (Interactions, segments, count tables).
//
//   offset 0   magic "SOUK", kind (4 characters), u32 format version, u32 number of sections, u64 XXH3 of the header and section table
//   offset 24  section table: per section  char name[16], u64 offset, u64 bytes, u64 XXH3 of the section's bytes
//   then       the sections, each beginning at a multiple of 64 bytes; gaps are zero
//
// All numbers are little-endian. The header is checked at open, a section when it is first read, all of them by verify().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk {

// Collects sections in memory (borrowed spans must live until write()) and writes the file atomically.
class SectionWriter {
 public:
  SectionWriter(std::string_view kind, std::uint32_t version);  // kind: exactly 4 characters
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(std::string_view name, std::span<const T> values) {
    add_bytes(name, std::as_bytes(values));
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(std::string_view name, const std::vector<T>& values) {
    add_bytes(name, std::as_bytes(std::span<const T>(values)));
  }
  void add_bytes(std::string_view name, std::span<const std::byte> bytes);  // name: 1 to 15 characters
  void add_owned(std::string_view name, std::string bytes);                 // takes the bytes over
  Status write(const fs::path& path) const;

 private:
  struct Section {
    std::string name;
    std::span<const std::byte> bytes;
    std::unique_ptr<std::string> owned;
  };
  std::string kind_;
  std::uint32_t version_;
  std::vector<Section> sections_;
};

// A mapped section file. Movable; spans live as long as the object. Thread-safe.
class SectionFile {
 public:
  // Refuses another kind, and versions outside [oldest, newest] (ErrorKind::version, saying what to do).
  static Result<SectionFile> open(const fs::path& path, std::string_view kind, std::uint32_t oldest, std::uint32_t newest);
  SectionFile();
  ~SectionFile();
  SectionFile(SectionFile&&) noexcept;
  SectionFile& operator=(SectionFile&&) noexcept;

  std::uint32_t version() const;
  const fs::path& path() const;
  bool has(std::string_view name) const;
  // The section's bytes; checks its checksum the first time (ErrorKind::corrupt names file and section).
  Result<std::span<const std::byte>> bytes(std::string_view name) const;
  template <class T>
    requires std::is_trivially_copyable_v<T>
  Result<std::span<const T>> array(std::string_view name) const {
    SOUK_TRY(auto raw, bytes(name));
    SOUK_CHECK(check_multiple(name, raw.size(), sizeof(T)));
    return std::span<const T>(reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T));
  }
  Status verify() const;  // every section's checksum

 private:
  Status check_multiple(std::string_view name, std::size_t bytes, std::size_t size) const;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
