// A folder that gets its name when it is complete. Until then it stands in another one beside it:
//
//   DEST.part-<number>/     made by mkdir(), which two never do alike; for its owner alone
//     souk-unfinished       empty; locked (flock) for as long as its maker lives, however he dies
//     whole/                what becomes DEST, by a rename
//
// No folder can be renamed over a mount point, nor where the folder above cannot be written. An empty DEST of that kind is filled from
// within:
//
//   DEST/souk.part-<number>/
//     souk-unfinished
//     whole/                its entries go up into DEST, each by a rename: backup.manifest first, shop.toml last. What stands there
//     meanwhile
//                           is no backup that verifies, and no shop that opens
//     moves                 written before: "<device> <inode> <name>" of each entry, a line each
//
// The next to make DEST removes what a dead process left: a folder of this name with a mark that nobody holds locked, and from DEST what
// came out of it, as long as something is left in whole/ and nothing else stands in DEST. Nothing else is ever removed: neither other
// folders of such a name, nor what others put into these. Where the file system knows no locks there is no mark.
#pragma once

#include <span>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::engine {

// `sources`: folders that are read meanwhile, and stay whatever stands above them.

// Removes what dead processes left of this folder. busy: someone alive makes it.
Status remove_unfinished(const fs::path& final, std::span<const fs::path> sources);

class UnfinishedFolder {  // for one thread; what is not finished is removed with the object
 public:
  // Beside the folder, or within it where that cannot be. A link to a folder stands for that folder. For the owner alone, unless the folder
  // is there: its rights stay. busy: as above.
  static Result<UnfinishedFolder> make(const fs::path& final, std::span<const fs::path> sources);
  // One that is there and empty.
  static Result<UnfinishedFolder> within(const fs::path& final, std::span<const fs::path> sources);
  UnfinishedFolder(UnfinishedFolder&& other) noexcept;
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;
  ~UnfinishedFolder();

  fs::path path() const;  // to be filled
  // Durable when it returns. exists: someone else put something there meanwhile, which stays.
  Status finish();

 private:
  static Result<UnfinishedFolder> make_part(const fs::path& final, const std::string& prefix, bool within);
  UnfinishedFolder(fs::path final, fs::path part, bool within);
  Status mark();
  Status rename_whole();
  Status move_up();

  fs::path final_, part_;  // part_ is empty when there is nothing to remove
  bool within_;
  bool was_there_ = false;  // final_, as an empty folder
  int lock_ = -1;
};

// The path itself, or something below the folder. As far as it can be told: links are followed where they exist.
bool is_below(const fs::path& path, const fs::path& folder);

}  // namespace souk::engine
