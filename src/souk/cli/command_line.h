// The command line: which verbs and flags there are. The one file that knows CLI11 is command_line.cc.
#pragma once

namespace souk::cli {

// Parses, runs the verb and returns the exit status (console.h).
int run(int argc, char** argv);

}  // namespace souk::cli
