#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/engine/settings.h"

namespace souk::cli {

int init(const Console& console, const InitFlags& flags) {
  std::string settings;
  if (!flags.config.empty()) {
    SOUK_OR_REPORT(settings, console, read_file(flags.config));
    if (settings.find_first_not_of(" \t\r\n") == settings.find('{')) settings = engine::toml_of_json(settings);
  }
  SOUK_OR_REPORT(const auto shop, console, engine::Shop::init(flags.shop, {flags.name, flags.language, flags.currency, settings}));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("shop", shop->settings().name).member("directory", flags.shop);
    json.member("language", shop->settings().language).member("currency", shop->settings().currency).end_object();
    print_line(console, json.text());
    return kDone;
  }
  print_line(console, fmt::format("Made the shop \"{}\" in {}.", shop->settings().name, flags.shop));
  note(console, fmt::format("Next: souk import {} FILE...", flags.shop));
  return kDone;
}

}  // namespace souk::cli
