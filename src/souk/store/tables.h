// The store's tables (RocksDB's .sst files). Each block of one has a checksum; its last bytes, which say how blocks and checksums are to be
// read, have none. One bit there, and blocks whose checksums hold cannot be unpacked, or are never held to their checksums.
#pragma once

#include <span>
#include <string>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::store {

constexpr std::uint32_t kTableFormat = 5;  // of RocksDB's formats for tables; with checksums by XXH3

// ErrorKind::corrupt, naming the file, when a table does not say at its end that it has that format. names: "/000138.sst". A table that is
// gone is none of this function's business: whoever writes may have rewritten it.
Status check_table_ends(const fs::path& directory, std::span<const std::string> names);

// Reads the tables whole. ErrorKind::corrupt, naming the file, when one cannot be read to its end.
Status read_tables(const fs::path& directory, std::span<const std::string> names);

// For a store that RocksDB does not open: names the tables that cannot be opened, as RocksDB then names the MANIFEST instead of the table.
// "; cannot read 000084.sst", or nothing.
std::string unreadable_tables(const fs::path& directory);

}  // namespace souk::store
