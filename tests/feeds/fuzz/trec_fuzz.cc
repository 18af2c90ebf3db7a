// Any text is read as judgements and as a run or refused with a place; what was read must be the same when it is written and read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "souk/base/json_text.h"
#include "souk/feeds/json_text.h"
#include "souk/feeds/trec.h"

namespace {

using namespace souk::feeds;

void check_judgements(std::string_view text) {
  const auto read = parse_judgements(text, "f");
  if (!read) {
    if (read.error().where.empty() || read.error().what.empty()) std::abort();
    return;
  }
  std::uint64_t count = 0;
  std::string lines;
  for (const auto& [query, grades] : read->grades) {
    count += grades.size();
    for (const auto& [item, grade] : grades) {
      std::string line = "{";
      append_json_field(line, "query", query);
      append_json_field(line, "item", item);
      append_json_name(line, "grade");
      append_json_number(line, grade);
      lines += line + "}\n";
    }
  }
  if (read->rows != count + read->repeated) std::abort();
  const auto again = parse_judgements(lines, "f");
  if (!again || again->grades != read->grades || again->repeated != 0) std::abort();
}

void check_run(std::string_view text) {
  auto read = parse_run(text, "f");
  if (!read) {
    if (read.error().where.empty() || read.error().what.empty()) std::abort();
    return;
  }
  const auto written = trec_run(read->lists, "fuzz");
  if (!written) return;  // white space in a table's query or item
  const auto again = parse_run(*written, "f");
  for (auto& [query, list] : read->lists) {
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first > b.first; });
  }
  if (!again || again->lists != read->lists || again->rows != read->rows) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_judgements(text);
  check_run(text);
  return 0;
}
