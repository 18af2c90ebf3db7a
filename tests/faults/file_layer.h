// A layer between a program and its file system, for tests: it records what a program does to the files below one folder, or makes chosen
// calls fail. It stands in libsouk_faults.so, whose open(), write(), fsync() and so on come before the C library's for everything in the
// process: Souk, RocksDB and libstdc++ alike. A program links the library and calls what stands here; nothing in Souk knows of it.
//
// What it does not see: writes through a mapping (Souk and RocksDB make none), and the bytes that stdio writes by itself, which are taken
// when the file is synced or closed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::faults {

// What a program did to files, in the order in which it happened.
enum class Kind : std::uint8_t {
  directory,  // was there when recording began: path
  file,       // likewise: path, id, its data
  create,     // path, id
  write,      // id, offset, data
  truncate,   // id, offset: the new size
  sync_file,  // id
  sync_directory,
  rename,  // path, to
  link,    // path, to
  unlink,
  make_directory,
  remove_directory,
  note,  // data: what the program said by note()
};

struct Operation {
  Kind kind = Kind::note;
  std::uint64_t id = 0, offset = 0;  // a file's id stands for the file itself, whatever its names
  std::string path, to;              // relative to the folder
  std::string data;
};

// Records everything below `folder` from now on. Syncs are recorded and not done, which is faster.
void start_recording(const std::string& folder);
// Into the record of operations, between those before and after.
void note(std::string_view data);
// The recording, to be read by read_operations().
std::string stop_recording();

// Which calls fail below a folder. Calls are counted from 1 at arm(): those that write, sync, make, rename or delete (or read, where
// asked).
struct Faults {
  std::uint64_t first = 0;        // call that fails; 0: none
  std::uint64_t last = 0;         // and up to this one
  int error = 0;                  // errno of a failing call
  std::uint64_t short_write = 0;  // a write at this call writes half of its bytes and says so; 0: none
  std::uint64_t flip_read = 0;    // the read of this number gets one bit wrong; 0: none
  std::uint64_t seed = 0;         // which bit
};
void arm(const std::string& folder, const Faults& faults);
std::uint64_t calls();  // since arm()
std::uint64_t reads();  // likewise: of pread() and read()
void disarm();

}  // namespace souk::faults
