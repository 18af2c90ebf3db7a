#include <algorithm>
#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/backup.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

std::string findings_json(const std::vector<engine::Finding>& findings, bool ok) {
  engine::JsonWriter json;
  json.begin_object().member("ok", ok).key("findings").begin_array();
  for (const engine::Finding& finding : findings) {
    json.begin_object()
        .member("ok", finding.ok)
        .member("warning", finding.warning)
        .member("what", finding.what)
        .member("detail", finding.detail);
    if (!finding.repair.empty()) json.member("repair", finding.repair);
    json.end_object();
  }
  return json.end_array().end_object().take();
}

// Of a shop, or of a backup of one.
Result<std::vector<engine::Finding>> examine(const Console& console, const std::string& directory, bool repair) {
  if (const fs::path folder = console.file(directory); engine::is_backup(folder)) {
    if (repair) return fail(ErrorKind::unsupported, "a backup cannot be repaired", folder.string(), "Use another backup.");
    return engine::verify_backup(folder, console.progress());
  }
  SOUK_TRY(const auto shop, open_shop(console, directory, Access::repair));
  return shop->doctor(repair, console.progress());
}

}  // namespace

int doctor(const Console& console, const std::string& directory, bool repair) {
  SOUK_OR_REPORT(const std::vector<engine::Finding> findings, console, examine(console, directory, repair));
  const bool ok = std::all_of(findings.begin(), findings.end(), [](const engine::Finding& finding) { return finding.ok; });
  if (console.json) {
    print_line(console, findings_json(findings, ok));
    return ok ? kDone : kFailed;
  }
  Table table({});
  for (const engine::Finding& finding : findings) {
    table.row({finding.warning ? "warning" : finding.ok ? "ok" : "DAMAGED", finding.what, finding.detail});
    if (!finding.repair.empty()) table.row({"", "", finding.repair});
  }
  print(console, table.text());
  return ok ? kDone : kFailed;
}

}  // namespace souk::cli
