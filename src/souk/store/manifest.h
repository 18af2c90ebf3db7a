// Looks at the store's list of files before RocksDB reads it. RocksDB takes a record whose length leads beyond the end of the MANIFEST for
// one that was being written when the process died, and what follows it for nothing: for one flipped bit it would open an older state of
// the store and delete the files of the newer one.
#pragma once

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::store {

// ErrorKind::corrupt, naming the file, when CURRENT names no MANIFEST that is there, or when records follow a damaged one or the last one
// is whole but for its length. A last record that was cut off is none of these.
Status check_manifest(const fs::path& directory);

}  // namespace souk::store
