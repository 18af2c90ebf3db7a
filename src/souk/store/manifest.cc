#include "souk/store/manifest.h"

#include <string_view>

#include "souk/store/wal.h"

namespace souk::store {
namespace {

constexpr std::size_t kBlock = 32768, kHeader = 7;  // of RocksDB's log format, which the MANIFEST has too (wal.cc)

tl::unexpected<Error> damaged(const fs::path& file, std::string what) {
  return fail(ErrorKind::corrupt, std::move(what), file.string(), "Restore the shop from a backup");
}

// The file that CURRENT names. A process that writes beside us may begin another one at any time, and delete this one.
Result<fs::path> named_manifest(const fs::path& directory) {
  const fs::path current = directory / "CURRENT";
  constexpr std::string_view kPrefix = "MANIFEST-";
  std::string before;
  while (true) {
    SOUK_TRY(std::string name, read_file(current));
    const bool ends = name.ends_with('\n');
    if (ends) name.pop_back();
    const bool named = ends && name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
                       name.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos;
    std::error_code ignored;
    if (named && fs::exists(directory / name, ignored)) return directory / name;
    if (!named || name == before) return damaged(current, "the file names no list of files that is there");
    before = std::move(name);
  }
}

// Whether the bytes behind the last whole record are a record once its length is taken to reach to the end.
bool whole_but_for_length(std::string_view log, std::size_t begin) {
  if (log.size() < begin + kHeader || log.size() - begin > kBlock) return false;
  std::string mended(log);
  const std::size_t length = log.size() - begin - kHeader;
  mended[begin + 4] = static_cast<char>(length & 0xFF);
  mended[begin + 5] = static_cast<char>(length >> 8);
  return examine_wal(mended, true).torn == 0;
}

}  // namespace

Status check_manifest(const fs::path& directory) {
  SOUK_TRY(const fs::path path, named_manifest(directory));
  SOUK_TRY(const MappedFile file, MappedFile::open(path));
  const std::string_view log = file.text();
  const WalTail tail = examine_wal(log, true);
  if (tail.torn == 0) return {};
  std::size_t begin = tail.good;
  if (kBlock - begin % kBlock < kHeader) begin = (begin / kBlock + 1) * kBlock;  // padding
  if (tail.valid_after_damage || whole_but_for_length(log, begin)) {
    return damaged(path, "the store's list of files is damaged at byte " + std::to_string(tail.good));
  }
  return {};
}

}  // namespace souk::store
