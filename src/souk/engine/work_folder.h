// SHOP/work: folders of work in progress (checkpoints, what children write). Whoever opens the shop for writing removes what killed
// processes left there.
#pragma once

#include <utility>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::engine {

class WorkFolder {  // removed with the object; several threads may make them at once
 public:
  // A new folder <name>-<number> in SHOP/work, for its owner alone.
  static Result<WorkFolder> make(const fs::path& shop, const std::string& name);
  static void clear(const fs::path& shop);
  static std::vector<fs::path> list(const fs::path& shop);  // those of work under way

  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();
  const fs::path& path() const { return path_; }

 private:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

}  // namespace souk::engine
