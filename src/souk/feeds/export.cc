// Export: JSONL in the store's canonical order, which import reads back: events by (time, arrival), items and shoppers by key, reviews by
// id. A shop made by importing an export exports the same bytes.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "souk/base/file.h"
#include "souk/feeds/import.h"

namespace souk::feeds {
namespace {

// Lines to a file that takes its name when it is complete. What is no regular file (a pipe, a device, standard output) is written into;
// of a symbolic link the file that it points to is replaced.
class LineWriter {
 public:
  explicit LineWriter(fs::path path) : path_(std::move(path)) {}
  ~LineWriter() {
    if (file_ == nullptr || file_ == stdout) return;
    std::fclose(file_);
    std::error_code ignored;
    if (!straight_) fs::remove(part(), ignored);
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  Status open() {
    if (path_ == "-") {
      file_ = stdout;
      return {};
    }
    std::error_code error;
    const bool exists = fs::exists(path_, error), link = fs::is_symlink(path_, error);
    straight_ = exists ? !fs::is_regular_file(path_, error) : link;
    if (link && !straight_) {
      if (fs::path target = fs::canonical(path_, error); !error) path_ = std::move(target);
      straight_ = static_cast<bool>(error);  // a link of /proc may point to a file that has no name
    }
    if (straight_) {
      const int descriptor = ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | (exists ? 0 : O_CREAT), 0666);
      file_ = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
    } else {
      file_ = std::fopen(part().c_str(), "wb");
    }
    return file_ != nullptr ? Status() : failed(errno);
  }
  bool add(std::string_view line) {
    ++lines_;
    if (error_ == 0 && (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fputc('\n', file_) == EOF)) error_ = errno;
    return error_ == 0;
  }
  Result<std::uint64_t> finish() {
    if (error_ != 0) return failed(error_);
    if (std::fflush(file_) != 0) return failed(errno);
    if (file_ == stdout) return lines_;
    const bool synced = ::fsync(::fileno(file_)) == 0 || (straight_ && errno == EINVAL);  // pipes cannot be synced
    if (!synced || (!straight_ && std::rename(part().c_str(), path_.c_str()) != 0)) return failed(errno);
    if (std::fclose(std::exchange(file_, nullptr)) != 0) return failed(errno);
    if (straight_) return lines_;
    SOUK_CHECK(sync_directory(absolute_path(path_).parent_path()));
    return lines_;
  }

 private:
  fs::path part() const { return path_.string() + ".part"; }
  tl::unexpected<Error> failed(int error) const { return fail_errno("cannot write the export", path_.string(), error); }

  fs::path path_;
  std::FILE* file_ = nullptr;
  bool straight_ = false;  // written into as it stands, not replaced
  int error_ = 0;          // of the first write that failed
  std::uint64_t lines_ = 0;
};

// Runs a scan whose rows are written one by one; stops when writing fails or the export is cancelled.
template <class Scan>
Status each_line(LineWriter& writer, Progress& progress, const Scan& scan) {
  SOUK_CHECK(scan([&](const auto& record) {
    progress.add(1);
    return writer.add(to_json(record)) && !progress.cancelled();
  }));
  return progress.cancelled() ? Status(fail(ErrorKind::cancelled, "the export was stopped")) : Status();
}

Status export_items(const store::Store& store, LineWriter& writer, Progress& progress) {
  std::vector<std::pair<std::string, ItemId>> items;
  SOUK_CHECK(store.for_each_item([&](ItemId id, store::Item&& item) {
    items.emplace_back(std::move(item.key), id);
    return true;
  }));
  std::ranges::sort(items);
  return each_line(writer, progress, [&](const auto& write) -> Status {
    for (const auto& [key, id] : items) {
      SOUK_TRY(const auto item, store.item(id));
      if (!write(item)) break;
    }
    return {};
  });
}

Status export_shoppers(const store::Store& store, LineWriter& writer, Progress& progress) {
  std::vector<std::pair<std::string, ShopperId>> shoppers;
  SOUK_CHECK(store.for_each_shopper([&](ShopperId id, store::Shopper&& shopper) {
    shoppers.emplace_back(std::move(shopper.key), id);
    return true;
  }));
  std::ranges::sort(shoppers);
  return each_line(writer, progress, [&](const auto& write) -> Status {
    for (const auto& [key, id] : shoppers) {
      SOUK_TRY(const auto shopper, store.shopper(id));
      if (!write(shopper)) break;
    }
    return {};
  });
}

}  // namespace

Result<std::uint64_t> export_records(const store::Store& store, RecordKind kind, const fs::path& path, Progress& progress) {
  LineWriter writer(path);
  SOUK_CHECK(writer.open());
  const store::Counts counts = store.counts();
  switch (kind) {
    case RecordKind::items:
      progress.stage("exporting items", counts.items + counts.stubs, "items");
      SOUK_CHECK(export_items(store, writer, progress));
      break;
    case RecordKind::events:
      progress.stage("exporting events", counts.events, "events");
      SOUK_CHECK(each_line(writer, progress,
                           [&](const auto& write) { return store.for_each_event([&](store::Event&& event) { return write(event); }); }));
      break;
    case RecordKind::reviews:
      progress.stage("exporting reviews", counts.reviews, "reviews");
      SOUK_CHECK(each_line(writer, progress, [&](const auto& write) {
        return store.for_each_review([&](store::Review&& review) { return write(review); });
      }));
      break;
    case RecordKind::shoppers:
      progress.stage("exporting shoppers", counts.shoppers, "shoppers");
      SOUK_CHECK(export_shoppers(store, writer, progress));
      break;
  }
  progress.finish();
  return writer.finish();
}

}  // namespace souk::feeds
