#include <cstdio>
#include <exception>

#include "souk/cli/command_line.h"
#include "souk/cli/console.h"

int main(int argc, char** argv) {
  try {
    return souk::cli::run(argc, argv, "/proc/self/exe");
  } catch (const std::exception& error) {  // rooms hand on errors as values: this is a mistake of ours, or no memory
    std::fprintf(stderr, "souk: this should not have happened: %s\n", error.what());
    return souk::cli::kFailed;
  }
}
