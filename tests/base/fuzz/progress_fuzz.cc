// What a child process or a server may write as its progress: lines of any bytes. A line is a record, or said to be none; what is passed on
// as records is taken by the next one who listens. Bits of the first byte: how it is shown.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "souk/base/progress.h"

namespace {

using souk::Progress;

template <class Check>
void for_each_line(std::string_view text, Check check) {
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) check(text.substr(0, end));
  check(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Progress::Style kStyles[] = {Progress::Style::bar, Progress::Style::lines, Progress::Style::silent, Progress::Style::records};
  const Progress::Style style = kStyles[data[0] % 4];
  std::string said;
  {
    Progress progress(style, [&](std::string_view text) { said += text; });
    for_each_line({reinterpret_cast<const char*>(data) + 1, size - 1}, [&](std::string_view line) {
      const bool begins_as_one = line.starts_with('\x1e');
      if (progress.take(line) && !begins_as_one) std::abort();
    });
  }
  if (style == Progress::Style::silent && !said.empty()) std::abort();
  if (style != Progress::Style::records) return 0;
  if (!said.empty() && !said.ends_with('\n')) std::abort();
  Progress next(Progress::Style::lines, [](std::string_view) {});
  for_each_line(said, [&](std::string_view record) {
    if (!record.empty() && !next.take(record)) std::abort();
  });
  return 0;
}
