#include <algorithm>
#include <fmt/format.h>

#include "souk/cli/verbs.h"
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

}  // namespace

int doctor(const Console& console, const std::string& directory, bool repair) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::repair));
  Progress progress(console.progress());
  SOUK_OR_REPORT(const std::vector<engine::Finding> findings, console, shop->doctor(repair, progress));
  progress.finish();
  const bool ok = std::all_of(findings.begin(), findings.end(), [](const engine::Finding& finding) { return finding.ok; });
  if (console.json) {
    print_line(findings_json(findings, ok));
    return ok ? kDone : kFailed;
  }
  Table table({});
  for (const engine::Finding& finding : findings) {
    table.row({finding.warning ? "warning" : finding.ok ? "ok" : "DAMAGED", finding.what, finding.detail});
    if (!finding.repair.empty()) table.row({"", "", finding.repair});
  }
  print(table.text());
  return ok ? kDone : kFailed;
}

}  // namespace souk::cli
