#include "souk/cli/verbs.h"
#include "souk/engine/erasure.h"

namespace souk::cli {

int forget(const Console& console, const ForgetFlags& flags) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  SOUK_OR_REPORT(const auto report, console, shop->forget(flags.shopper));
  if (console.json) {
    print_line(console, engine::to_json(report));
  } else {
    for (const std::string& sentence : report.words) print_line(console, sentence);
  }
  return kDone;
}

}  // namespace souk::cli
