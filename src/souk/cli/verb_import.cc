#include <fmt/format.h>

#include "souk/cli/places.h"
#include "souk/cli/verbs.h"
#include "souk/feeds/descriptor.h"
#include "souk/feeds/import.h"
#include "souk/feeds/row_plan.h"

namespace souk::cli {
namespace {

// Whether a mapping fits the kind of records it is for, or, where only the file tells the kind, any.
Status check_map(const feeds::FieldMap& map, const std::optional<feeds::RecordKind>& as, const std::string& currency) {
  using enum feeds::RecordKind;
  Error refused;
  for (const feeds::RecordKind kind : as ? std::vector{*as} : std::vector{items, events, shoppers}) {
    const auto plan = feeds::RowPlan::compile(kind, map, false, currency);
    if (plan) return {};
    refused = plan.error();
  }
  if (!as) refused.expected = "fields of one kind of records: items, events or shoppers";
  refused.where = "--map";
  return fail(std::move(refused));
}

constexpr std::string_view kVectors = "vectors";

// Whether the options are those of what is imported.
Status check_vector_flags(const ImportFlags& flags) {
  const bool vectors = flags.as == kVectors;
  for (const auto& [name, value] : {std::pair("--space", &flags.space), std::pair("--keys", &flags.keys),
                                    std::pair("--tensor", &flags.tensor), std::pair("--encoder", &flags.encoder)}) {
    if (!vectors && !value->empty()) return fail(Error{ErrorKind::invalid, "an option of vectors", name, "--as vectors", flags.as, {}});
  }
  if (!vectors) return {};
  if (flags.space.empty()) {
    return fail(Error{ErrorKind::invalid, "vectors are of a space", "--space", "its name, such as text or image", "none", {}});
  }
  if (!flags.data.empty() || flags.full || flags.merge || !flags.map.empty() || flags.format != "auto") {
    return fail(ErrorKind::invalid, "vectors know no --data, --format, --map, --full and --merge", "--as vectors");
  }
  return {};
}

Result<feeds::ImportOptions> options_of(const Console& console, const ImportFlags& flags, const engine::ShopSettings& shop) {
  feeds::ImportOptions options;
  SOUK_CHECK(check_vector_flags(flags));
  if (!flags.as.empty() && flags.as != kVectors) {
    SOUK_TRY(options.as, feeds::record_kind_named(flags.as));
  }
  SOUK_TRY(options.format, feeds::format_named(flags.format));
  SOUK_TRY(options.map, feeds::parse_map(flags.map));
  SOUK_CHECK(check_map(options.map, options.as, shop.currency));
  SOUK_TRY(options.max_rejects, parse_share(flags.max_rejects, "--max-rejects"));
  SOUK_TRY(options.max_delete, parse_share(flags.max_delete, "--max-delete"));
  options.full = flags.full;
  options.strict = flags.strict;
  options.merge = flags.merge;
  options.threads = console.threads;
  options.currency = shop.currency;
  return options;
}

Result<feeds::ImportReport> import_data(const Console& console, const ImportFlags& flags, engine::Shop& shop) {
  std::error_code ignored;
  const fs::path named = console.file(flags.data);
  SOUK_TRY(const fs::path file, descriptor_file(fs::is_regular_file(named, ignored) ? named.string() : flags.data));
  SOUK_TRY(const feeds::Descriptor descriptor, feeds::Descriptor::load(file));
  return shop.import_data(descriptor, flags.folder.empty() ? feeds::data_root() : console.file(flags.folder), console.progress());
}

Result<feeds::ImportReport> import_vectors(const Console& console, const ImportFlags& flags, engine::Shop& shop,
                                           const std::vector<fs::path>& files) {
  feeds::VectorImportOptions options;
  options.space = flags.space;
  options.read.tensor = flags.tensor;
  if (!flags.keys.empty()) options.read.keys = console.file(flags.keys);
  SOUK_TRY(options.max_rejects, parse_share(flags.strict ? "0%" : flags.max_rejects, "--max-rejects"));
  return shop.import_vectors(files, options, flags.encoder, console.progress());
}

// The first names; feeds with thousands of attributes exist.
std::string listed(const std::map<std::string, std::uint64_t>& counts) {
  constexpr std::size_t kNamed = 20;
  std::string text;
  std::size_t named = 0;
  for (const auto& [name, count] : counts) {
    if (named++ == kNamed) return text + fmt::format(" and {} more", with_commas(counts.size() - kNamed));
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", name, with_commas(count));
  }
  return text;
}

std::string told(const feeds::RowProblem& problem) {
  return fmt::format("{}:{}: {}{}expected {}, found {}", problem.file, problem.line, problem.path, problem.path.empty() ? "" : ": ",
                     problem.expected, problem.found);
}

void print_report(const Console& console, const feeds::ImportReport& report) {
  Table table({}, {Table::Align::left, Table::Align::right});
  const auto line = [&](std::string_view name, std::uint64_t count, bool always) {
    if (always || count > 0) table.row({std::string(name), with_commas(count)});
  };
  line("accepted", report.accepted, true);
  line("changed", report.changed, true);
  line("unchanged", report.unchanged, true);
  line("duplicates", report.duplicates, false);
  line("conflicts", report.conflicts, false);
  line("rejected", report.rejected, true);
  line("removed", report.removed, false);
  line("already there from a run that was cut short", report.resumed_rows, false);
  print(console, table.text());
  if (!report.unknown_kinds.empty()) print_line(console, "unknown kinds, kept: " + listed(report.unknown_kinds));
  if (!report.unknown_fields.empty()) print_line(console, "unknown fields, kept as attributes: " + listed(report.unknown_fields));
  print_line(console, fmt::format("{:.1f} seconds", report.seconds));
  for (const feeds::RowProblem& problem : report.first_problems) note(console, "  " + told(problem));
  if (!report.rejects_file.empty()) note(console, fmt::format("Refused rows: {}", report.rejects_file.string()));
}

}  // namespace

int import_records(const Console& console, const ImportFlags& flags) {
  if (flags.files.empty() && flags.data.empty()) {
    return report_usage(console, Error{ErrorKind::invalid, "there is nothing to import", {}, "files, or --data NAME", "neither", {}});
  }
  if (const auto checked = options_of(console, flags, {}); !checked) return report_usage(console, checked.error());
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  SOUK_OR_REPORT(const feeds::ImportOptions options, console, options_of(console, flags, shop->settings()));
  Progress& progress = console.progress();
  std::vector<fs::path> files;
  for (const std::string& name : flags.files) files.push_back(console.file(name));
  SOUK_OR_REPORT(const feeds::ImportReport report, console,
                 flags.as == kVectors ? import_vectors(console, flags, *shop, files)
                 : flags.data.empty() ? shop->import_files(files, options, progress)
                                      : import_data(console, flags, *shop));
  progress.finish();
  if (console.json) {
    print_line(console, report.to_json());
  } else {
    print_report(console, report);
  }
  const std::uint64_t rows =
      report.accepted + report.duplicates + report.conflicts + report.rejected + report.removed + report.resumed_rows;
  if (report.applied && rows == 0) note(console, "souk: there was nothing to read: no file holds a row");
  if (report.applied) return kDone;
  const std::string first = console.quiet ? "; the first at " + told(report.first_problems.front()) : "";  // else they stand above
  console.caller->err(fmt::format("souk: nothing was applied: {} row{} refused, more than --max-rejects {} allows{}\n",
                                  with_commas(report.rejected), report.rejected == 1 ? " was" : "s were",
                                  flags.strict ? "0% (--strict)" : flags.max_rejects, first));
  return kRejected;
}

}  // namespace souk::cli
