#include "souk/cli/command_line.h"

int main(int argc, char** argv) {
  return souk::cli::run(argc, argv, "/proc/self/exe");
}
