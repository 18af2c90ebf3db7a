// How far the store's writes were acknowledged, in a small file beside RocksDB's. A write-ahead log that is lost, emptied or full of zeros
// looks to RocksDB like one that nothing was written to: only what was written down elsewhere can tell. Synced when the first write of each
// new log was done and when the store is closed, never with every commit. So after a crash the end of the newest log may be
// missing unnoticed when it is cut exactly between two records; all of it may not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::store {

inline constexpr const char* kAcknowledgedName = "SOUK-ACKNOWLEDGED";

struct Acknowledged {
  std::uint64_t sequence = 0;  // RocksDB's number of a write that was acknowledged
  std::uint64_t log = 0;       // the newest log then; the write is in it or in one before it
  friend bool operator==(const Acknowledged&, const Acknowledged&) = default;
};

// One line: "souk-acknowledged 1 SEQUENCE LOG HASH", the hash over what stands before it. Nothing for any other text.
std::string to_text(const Acknowledged& acknowledged);
std::optional<Acknowledged> parse_acknowledged(std::string_view text);

// Nothing for a store without the file (a new one, a checkpoint, an older version's), and for a damaged one, which the log then names: the
// next write makes it anew.
Result<std::optional<Acknowledged>> read_acknowledged(const fs::path& directory);
Status write_acknowledged(const fs::path& directory, const Acknowledged& acknowledged);

// The error of a store that has only the writes up to `found`.
tl::unexpected<Error> acknowledged_is_lost(const fs::path& directory, const Acknowledged& acknowledged, std::uint64_t found);

}  // namespace souk::store
