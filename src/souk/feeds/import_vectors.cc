#include "souk/feeds/import_vectors.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

#include "souk/feeds/rejects.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kAtOnce = 500;  // items of a commit
constexpr std::size_t kNamedProblems = 20;

class VectorImport {
 public:
  VectorImport(store::Store& store, const fs::path& rejects_dir, const VectorImportOptions& options, Progress& progress)
      : store_(store), options_(options), progress_(progress), read_(options.read), rejects_(rejects_dir) {}

  Result<ImportReport> run(const std::vector<fs::path>& files) {
    const auto started = std::chrono::steady_clock::now();
    SOUK_CHECK(store::check_key(options_.space, "space"));
    progress_.stage("checking vectors", 0, "vectors");
    for (const fs::path& file : files) SOUK_CHECK(check(file));
    SOUK_CHECK(rejects_.close());
    report_.rejects_file = rejects_.path();
    report_.applied = static_cast<double>(report_.rejected) <= options_.max_rejects * static_cast<double>(rows_);
    if (report_.applied) {
      progress_.stage("putting vectors under their items", rows_, "vectors");
      const auto take = [&](std::string_view key, std::span<const float> vector) {
        pending_.push_back({std::string(key), {vector.begin(), vector.end()}});
        return pending_.size() < kAtOnce ? Status() : apply();
      };
      for (const fs::path& file : files) {
        SOUK_CHECK(read_vectors(file, read_, take));
        SOUK_CHECK(apply());
      }
    }
    progress_.finish();
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return std::move(report_);
  }

 private:
  struct Pending {
    std::string key;
    std::vector<float> vector;
  };

  // Nothing: no item has the key.
  Result<std::optional<store::Item>> item_of(std::string_view key) const {
    SOUK_TRY(const auto id, store_.find_item(key));
    if (!id) return std::optional<store::Item>();
    auto item = store_.item(*id);
    if (item) return std::optional(std::move(*item));
    if (item.error().kind == ErrorKind::not_found) return std::optional<store::Item>();  // removed
    return fail(std::move(item).error());
  }

  Status check(const fs::path& file) {
    std::uint64_t row = 0;
    const auto look = [&](std::string_view key, std::span<const float>) -> Status {
      ++row;
      progress_.add(1);
      SOUK_TRY(const auto item, item_of(key));
      if (item) return {};
      ++report_.rejected;
      RowProblem problem{row, "key", "the key of an item of the shop", std::string(key), file.string()};
      SOUK_CHECK(rejects_.add(file, problem, key));
      if (report_.first_problems.size() < kNamedProblems) report_.first_problems.push_back(std::move(problem));
      return {};
    };
    SOUK_TRY(const VectorFileSummary read, read_vectors(file, read_, look));
    rows_ += read.rows;
    if (read_.dimension == 0) read_.dimension = read.dimension;
    return {};
  }

  // Changes the items of what is pending, by what they are now.
  Status apply() {
    const std::unique_lock<FairSharedMutex> alone(store_.item_writes());
    store::Changes changes;
    for (Pending& next : pending_) {
      SOUK_TRY(auto item, item_of(next.key));
      if (!item) continue;  // refused, or removed since
      item->vectors[options_.space] = std::move(next.vector);
      changes.items.push_back(std::move(*item));
    }
    progress_.add(pending_.size());
    pending_.clear();
    if (changes.items.empty()) return {};
    SOUK_TRY(const store::CommitReport done, store_.commit(changes));
    report_.accepted += done.accepted;
    report_.changed += done.changed;
    report_.unchanged += done.unchanged;
    return {};
  }

  store::Store& store_;
  const VectorImportOptions& options_;
  Progress& progress_;
  VectorFileOptions read_;
  RejectsFile rejects_;
  ImportReport report_;
  std::uint64_t rows_ = 0;        // of all files
  std::vector<Pending> pending_;  // an item once: keys of a file differ, and files end in a commit
};

}  // namespace

Result<ImportReport> import_vectors(store::Store& store, const fs::path& rejects_dir, const std::vector<fs::path>& files,
                                    const VectorImportOptions& options, Progress& progress) {
  return VectorImport(store, rejects_dir, options, progress).run(files);
}

}  // namespace souk::feeds
