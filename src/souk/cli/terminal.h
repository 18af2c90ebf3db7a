// The person at this process's own terminal, or the script that started it.
#pragma once

#include <optional>

#include "souk/cli/console.h"

namespace souk::cli {

class Terminal final : public Caller {
 public:
  explicit Terminal(fs::path program) : program_(std::move(program)) {}  // program: engine::OpenOptions::program

  void out(std::string_view text) override;
  void err(std::string_view text) override;
  bool arrived() override;
  Progress& progress(bool quiet) override;
  fs::path file(const std::string& name) override { return name; }
  Result<std::shared_ptr<engine::Shop>> open(const std::string& directory, Access access, const engine::OpenOptions& options) override;

  // Flushes stdout, and turns success into failure, with a message, where not all of the results could be written.
  int finish(int status);

 private:
  fs::path program_;
  std::optional<Progress> progress_;
};

}  // namespace souk::cli
