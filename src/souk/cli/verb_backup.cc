#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/backup.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

int print_copy(const Console& console, const engine::BackupReport& report, std::string_view done, const std::string& place) {
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("directory", place).member("seq", report.seq).member("files", report.files).member("bytes", report.bytes);
    print_line(console, json.member("linked", report.linked).member("seconds", report.seconds).end_object().text());
    return kDone;
  }
  const std::string linked = report.linked > 0 ? fmt::format(", {} shared with the earlier one", with_commas(report.linked)) : "";
  print_line(console, fmt::format("{} {}: {} files, {}{}, up to commit {}, in {:.1f} seconds", done, place, with_commas(report.files),
                                  bytes_text(report.bytes), linked, with_commas(report.seq), report.seconds));
  return kDone;
}

}  // namespace

int backup(const Console& console, const BackupFlags& flags) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  const engine::BackupOptions options{.to = console.file(flags.to),
                                      .earlier = flags.earlier.empty() ? fs::path() : console.file(flags.earlier)};
  SOUK_OR_REPORT(const engine::BackupReport report, console, shop->backup(options, console.progress()));
  return print_copy(console, report, "Backed up to", options.to.string());
}

int restore(const Console& console, const std::string& from, const std::string& shop) {
  SOUK_OR_REPORT(const engine::BackupReport report, console, engine::restore_backup(from, shop, console.progress()));
  const int status = print_copy(console, report, "Restored", shop);
  note(console, "Its first opening builds the search index.");
  note(console, "Who was forgotten and which keys were revoked since that backup: they are back. Forget and revoke them again.");
  return status;
}

}  // namespace souk::cli
