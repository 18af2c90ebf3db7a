// crash_shop --cuts N --kills N --seed S --folder DIR: crashes by the thousand (crashes.h). Prints "cuts N" and "kills N" as it goes, then
// one line of JSON; status 1 when a shop lost something. What `./run bench crash` runs.
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>

#include "souk/base/json_text.h"

#include "tests/faults/crashes.h"

namespace {

using souk::faults::CrashOptions;
using souk::faults::CrashReport;

constexpr std::uint64_t kSaidEvery = 25;

std::string numbers(const CrashReport& report) {
  return fmt::format(R"("works":{},"crashes":{},"calls":{},"acknowledged":{},"unacknowledged":{},"kept":[{}])", report.works,
                     report.crashes, report.calls, report.acknowledged, report.unacknowledged, fmt::join(report.kept, ","));
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string, std::less<>> values{{"--cuts", "100"}, {"--kills", "20"}, {"--seed", "1"}, {"--folder", ""}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!values.contains(std::string_view(argv[i]))) argc = 0;
    values[argv[i]] = argv[i + 1];
  }
  const auto number = [&](std::string_view name) {
    const std::string& text = values.find(name)->second;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  if (argc % 2 == 0 || values["--folder"].empty()) {
    std::fputs("usage: crash_shop --folder DIR [--cuts N] [--kills N] [--seed S]\n", stderr);
    return 2;
  }
  const auto run = [&](std::string_view what, std::uint64_t crashes, auto function) {
    CrashOptions options;
    options.seed = number("--seed");
    options.crashes = crashes;
    options.folder = souk::fs::absolute(values["--folder"]) / what;
    options.progress = [&](std::uint64_t done) {
      if (done % kSaidEvery != 0) return;
      fmt::print("{} {}\n", what, done);
      std::fflush(stdout);
    };
    CrashReport report = function(options);
    if (report.problems.empty()) {
      std::error_code ignored;
      souk::fs::remove_all(options.folder, ignored);
    }
    return report;
  };
  const CrashReport cuts = run("cuts", number("--cuts"), souk::faults::power_cuts);
  const CrashReport kills = run("kills", number("--kills"), souk::faults::kills);
  std::string problems;
  for (const CrashReport* report : {&cuts, &kills}) {
    for (const std::string& problem : report->problems) {
      if (!problems.empty()) problems += ',';
      souk::append_json_string(problems, problem);
    }
  }
  fmt::print("{{\"cuts\":{{{}}},\"kills\":{{{}}},\"problems\":[{}]}}\n", numbers(cuts), numbers(kills), problems);
  return problems.empty() ? 0 : 1;
}
