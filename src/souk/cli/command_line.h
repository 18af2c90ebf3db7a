// The command line: which verbs and flags there are. The one file that knows CLI11 is command_line.cc.
#pragma once

#include <string>
#include <vector>

#include "souk/base/file.h"

namespace souk::cli {

class Caller;

// Parses, runs the verb and returns the exit status (console.h). `program`: engine::OpenOptions::program.
int run(int argc, char** argv, const fs::path& program = {});

// The same for a command of somebody else (forward.h), without the program's name; only of verbs that write.
int run_forwarded(Caller& caller, const std::vector<std::string>& arguments);

}  // namespace souk::cli
