// A folder that gets its name when it is complete. Until then it stands in another one beside it:
//
//   DEST.part-<number>/     made by mkdir(), which two never do alike
//     souk-unfinished       empty; locked (flock) for as long as its maker lives, however he dies
//     whole/                what becomes DEST, by a rename
//
// The next to make DEST removes what a dead process left: a folder of this name with a mark that nobody holds locked. Nothing else is ever
// removed: neither other folders of such a name, nor what others put into these. Where the file system knows no locks there is no mark.
#pragma once

#include <span>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::engine {

class UnfinishedFolder {  // for one thread; what is not finished is removed with the object
 public:
  // `sources`: folders that are read meanwhile, and stay whatever stands above them. busy: someone alive makes the same folder.
  static Result<UnfinishedFolder> beside(const fs::path& final, std::span<const fs::path> sources);
  UnfinishedFolder(UnfinishedFolder&& other) noexcept;
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;
  ~UnfinishedFolder();

  fs::path path() const;  // to be filled
  // Durable when it returns. exists: someone else put something there meanwhile, which stays.
  Status finish();

 private:
  UnfinishedFolder(fs::path final, fs::path part);
  Status mark();

  fs::path final_, part_;   // part_ is empty when there is nothing to remove
  bool was_there_ = false;  // final_, as an empty folder
  int lock_ = -1;
};

// The path itself, or something below the folder. As far as it can be told: links are followed where they exist.
bool is_below(const fs::path& path, const fs::path& folder);

}  // namespace souk::engine
