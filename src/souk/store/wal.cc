#include "souk/store/wal.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <optional>
#include <unistd.h>
#include <vector>

#include "souk/base/log.h"

namespace souk::store {
namespace {

// RocksDB's log format: blocks of 32 KiB; in them fragments: masked CRC-32C of type and payload (u32), length (u16), type (u8), payload;
// less than a header left in a block is padding. https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;
enum Type : unsigned char { kPadding = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4, kSetCompression = 9 };

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    table[i] = crc;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

std::uint32_t masked_crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

struct Fragment {
  unsigned char type = kPadding;
  std::size_t end = 0;  // offset behind its payload
};

// The fragment at `offset`, when its header and payload lie within the log and its block.
std::optional<Fragment> fragment_at(std::string_view log, std::size_t offset, bool checksums) {
  const std::size_t block_end = std::min(log.size(), (offset / kBlock + 1) * kBlock);
  if (offset + kHeader > block_end) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(log[offset + i])); };
  const std::size_t length = byte(4) | byte(5) << 8;
  const Fragment fragment{static_cast<unsigned char>(byte(6)), offset + kHeader + length};
  const bool known = (fragment.type >= kFull && fragment.type <= kLast) || fragment.type == kSetCompression;
  if (!known || fragment.end > block_end) return std::nullopt;
  const std::uint32_t stored = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
  if (checksums && masked_crc32c(log.substr(offset + 6, length + 1)) != stored) return std::nullopt;
  return fragment;
}

std::size_t skip_padding(std::size_t offset) {
  return kBlock - offset % kBlock < kHeader ? (offset / kBlock + 1) * kBlock : offset;
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

// Whether a whole fragment that begins a record stands anywhere from `offset` on.
bool record_begins_behind(std::string_view log, std::size_t offset) {
  while (offset + kHeader <= log.size()) {
    const auto fragment = fragment_at(log, offset, true);
    if (fragment && (fragment->type == kFull || fragment->type == kFirst)) return true;
    offset = skip_padding(fragment ? fragment->end : offset + 1);
  }
  return false;
}

Status truncate_file(const fs::path& path, std::uint64_t size) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("cannot open the write-ahead log", path.string(), errno);
  const bool done = ::ftruncate(file, static_cast<off_t>(size)) == 0 && ::fsync(file) == 0;
  const int error_number = errno;
  ::close(file);
  if (!done) return fail_errno("cannot cut the write-ahead log", path.string(), error_number);
  return {};
}

// Logs by number, oldest first: 000012.log.
Result<std::vector<fs::path>> wal_files(const fs::path& directory) {
  std::vector<std::pair<std::uint64_t, fs::path>> numbered;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string stem = entry->path().stem().string();
    const bool digits =
        !stem.empty() && stem.size() < 19 && std::all_of(stem.begin(), stem.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && entry->path().extension() == ".log") numbered.emplace_back(std::stoull(stem), entry->path());
  }
  if (error) return fail_errno("cannot list the store", directory.string(), error.value());
  std::sort(numbered.begin(), numbered.end());
  std::vector<fs::path> files;
  for (auto& [number, path] : numbered) files.push_back(std::move(path));
  return files;
}

// Calls `record(first, count, end)` for each whole record: a write batch, which begins with the number of its first write (u64, little-
// endian) and how many they are (u32), which may be cut by a fragment's end; `end` is the offset behind it. Until it returns false, or the
// first damage.
template <class Record>
void for_each_batch(std::string_view log, const Record& record) {
  constexpr std::size_t kNumbers = 12;
  std::size_t offset = 0;
  std::string numbers;
  while ((offset = skip_padding(offset)) < log.size()) {
    const auto fragment = fragment_at(log, offset, true);
    if (!fragment) return;
    if (fragment->type == kFull || fragment->type == kFirst) numbers.clear();
    if (fragment->type != kSetCompression && numbers.size() < kNumbers) {
      numbers += log.substr(offset + kHeader, std::min(kNumbers - numbers.size(), fragment->end - offset - kHeader));
    }
    offset = fragment->end;
    if ((fragment->type != kFull && fragment->type != kLast) || numbers.size() < kNumbers) continue;
    std::uint64_t first = 0, count = 0;
    for (std::size_t i = 8; i-- > 0;) first = first << 8 | static_cast<unsigned char>(numbers[i]);
    for (std::size_t i = kNumbers; i-- > 8;) count = count << 8 | static_cast<unsigned char>(numbers[i]);
    if (!record(first, count, offset)) return;
  }
}

// The size of the records that begin with writes up to `sequence`.
std::size_t end_of_records_through(std::string_view log, std::uint64_t sequence) {
  std::size_t end = 0;
  for_each_batch(log, [&](std::uint64_t first, std::uint64_t, std::size_t behind) {
    if (first > sequence) return false;
    end = behind;
    return true;
  });
  return end;
}

Status write_zeros(const fs::path& path, std::uint64_t from, std::uint64_t to) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("cannot open the write-ahead log", path.string(), errno);
  const std::string zeros(kBlock, '\0');
  bool done = true;
  while (done && from < to) {
    const ssize_t written = ::pwrite(file, zeros.data(), std::min<std::uint64_t>(zeros.size(), to - from), static_cast<off_t>(from));
    done = written > 0;
    if (done) from += static_cast<std::uint64_t>(written);
  }
  done = done && ::fsync(file) == 0;
  const int error_number = errno;
  ::close(file);
  if (!done) return fail_errno("cannot take a failed write out of the write-ahead log", path.string(), error_number);
  return {};
}

}  // namespace

WalTail examine_wal(std::string_view log, bool checksums) {
  WalTail tail;
  bool within = false;  // a record whose last fragment has not come yet
  std::size_t offset = 0;
  while (true) {
    offset = skip_padding(offset);
    if (offset >= log.size()) break;
    const auto fragment = fragment_at(log, offset, checksums);
    if (!fragment) break;
    const bool begins = fragment->type == kFull || fragment->type == kFirst || fragment->type == kSetCompression;
    if (begins == within) break;
    within = fragment->type == kFirst || fragment->type == kMiddle;
    offset = fragment->end;
    if (!within) tail.good = offset;
  }
  // Space allocated ahead reads as zeros and is no damage.
  if (log.size() <= tail.good || all_zero(log.substr(tail.good))) return tail;
  tail.torn = log.size() - tail.good;
  tail.valid_after_damage = record_begins_behind(log, std::max<std::size_t>(tail.good + 1, std::min(offset + 1, log.size())));
  return tail;
}

bool log_reaches(std::string_view log, std::uint64_t sequence) {
  bool reached = false;
  for_each_batch(log, [&](std::uint64_t first, std::uint64_t count, std::size_t) {
    reached = count != 0 && first + count - 1 >= sequence;
    return !reached;
  });
  return reached;
}

Status cut_torn_tails(const fs::path& directory, bool checksums) {
  SOUK_TRY(const std::vector<fs::path> files, wal_files(directory));
  std::vector<std::pair<fs::path, WalTail>> torn;
  for (const fs::path& path : files) {
    SOUK_TRY(const MappedFile file, MappedFile::open(path));
    const std::string_view log = file.text();
    const WalTail tail = examine_wal(log, checksums);
    const bool behind_damage = tail.valid_after_damage || (!torn.empty() && record_begins_behind(log, 0));
    if (behind_damage) {
      const fs::path& damaged = torn.empty() ? path : torn.front().first;
      const std::uint64_t at = torn.empty() ? tail.good : torn.front().second.good;
      return fail(Error{ErrorKind::corrupt,
                        "the write-ahead log is damaged before its end: committed records would be lost",
                        damaged.string() + ": byte " + std::to_string(at),
                        {},
                        {},
                        "Restore the shop from a backup"});
    }
    if (tail.torn != 0) torn.emplace_back(path, tail);
  }
  for (const auto& [path, tail] : torn) {
    SOUK_CHECK(truncate_file(path, tail.good));
    log::warn(
        "{}: the last {} bytes are no whole record and are cut: a write that a death interrupted, which nobody was told is done, "
        "unless the disk lost what it had synced",
        path.string(), tail.torn);
  }
  return {};
}

Status blank_records_behind(const fs::path& directory, std::uint64_t sequence) {
  SOUK_TRY(const std::vector<fs::path> files, wal_files(directory));
  // A log made for the failed write may be empty still; the record is in the newest that is not.
  for (auto path = files.rbegin(); path != files.rend(); ++path) {
    SOUK_TRY(const MappedFile file, MappedFile::open(*path));
    const std::size_t end = end_of_records_through(file.text(), sequence);
    if (!all_zero(file.text().substr(end))) SOUK_CHECK(write_zeros(*path, end, file.text().size()));
    if (end != 0) break;
  }
  return {};
}

}  // namespace souk::store
