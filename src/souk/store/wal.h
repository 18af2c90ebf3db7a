// Looks at write-ahead logs before RocksDB recovers them, to tell a torn tail (the writer died; nothing in it was acknowledged) from
// damage (something acknowledged is lost). Every commit is synced before the next is written, so the two never look alike: behind a torn
// record stands no valid one.
#pragma once

#include <cstdint>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::store {

struct WalTail {
  std::uint64_t good = 0;           // bytes up to the end of the last whole record before the first damage
  std::uint64_t torn = 0;           // bytes behind it; 0 when the log is whole
  bool valid_after_damage = false;  // a whole record begins behind the damage
};

// `checksums`: also reads every byte; without, only lengths are followed.
WalTail examine_wal(std::string_view log, bool checksums);

// Cuts torn tails and reports each on the log; ErrorKind::corrupt names the file when a valid record follows the damage. `checksums` as
// above: a shop is opened without, and with them when RocksDB then refuses.
Status cut_torn_tails(const fs::path& directory, bool checksums);

// Whether a log holds a whole record of the write with RocksDB's number `sequence`, or of a later one. Checksums are read up to there.
bool log_reaches(std::string_view log, std::uint64_t sequence);

// Writes zeros over what stands in the newest log behind the records up to RocksDB's `sequence`: a write that failed, and shall not come
// back at the next recovery. The log keeps its size, which RocksDB may have noted. Only while nobody appends to it.
Status blank_records_behind(const fs::path& directory, std::uint64_t sequence);

}  // namespace souk::store
