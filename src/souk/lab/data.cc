#include "souk/lab/data.h"

#include <utility>
#include <vector>

#include "souk/base/config.h"
#include "souk/feeds/research.h"

namespace souk::lab {
namespace {

Data data_of(feeds::SetLog&& set, std::string name, feeds::Protocol protocol) {
  Data data;
  data.name = std::move(name);
  data.hash = std::move(set.hash);
  data.log = std::move(set.log);
  if (!set.first_test.empty()) data.parts = eval::FixedParts{std::move(set.first_validation), std::move(set.first_test)};
  data.protocol = std::move(protocol);
  data.late = std::move(set.late);
  data.notes = std::move(set.notes);
  return data;
}

Result<Data> from_descriptor(const fs::path& file, const fs::path& folder, unsigned threads, Progress& progress) {
  SOUK_TRY(feeds::Descriptor set, feeds::Descriptor::load(file));
  SOUK_TRY(auto log, feeds::read_set(set, folder, threads, progress));
  return data_of(std::move(log), std::move(set.name), std::move(set.protocol));
}

Result<Data> from_file(const fs::path& file, unsigned threads, Progress& progress) {
  SOUK_TRY(auto log, feeds::read_log(file, threads, progress));
  return data_of(std::move(log), file.filename().string(), {});
}

std::string nearest_set(std::span<const fs::path> folders, const std::string& name) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".toml") names.push_back(at->path().stem().string());
    }
  }
  const auto near = nearest_name(name, names);
  return near ? "did you mean '" + *near + "'?" : "";
}

}  // namespace

fs::path descriptor_of(const std::string& name, std::span<const fs::path> folders) {
  std::error_code ignored;
  for (const fs::path& folder : folders) {
    if (fs::path file = folder / (name + ".toml"); fs::exists(file, ignored)) return file;
  }
  return {};
}

Result<Data> load_data(const std::string& given, const std::string& own, std::span<const fs::path> descriptors, unsigned threads,
                       Progress& progress) {
  std::error_code ignored;
  const auto from_own = [&](const fs::path& folder) -> Result<Data> {
    const fs::path file = descriptor_of(own, descriptors);
    if (!file.empty()) return from_descriptor(file, folder, threads, progress);
    return fail(Error{ErrorKind::not_found, "there is no such data set", "data of the recipe", "the name of a described set", own,
                      nearest_set(descriptors, own)});
  };
  if (given.empty()) return from_own(feeds::data_root());
  const fs::path described = descriptor_of(given, descriptors);
  if (described.empty()) {
    if (fs::is_directory(given, ignored)) return from_own(given);
    if (fs::path(given).extension() == ".toml") return from_descriptor(given, feeds::data_root(), threads, progress);
    if (fs::is_regular_file(given, ignored)) return from_file(given, threads, progress);
    return fail(Error{ErrorKind::not_found, "there is no such data set", "--data", "the name of a set, a file or a folder", given,
                      nearest_set(descriptors, given)});
  }
  return from_descriptor(described, feeds::data_root(), threads, progress);
}

}  // namespace souk::lab
