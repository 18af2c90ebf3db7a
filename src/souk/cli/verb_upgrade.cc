#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/store/store.h"

namespace souk::cli {

// There has been one format so far: a shop that opens has it, and opening refuses every other by name.
int upgrade(const Console& console, const std::string& directory) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::write));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("from", store::kStoreVersion).member("to", store::kStoreVersion).member("changed", false).end_object();
    print_line(json.text());
  } else {
    print_line(fmt::format("The shop {} has format {}, the newest that this Souk ({}) knows: there is nothing to do.", directory,
                           store::kStoreVersion, engine::kVersion));
  }
  return kDone;
}

}  // namespace souk::cli
