#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {

int init(const Console& console, const InitFlags& flags) {
  SOUK_OR_REPORT(const auto shop, console, engine::Shop::init(flags.shop, {flags.name, flags.language, flags.currency}));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("shop", shop->settings().name).member("directory", flags.shop);
    json.member("language", shop->settings().language).member("currency", shop->settings().currency).end_object();
    print_line(json.text());
    return kDone;
  }
  print_line(fmt::format("Made the shop \"{}\" in {}.", shop->settings().name, flags.shop));
  note(console, fmt::format("Next: souk import {} FILE...", flags.shop));
  return kDone;
}

}  // namespace souk::cli
