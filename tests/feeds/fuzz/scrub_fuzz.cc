// A file of refused rows of any bytes, from which a person is erased. The first two lines are what names them and a short session of
// theirs, the rest is the file: what is left are lines of it, none of which holds the name, and erasing again finds nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "souk/feeds/rejects.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(take_line(text));
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing::FuzzFolder folder;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> names{std::string(take_line(rest))}, sessions{std::string(take_line(rest))};
  const fs::path file = folder.path() / "2024-01-01.jsonl";
  if (!write_file(file, rest)) std::abort();
  const auto erased = feeds::scrub_rejects(folder.path(), names, sessions);
  if (!erased) std::abort();
  const std::vector<std::string> before = lines_of(rest);
  std::vector<std::string> after;
  if (fs::exists(file)) after = lines_of(read_file(file).value());
  if (after.size() + *erased != before.size()) std::abort();
  auto from = before.begin();
  for (const std::string& line : after) {
    while (from != before.end() && *from != line) ++from;
    if (from++ == before.end()) std::abort();
    if (names[0].size() >= 8 && line.find(names[0]) != std::string::npos) std::abort();
    if (!sessions[0].empty() && line.find("\"session\":\"" + sessions[0] + '"') != std::string::npos) std::abort();
  }
  const auto again = feeds::scrub_rejects(folder.path(), names, sessions);
  if (!again || *again != 0) std::abort();
  return 0;
}
