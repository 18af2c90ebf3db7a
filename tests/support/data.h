// Where tests find real data: $SOUK_DATA, by default ../shared/data beside the checkout. A test that needs a set which is not there
// skips and names it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

namespace souk::testing {

inline std::filesystem::path data_dir() {
  if (const char* dir = std::getenv("SOUK_DATA")) return dir;
  return std::filesystem::path(SOUK_SOURCE_DIR).parent_path() / "shared" / "data";
}

// The descriptor of a data set that the project ships.
inline std::filesystem::path data_recipe(const std::string& name) {
  return std::filesystem::path(SOUK_SOURCE_DIR) / "recipes" / "data" / (name + ".toml");
}

// A fresh folder under the test's temporary directory, removed when it goes out of scope.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "souk-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace souk::testing

// Skips the running test, by name of what is missing, when a file of the real data is absent.
#define SOUK_NEEDS_DATA(file)                                                                 \
  if (!std::filesystem::exists(::souk::testing::data_dir() / (file))) {                       \
    GTEST_SKIP() << "needs real data " << (file) << " under " << ::souk::testing::data_dir(); \
  }
