#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <unistd.h>

#include "souk/cli/command_line.h"
#include "souk/cli/console.h"

namespace {

// A standard stream that is closed would be the next file that is opened, of the shop's perhaps, and what is printed would be written
// there. It becomes one that refuses what it is for: reading of standard input, writing of the others.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {  // the lowest free number is the next one
    if (::fcntl(stream, F_GETFD) == -1) static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  try {
    return souk::cli::run(argc, argv, "/proc/self/exe");
  } catch (const std::exception& error) {  // rooms hand on errors as values: this is a mistake of ours, or no memory
    std::fprintf(stderr, "souk: this should not have happened: %s\n", error.what());
    return souk::cli::kFailed;
  }
}
