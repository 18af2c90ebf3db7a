// A folder of immutable segment files and the one file that says which of them count: the set. A segment is written whole before the set
// names it, the set is replaced as a whole, and what it no longer names is deleted after that: a crash at any moment leaves the old set or
// the new one, with all of its files. Files that the set does not name are remains of a crash, and go with the next change.
//
// A set is a section file of its owner's kind and version. All have the sections
//   fingerprint  u64 [2]: of what the segments were made under; under anything else they do not count
//   state        u64 [2]: seq up to which the segments hold the shop, number of the next segment
//   names        file names "<number><ending>", oldest first, one a line
// and what else their owner keeps there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/hash.h"
#include "souk/base/ids.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"

namespace souk::index {

// The lines of a text; what stands behind the last line break is one, too.
std::vector<std::string> lines_of(std::string_view text);

struct SegmentForm {
  std::string_view kind;  // of the set, four characters
  std::uint32_t version = 1;
  std::string_view set;     // its name: "segments.set"
  std::string_view ending;  // of segments' names: ".seg"
};

struct SegmentSet {
  Seq seq = 0;
  std::uint64_t next = 1;
  std::vector<std::string> names;  // different ones
  SectionFile file;
  tl::unexpected<Error> damaged() const;  // of a set that does not hold together
};

class SegmentFolder {  // one writer, in one process, and any readers; next() is thread-safe
 public:
  SegmentFolder(fs::path directory, SegmentForm form, Hash128 fingerprint);

  const fs::path& directory() const { return directory_; }
  fs::path path(std::string_view name) const { return directory_ / name; }

  // Reads the set and hands it to `open`, which opens what it names and gives the first error as it is. False: there is no set, or one made
  // under another fingerprint or format, and `open` was not called. While another process replaces the set, a file that it names may be
  // gone (not_found): then both are done again, so that `open` begins anew each time. What cannot be read at last is `corrupt`, or `io`.
  Result<bool> load(const std::function<Status(const SegmentSet&)>& open);

  // Where the next segment is to be written. Makes the folder.
  Result<fs::path> next();

  // Makes the files of these names what counts, up to `seq`, and deletes all other segments. `add` adds the owner's sections; spans must
  // live until replace() returns.
  Status replace(Seq seq, std::span<const std::string> names, const std::function<void(SectionWriter&)>& add);

 private:
  Result<bool> read(SegmentSet& set) const;
  bool plausible(const SegmentSet& set) const;

  fs::path directory_;
  SegmentForm form_;
  Hash128 fingerprint_;
  std::atomic<std::uint64_t> next_ = 1;
};

}  // namespace souk::index
