// Runs the command line in this process, with stdout and stderr caught.
#pragma once

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "souk/cli/command_line.h"

#include "tests/support/data.h"

namespace souk::testing {

struct Outcome {
  int status = 0;
  std::string out, err;
};

// Sends what is written to a descriptor into a file while it lives.
class Caught {
 public:
  Caught(int descriptor, std::filesystem::path file) : descriptor_(descriptor), saved_(::dup(descriptor)), file_(std::move(file)) {
    const int target = ::open(file_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(target, descriptor_);
    ::close(target);
  }
  ~Caught() {
    ::dup2(saved_, descriptor_);
    ::close(saved_);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;

 private:
  int descriptor_, saved_;
  std::filesystem::path file_;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// `out_file`: where stdout goes, when it shall be no ordinary file.
inline Outcome souk(std::vector<std::string> words, const std::filesystem::path& out_file = {}) {
  const TempDir dir;
  words.insert(words.begin(), "souk");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Outcome outcome;
  std::fflush(stdout);
  std::fflush(stderr);
  {
    const Caught out(STDOUT_FILENO, out_file.empty() ? dir / "out" : out_file), err(STDERR_FILENO, dir / "err");
    outcome.status = cli::run(static_cast<int>(words.size()), arguments.data());
    std::fflush(stdout);
    std::fflush(stderr);
  }
  if (out_file.empty()) outcome.out = text_of(dir / "out");
  outcome.err = text_of(dir / "err");
  return outcome;
}

}  // namespace souk::testing
