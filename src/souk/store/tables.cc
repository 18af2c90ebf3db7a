#include "souk/store/tables.h"

#include <fmt/format.h>
#include <memory>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <string_view>

namespace souk::store {
namespace {

// The footer of a table of versions 1 to 5, as RocksDB writes it (table/format.cc): the kind of checksum (one byte), where two blocks
// stand (40 bytes, padded), the version (4 bytes) and the magic number (8), the least byte first.
constexpr std::size_t kFooter = 53, kVersionAt = 41;
constexpr char kXxh3 = 4;
constexpr std::string_view kEnd("\x05\0\0\0\xf7\xcf\xf4\x85\xb7\x41\xe2\x88", kFooter - kVersionAt);
static_assert(kEnd.front() == kTableFormat);

fs::path path_of(const fs::path& directory, const std::string& name) {
  return directory / fs::path(name).filename();
}

tl::unexpected<Error> damaged(const fs::path& table, std::string what) {
  return fail(
      Error{ErrorKind::corrupt, "a table of the store is damaged", table.string(), {}, std::move(what), "Restore the shop from a backup"});
}

rocksdb::Status read_whole(const fs::path& table) {
  rocksdb::SstFileReader reader({});
  if (auto status = reader.Open(table.string()); !status.ok()) return status;
  rocksdb::ReadOptions options;
  options.readahead_size = 2 << 20;
  const std::unique_ptr<rocksdb::Iterator> at(reader.NewIterator(options));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
  }
  return at->status();
}

}  // namespace

Status check_table_ends(const fs::path& directory, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const fs::path path = path_of(directory, name);
    const auto table = MappedFile::open(path);
    if (!table) continue;  // gone, or RocksDB says why
    const std::string_view bytes = table->text();
    const std::string_view footer = bytes.substr(bytes.size() - std::min(bytes.size(), kFooter));
    if (footer.size() == kFooter && footer.front() == kXxh3 && footer.ends_with(kEnd)) continue;
    return damaged(path, fmt::format("its last {} bytes are not those of a table of version {}", kFooter, kTableFormat));
  }
  return {};
}

Status read_tables(const fs::path& directory, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const fs::path path = path_of(directory, name);
    std::error_code ignored;
    if (const auto status = read_whole(path); !status.ok() && fs::exists(path, ignored)) return damaged(path, status.ToString());
  }
  return {};
}

std::string unreadable_tables(const fs::path& directory) {
  std::string names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".sst") continue;
    if (rocksdb::SstFileReader({}).Open(entry->path().string()).ok()) continue;
    names += (names.empty() ? "" : ", ") + entry->path().filename().string();
  }
  return names.empty() ? names : "; cannot read " + names;
}

}  // namespace souk::store
