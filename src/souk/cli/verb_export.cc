#include <fmt/format.h>

#include "souk/base/config.h"
#include "souk/cli/verbs.h"
#include "souk/feeds/import.h"

namespace souk::cli {
namespace {

int export_config(const Console& console, const ExportFlags& flags) {
  SOUK_OR_REPORT(const Config config, console, Config::load(fs::path(flags.shop) / "shop.toml"));
  if (flags.to == "-") {
    print_line(console, config.to_json());
    return kDone;
  }
  const Status written = write_file(flags.to, config.to_json() + "\n");
  return written ? kDone : report(console, written.error());
}

}  // namespace

int export_records(const Console& console, const ExportFlags& flags) {
  const bool config = flags.as == "config";
  const auto kind = feeds::record_kind_named(config ? "items" : flags.as);
  if (!kind) {
    return report_usage(
        console, Error{ErrorKind::invalid, "unknown kind of records", "--as", "items, events, shoppers, reviews or config", flags.as, {}});
  }
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::read));
  if (config) return export_config(console, flags);
  Progress& progress = console.progress();
  SOUK_OR_REPORT(const std::uint64_t count, console, feeds::export_records(shop->store(), *kind, flags.to, progress));
  progress.finish();
  note(console, fmt::format("{} {}", with_commas(count), feeds::name_of(*kind)));
  return kDone;
}

}  // namespace souk::cli
