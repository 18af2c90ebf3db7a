// Backups: a folder with all of a shop that cannot be made anew, and a manifest that names every file of it.
//
//   shop.toml, models/..., results/...   as in the shop; of models the versions that are there
//   store/...                            a checkpoint of the store
//   backup.manifest                      text, written last:
//     souk-backup 1
//     shop <name>                        one line each: the name in shop.toml
//     made <RFC 3339 time> by <version of Souk>
//     seq <number>                       the newest commit
//     file <XXH3-128, 32 hex digits> <bytes> <path, to the end of the line>      ascending by path
//     end <XXH3-128 of all lines above>
//
// Search index and caches are not in it: the first opening of a restored shop makes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/hash.h"
#include "souk/base/progress.h"
#include "souk/engine/shop.h"

namespace souk::engine {

struct BackupFile {
  std::string path;  // below the backup's folder, with '/'
  std::uint64_t size = 0;
  Hash128 hash;
};
struct BackupManifest {
  std::string shop, souk;
  Timestamp made = 0;
  Seq seq = 0;
  std::vector<BackupFile> files;
};

std::string manifest_text(const BackupManifest& manifest);
// corrupt for anything that manifest_text did not write, and for paths that lead out of the folder; `name` is for messages.
Result<BackupManifest> parse_manifest(std::string_view text, const std::string& name);

bool is_backup(const fs::path& folder);
// Reads every file of the backup: a finding for the manifest, and one for each file that is missing, damaged or foreign.
Result<std::vector<Finding>> verify_backup(const fs::path& backup, Progress& progress);
// Makes the shop of a backup in a folder that must be empty or not be there. Every file is verified while it is copied; the shop has its
// name only when all of it is there and on disk.
Result<BackupReport> restore_backup(const fs::path& backup, const fs::path& shop, Progress& progress);

}  // namespace souk::engine
