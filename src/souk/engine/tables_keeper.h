// The count tables of a shop: fitted from its events, kept as immutable versions under SHOP/models/tables/<n>/ (tables.souk and
// manifest.json). Which version answers is a durable record of the store ("active.tables"); the newest two versions stay on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/index/counts.h"
#include "souk/shelf/shelf.h"
#include "souk/store/interactions.h"
#include "souk/store/store.h"

namespace souk::engine {

struct ActiveTables {  // null tables: nothing was learned yet
  std::shared_ptr<const shelf::JoinedTables> tables;
  std::string version = "untrained";  // "tables-3"
  std::optional<Timestamp> trained;
};

// Fits every table on a log. `trained`: when, for the record.
index::Tables fit_tables(const store::Interactions& log, const store::Snapshot& snapshot, Timestamp trained, unsigned threads,
                         Progress& progress);

// Writes tables into a folder of their own, which is made.
Status write_tables(const fs::path& folder, const index::Tables& tables);

// Verifies a folder that write_tables filled, on the same file system, moves it here as the next version, makes that the active one, and
// deletes versions older than the one before it. One caller at a time.
Result<ActiveTables> adopt_tables(const fs::path& directory, store::Store& store, const fs::path& folder, Timestamp trained);

// Deletes versions that never became active: their process died before. Not while tables are adopted.
void remove_unfinished_tables(const fs::path& directory, const store::Store& store);

// The version the store says is active. A missing or damaged file is an error that names it.
Result<ActiveTables> load_active_tables(const fs::path& directory, const store::Store& store);

// Its name alone: "tables-3", or "untrained".
Result<std::string> active_tables_version(const store::Store& store);

// Whether manifest.json of the active version, of which there is one, says what its tables hold; and that it does.
Status verify_manifest(const fs::path& directory, const ActiveTables& active);
Status rewrite_manifest(const fs::path& directory, const ActiveTables& active);

// Forgets which version is active (repair of a damaged one). The next training starts anew.
Status deactivate_tables(store::Store& store);

}  // namespace souk::engine
