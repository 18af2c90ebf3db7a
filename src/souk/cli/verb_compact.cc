#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {

int compact(const Console& console, const std::string& directory) {
  const fs::path folder = console.file(directory);
  const std::uint64_t before = folder_size(folder);
  {
    SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::write));
    SOUK_OR_REPORT(const engine::RetentionReport retained, console, shop->apply_retention(now()));
    if (!retained.held_back.empty()) console.caller->err("souk: " + retained.held_back + "\n");
    if (const Status status = shop->compact(); !status) return report(console, status.error());
  }
  const std::uint64_t after = folder_size(folder);
  if (console.json) {
    engine::JsonWriter json;
    print_line(console, json.begin_object().member("bytes_before", before).member("bytes_after", after).end_object().text());
  } else {
    print_line(console, fmt::format("{} before, {} now", bytes_text(before), bytes_text(after)));
  }
  return kDone;
}

}  // namespace souk::cli
