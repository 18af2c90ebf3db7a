// What a disk may hold after the power went out in the middle of a recorded piece of work (file_layer.h).
//
// What is on the disk for certain: a file's bytes as they were at its last fsync or fdatasync; a folder's names as they were at the
// folder's last fsync. A file's fsync makes no name durable, its own neither (ext4 would), and a folder's fsync no other folder's names.
// What came after, the disk may have or not:
//   names   a beginning of the changes, in the order in which they were made: file systems keep the order of their journal. A rename
//           happens wholly or not at all.
//   bytes   of each file by itself, each sector of 512 bytes as it was or as it was written, in any order; the file ends where it ended
//           before or at any of its later ends, and what was never written of it reads as zeros. So a rename may be there and the bytes of
//           the renamed file not, unless they were synced before.
// One exception: of RocksDB's list of files (MANIFEST-*) a beginning of what was appended is there. RocksDB takes a hole in it for damage,
// and so must Souk, as it cannot tell it from one; ext4, XFS and Btrfs write what is appended before they move the end, and leave no hole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/random.h"

#include "tests/faults/file_layer.h"

namespace souk::faults {

std::vector<Operation> read_operations(std::string_view recording);

// How much of what was not synced the disk has.
enum class Kept : std::uint8_t { nothing, everything, beginning, some };  // `some`: any part of the bytes, a beginning of the names

class Disk {
 public:
  Disk();
  ~Disk();
  Disk(Disk&&) noexcept;
  Disk& operator=(Disk&&) noexcept;

  void apply(const Operation& operation);
  // Fills the empty `folder` with what is there after a power cut now.
  Status write_after_cut(const fs::path& folder, Kept kept, Random& random) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::faults
