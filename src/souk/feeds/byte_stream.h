// The bytes of a file from its begin to its end: plain, gzip or zstd, told by content.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/hash.h"
#include "souk/base/result.h"

namespace souk::feeds {

class ByteStream {  // for one thread
 public:
  static Result<std::unique_ptr<ByteStream>> open(const fs::path& path);
  virtual ~ByteStream() = default;

  // Appends about `count` bytes to `out`; fewer only at the end, which `ended` tells. Errors: what the system says, and compressed
  // bytes that are damaged or end too early (corrupt).
  Status read(std::string& out, std::size_t count, bool& ended);
  std::uint64_t raw_bytes() const { return raw_bytes_; }  // read from the file so far
  std::uint64_t raw_size() const { return raw_size_; }
  Hash128 digest() const { return hash_.digest(); }  // of the file's own bytes read so far

 protected:
  ByteStream(fs::path path, int file, std::uint64_t size);
  // Appends the next decompressed bytes; sets `ended` when there are no more.
  virtual Status more(std::string& out, std::size_t room, bool& ended) = 0;
  Result<std::string_view> raw();  // the next bytes of the file; empty at its end; valid until the next call
  tl::unexpected<Error> damaged(std::string_view what) const;

 private:
  struct Descriptor;
  fs::path path_;
  std::shared_ptr<Descriptor> file_;
  std::string buffer_;
  std::uint64_t raw_bytes_ = 0, raw_size_ = 0;
  StreamHash hash_;
  bool ended_ = false;
};

}  // namespace souk::feeds
