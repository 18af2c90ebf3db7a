// Export: JSONL in the store's canonical order, which import reads back: events by (time, arrival), items and shoppers by key. A shop made
// by importing an export exports the same bytes.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <unistd.h>

#include "souk/feeds/import.h"

namespace souk::feeds {
namespace {

// Lines to a file that takes its name when it is complete, or to standard output.
class LineWriter {
 public:
  explicit LineWriter(fs::path path) : path_(std::move(path)) {}
  ~LineWriter() {
    if (file_ == nullptr || file_ == stdout) return;
    std::fclose(file_);
    std::error_code ignored;
    fs::remove(part(), ignored);
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  Status open() {
    file_ = path_ == "-" ? stdout : std::fopen(part().c_str(), "wb");
    return file_ != nullptr ? Status() : failed();
  }
  bool add(std::string_view line) {
    ++lines_;
    good_ = good_ && std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fputc('\n', file_) != EOF;
    return good_;
  }
  Result<std::uint64_t> finish() {
    if (!good_ || std::fflush(file_) != 0) return failed();
    if (file_ == stdout) return lines_;
    if (::fsync(::fileno(file_)) != 0 || std::rename(part().c_str(), path_.c_str()) != 0) return failed();
    std::fclose(file_);
    file_ = nullptr;
    SOUK_CHECK(sync_directory(fs::absolute(path_).parent_path()));
    return lines_;
  }

 private:
  fs::path part() const { return path_.string() + ".part"; }
  tl::unexpected<Error> failed() const { return fail_errno("cannot write the export", path_.string(), errno); }

  fs::path path_;
  std::FILE* file_ = nullptr;
  bool good_ = true;
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
    case RecordKind::shoppers:
      progress.stage("exporting shoppers", counts.shoppers, "shoppers");
      SOUK_CHECK(export_shoppers(store, writer, progress));
      break;
  }
  progress.finish();
  return writer.finish();
}

}  // namespace souk::feeds
