#include "souk/lab/data.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "souk/base/config.h"
#include "souk/feeds/descriptor.h"
#include "souk/store/store.h"

namespace souk::lab {
namespace {

class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::string pattern = (fs::temp_directory_path() / "souk-lab-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return fail_errno("cannot make a temporary folder", pattern, errno);
    return TemporaryFolder(pattern);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<Data> from_sequences(const fs::path& file, std::string name) {
  SOUK_TRY(feeds::Sequences sequences, feeds::read_sequences(file));
  return Data{std::move(name), std::move(sequences.hash), std::move(sequences.log)};
}

Result<Data> from_records(const feeds::Descriptor& set, const fs::path& folder, unsigned threads, Progress& progress) {
  SOUK_TRY(const TemporaryFolder temporary, TemporaryFolder::make());
  SOUK_TRY(const auto store, store::Store::create(temporary.path() / "store"));
  SOUK_TRY(const auto report, feeds::import_descriptor(*store, temporary.path() / "rejects", set, folder, threads, progress));
  if (!report.applied) return fail(ErrorKind::invalid, "too many rows of the data set were refused", folder.string());
  SOUK_TRY(auto log, store::build_interactions(*store, store->snapshot(), store::default_weights(), {}, threads));
  std::string hash = log.fingerprint();
  return Data{set.name, std::move(hash), std::move(log)};
}

Result<Data> from_descriptor(const fs::path& file, const fs::path& folder, unsigned threads, Progress& progress) {
  SOUK_TRY(const feeds::Descriptor set, feeds::Descriptor::load(file));
  if (set.files.size() != 1 || set.files[0].as != "sequences") return from_records(set, folder, threads, progress);
  std::error_code ignored;
  fs::path path = folder / set.files[0].path;
  if (!fs::exists(path, ignored)) path = folder / set.files[0].path.filename();  // a folder that holds the file itself
  if (!fs::exists(path, ignored)) {
    return fail(ErrorKind::not_found, "the data set '" + set.name + "' is not there", (folder / set.files[0].path).string(),
                "set SOUK_DATA to the folder of the data sets, or name a file or folder with --data");
  }
  return from_sequences(path, set.name);
}

std::string nearest_set(const fs::path& descriptors, const std::string& name) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(descriptors, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".toml") names.push_back(at->path().stem().string());
  }
  const auto near = nearest_name(name, names);
  return near ? "did you mean '" + *near + "'?" : "";
}

}  // namespace

Result<Data> load_data(const std::string& given, const std::string& own, const fs::path& descriptors, unsigned threads,
                       Progress& progress) {
  std::error_code ignored;
  const auto file_of = [&](const std::string& name) { return descriptors / (name + ".toml"); };
  if (!given.empty() && !fs::exists(file_of(given), ignored)) {
    if (fs::is_directory(given, ignored)) return from_descriptor(file_of(own), given, threads, progress);
    if (fs::path(given).extension() == ".toml") return from_descriptor(given, feeds::data_root(), threads, progress);
    if (fs::is_regular_file(given, ignored)) return from_sequences(given, fs::path(given).filename().string());
    return fail(Error{ErrorKind::not_found, "there is no such data set", "--data", "the name of a set, a file or a folder", given,
                      nearest_set(descriptors, given)});
  }
  return from_descriptor(file_of(given.empty() ? own : given), feeds::data_root(), threads, progress);
}

}  // namespace souk::lab
