#include "souk/feeds/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace souk::feeds {
namespace {

constexpr std::size_t kRawBlock = 256u << 10;

class PlainStream final : public ByteStream {
 public:
  PlainStream(fs::path path, int file, std::uint64_t size) : ByteStream(std::move(path), file, size) {}

 private:
  Status more(std::string& out, std::size_t, bool& ended) override {
    SOUK_TRY(const std::string_view bytes, raw());
    out += bytes;
    ended = bytes.empty();
    return {};
  }
};

// A gzip file is one or more members, one after the other; zeros may pad its end.
class GzipStream final : public ByteStream {
 public:
  GzipStream(fs::path path, int file, std::uint64_t size) : ByteStream(std::move(path), file, size) {
    good_ = ::inflateInit2(&inflate_, 15 + 16) == Z_OK;
  }
  ~GzipStream() override { ::inflateEnd(&inflate_); }

 private:
  Status more(std::string& out, std::size_t room, bool& ended) override {
    if (!good_) return fail(ErrorKind::internal, "cannot start zlib");
    if (inflate_.avail_in == 0) {
      SOUK_TRY(const std::string_view bytes, raw());
      if (bytes.empty()) {
        ended = true;
        return between_members_ ? Status() : damaged("gzip");
      }
      inflate_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      inflate_.avail_in = static_cast<uInt>(bytes.size());
    }
    if (between_members_ && *inflate_.next_in == 0) {
      ++inflate_.next_in;
      --inflate_.avail_in;
      return {};
    }
    if (between_members_ && started_) ::inflateReset(&inflate_);
    started_ = true;
    between_members_ = false;
    const std::size_t before = out.size(), space = std::clamp<std::size_t>(room, 4096, 1u << 30);
    out.resize(before + space);
    inflate_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    inflate_.avail_out = static_cast<uInt>(space);
    const int status = ::inflate(&inflate_, Z_NO_FLUSH);
    out.resize(before + (space - std::min<std::size_t>(space, inflate_.avail_out)));
    if (status == Z_STREAM_END) {
      between_members_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return damaged("gzip");
    }
    return {};
  }

  z_stream inflate_{};
  bool good_ = false, between_members_ = true, started_ = false;
};

class ZstdStream final : public ByteStream {
 public:
  ZstdStream(fs::path path, int file, std::uint64_t size)
      : ByteStream(std::move(path), file, size), context_(::ZSTD_createDCtx(), &::ZSTD_freeDCtx) {}

 private:
  Status more(std::string& out, std::size_t room, bool& ended) override {
    if (input_.pos == input_.size) {
      SOUK_TRY(const std::string_view bytes, raw());
      if (bytes.empty()) {
        ended = true;
        return frame_done_ ? Status() : damaged("zstd");
      }
      input_ = ZSTD_inBuffer{bytes.data(), bytes.size(), 0};
    }
    const std::size_t before = out.size();
    out.resize(before + std::max<std::size_t>(room, 4096));
    ZSTD_outBuffer output{out.data() + before, out.size() - before, 0};
    const std::size_t status = ::ZSTD_decompressStream(context_.get(), &output, &input_);
    out.resize(before + output.pos);
    if (::ZSTD_isError(status) != 0) return damaged("zstd");
    frame_done_ = status == 0;
    return {};
  }

  std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)> context_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool frame_done_ = true;
};

}  // namespace

struct ByteStream::Descriptor {
  int number = -1;
  explicit Descriptor(int file) : number(file) {}
  ~Descriptor() { ::close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

ByteStream::ByteStream(fs::path path, int file, std::uint64_t size)
    : path_(std::move(path)), file_(std::make_shared<Descriptor>(file)), raw_size_(size) {}

Result<std::unique_ptr<ByteStream>> ByteStream::open(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("cannot open the file", path.string(), errno);
  struct stat facts {};
  char magic[4] = {};
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || ::pread(file, magic, sizeof magic, 0) < 0) {
    ::close(file);
    return fail(Error{ErrorKind::io, "cannot read the file", path.string(), "a regular file", "something else", {}});
  }
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  const std::string_view first(magic, sizeof magic);
  std::unique_ptr<ByteStream> stream;
  if (first.starts_with("\x1F\x8B")) {
    stream = std::make_unique<GzipStream>(path, file, size);
  } else if (first == "\x28\xB5\x2F\xFD") {
    stream = std::make_unique<ZstdStream>(path, file, size);
  } else {
    stream = std::make_unique<PlainStream>(path, file, size);
  }
  return stream;
}

Result<std::string_view> ByteStream::raw() {
  buffer_.resize(std::clamp<std::uint64_t>(raw_size_, 4096, kRawBlock));  // small files need no large buffer
  ssize_t count = 0;
  do {
    count = ::read(file_->number, buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail_errno("cannot read the file", path_.string(), errno);
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
  hash_.update(bytes);
  raw_bytes_ += bytes.size();
  return bytes;
}

tl::unexpected<Error> ByteStream::damaged(std::string_view what) const {
  const bool at_end = raw_bytes_ >= raw_size_;
  return fail(Error{ErrorKind::corrupt, "cannot decompress the file", path_.string(), "a whole " + std::string(what) + " file",
                    at_end ? "an end in the middle of the data, or damaged data near it" : "damaged data",
                    "Fetch or export the file again; nothing was applied."});
}

Status ByteStream::read(std::string& out, std::size_t count, bool& ended) {
  const std::size_t target = out.size() + count;
  while (!ended_ && out.size() < target) SOUK_CHECK(more(out, target - out.size(), ended_));
  ended = ended_;
  return {};
}

}  // namespace souk::feeds
