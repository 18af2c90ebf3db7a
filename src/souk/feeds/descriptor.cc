#include "souk/feeds/descriptor.h"

#include <algorithm>
#include <cstdlib>

#include "souk/feeds/line_form.h"
#include "souk/feeds/sha256.h"
#include "souk/feeds/template.h"

namespace souk::feeds {
namespace {

// [files.map] field = "column", or {column = "ts", unit = "s"}; [files.constants] field = "text";
// [files.templates] field = "{a}, {b}", or {text = "{a}|{b}", filter = "hash"}; others = "attributes" or "drop".
Result<FieldMap> read_map(const Config& file, const Lookups& lookups) {
  FieldMap map;
  map.lookups = lookups;
  const Config fields = file.table("map");
  for (const std::string& field : fields.keys()) {
    FieldMap::Source source;
    if (const Config table = fields.table(field); !table.keys().empty()) {
      SOUK_CHECK(table.only({"column", "unit", "separator"}));
      SOUK_TRY(source.column, table.text("column", ""));
      SOUK_TRY(source.unit, table.text("unit", ""));
      SOUK_TRY(const std::string separator, table.text("separator", "|"));
      if (separator.size() != 1) {
        return fail(Error{ErrorKind::invalid, "cannot read the data set", table.where("separator"), "one character", separator, {}});
      }
      source.separator = separator[0];
    } else {
      SOUK_TRY(source.column, fields.text(field, ""));
    }
    map.fields[field] = std::move(source);
  }
  const Config lists = file.table("lists");
  for (const std::string& role : lists.keys()) {
    SOUK_TRY(map.lists[role], lists.text(role, ""));
  }
  const Config constants = file.table("constants");
  for (const std::string& field : constants.keys()) {
    SOUK_TRY(map.constants[field], constants.text(field, ""));
  }
  const Config templates = file.table("templates");
  for (const std::string& field : templates.keys()) {
    FieldMap::Derived derived;
    if (const Config table = templates.table(field); !table.keys().empty()) {
      SOUK_CHECK(table.only({"text", "filter"}));
      SOUK_TRY(derived.text, table.text("text", ""));
      SOUK_TRY(derived.filters, table.text("filter", ""));
    } else {
      SOUK_TRY(derived.text, templates.text(field, ""));
    }
    map.templates[field] = std::move(derived);
  }
  SOUK_TRY(const std::string others, file.text("others", "attributes"));
  if (others != "attributes" && others != "drop") {
    return fail(Error{ErrorKind::invalid, "cannot read the data set", file.where("others"), "attributes or drop", others, {}});
  }
  map.drop_others = others == "drop";
  return map;
}

Result<DataFile> read_file_entry(const Config& file, const std::string& currency, const Lookups& lookups) {
  SOUK_CHECK(file.only({"path", "sha256", "as", "part", "validation", "shop", "log", "format", "columns", "quotes", "merge", "map", "lists",
                        "constants", "templates", "others"}));
  DataFile entry;
  SOUK_TRY(const std::string path, file.text("path", ""));
  if (path.empty()) return fail(Error{ErrorKind::invalid, "cannot read the data set", file.where(), "a path for each file", "none", {}});
  entry.path = path;
  SOUK_TRY(entry.sha256, file.text("sha256", ""));
  SOUK_TRY(entry.as, file.text("as", ""));
  SOUK_TRY(entry.part, file.text("part", ""));
  if (!entry.part.empty() && entry.part != "train" && entry.part != "validation" && entry.part != "test") {
    return fail(Error{ErrorKind::invalid, "cannot read the data set", file.where("part"), "train, validation or test", entry.part, {}});
  }
  SOUK_TRY(entry.validation, file.number("validation", 0));
  if (!(entry.validation >= 0 && entry.validation <= 1) || (entry.validation > 0 && !entry.part.empty() && entry.part != "train")) {
    return fail(Error{ErrorKind::invalid,
                      "cannot read the data set",
                      file.where("validation"),
                      "a share from 0 to 1 of what trains",
                      std::to_string(entry.validation),
                      {}});
  }
  SOUK_TRY(entry.shop, file.flag("shop", true));
  SOUK_TRY(entry.log, file.flag("log", true));
  SOUK_TRY(std::string format, file.text("format", ""));
  // A form's name stands for the events its lines hold.
  if (const auto form = format_named(entry.as); form && (is_line_form(*form) || *form == Format::pairs)) {
    if (format.empty()) format = entry.as;
    entry.options.as = RecordKind::events;
  } else {
    SOUK_TRY(entry.options.as, record_kind_named(entry.as));
  }
  SOUK_TRY(entry.options.format, format_named(format.empty() ? "auto" : format));
  SOUK_TRY(entry.options.columns, file.texts("columns", {}));
  SOUK_TRY(entry.options.quotes, file.flag("quotes", true));
  SOUK_TRY(entry.options.merge, file.flag("merge", false));
  SOUK_TRY(entry.options.map, read_map(file, lookups));
  entry.options.currency = currency;
  return entry;
}

Result<Protocol> read_protocol(const Config& file) {
  SOUK_CHECK(file.only({"split", "history", "report", "primary", "overlap"}));
  Protocol protocol;
  SOUK_TRY(protocol.split, file.text("split", ""));
  SOUK_TRY(protocol.history, file.text("history", ""));
  if (!protocol.history.empty() && protocol.history != "masked" && protocol.history != "kept") {
    return fail(Error{ErrorKind::invalid, "cannot read the data set", file.where("history"), "masked or kept", protocol.history, {}});
  }
  SOUK_TRY(protocol.report, file.texts("report", {}));
  SOUK_TRY(protocol.primary, file.text("primary", ""));
  SOUK_TRY(const std::string overlap, file.text("overlap", ""));
  if (!overlap.empty() && overlap != "published") {
    return fail(Error{ErrorKind::invalid, "cannot read the data set", file.where("overlap"), "published, or nothing", overlap, {}});
  }
  protocol.overlaps = overlap == "published";
  return protocol;
}

void add_report(ImportReport& sum, ImportReport&& part) {
  sum.accepted += part.accepted;
  sum.changed += part.changed;
  sum.unchanged += part.unchanged;
  sum.rejected += part.rejected;
  sum.removed += part.removed;
  sum.duplicates += part.duplicates;
  sum.conflicts += part.conflicts;
  sum.resumed_rows += part.resumed_rows;
  sum.seconds += part.seconds;
  sum.applied = sum.applied && part.applied;
  if (!part.rejects_file.empty()) sum.rejects_file = std::move(part.rejects_file);
  for (const auto& [name, count] : part.unknown_kinds) sum.unknown_kinds[name] += count;
  for (const auto& [name, count] : part.unknown_fields) sum.unknown_fields[name] += count;
  for (RowProblem& problem : part.first_problems) {
    if (sum.first_problems.size() < 20) sum.first_problems.push_back(std::move(problem));
  }
}

}  // namespace

Result<Descriptor> Descriptor::load(const fs::path& path) {
  SOUK_TRY(const Config config, Config::load(path));
  SOUK_CHECK(config.only({"name", "title", "licence", "source", "currency", "lookup", "protocol", "files"}));
  Descriptor descriptor;
  SOUK_TRY(descriptor.name, config.text("name", path.stem().string()));
  SOUK_TRY(descriptor.title, config.text("title", descriptor.name));
  SOUK_TRY(descriptor.licence, config.text("licence", "not stated"));
  SOUK_TRY(descriptor.source, config.text("source", ""));
  SOUK_TRY(const std::string currency, config.text("currency", "EUR"));
  Lookups lookups;
  const Config tables = config.table("lookup");
  for (const std::string& name : tables.keys()) {
    const Config table = tables.table(name);
    for (const std::string& key : table.keys()) {
      SOUK_TRY(lookups[name][key], table.text(key, ""));
    }
  }
  SOUK_TRY(descriptor.protocol, read_protocol(config.table("protocol")));
  for (const Config& file : config.tables("files")) {
    SOUK_TRY(auto entry, read_file_entry(file, currency, lookups));
    descriptor.files.push_back(std::move(entry));
  }
  if (!descriptor.files.empty()) return descriptor;
  return fail(Error{ErrorKind::invalid, "cannot read the data set", path.string(), "at least one [[files]] table", "none", {}});
}

fs::path data_root() {
  if (const char* folder = std::getenv("SOUK_DATA")) return folder;
  for (const char* folder : {"../shared/data", "data"}) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return folder;
  }
  return "data";
}

Status check_file(const fs::path& path, const DataFile& file) {
  if (file.sha256.empty()) return {};
  SOUK_TRY(const auto mapped, MappedFile::open(path));
  constexpr std::size_t kPart = 1u << 20;
  Sha256 hash;
  for (std::string_view rest = mapped.text(); !rest.empty(); rest.remove_prefix(std::min(kPart, rest.size())))
    hash.update(rest.substr(0, kPart));
  const std::string found = hash.hex();
  if (found == file.sha256) return {};
  return fail(Error{ErrorKind::invalid, "not the file that the data set describes", path.string(), "SHA-256 " + file.sha256, found,
                    "Fetch the set again, or correct its descriptor."});
}

Result<ImportReport> import_descriptor(store::Store& store, const fs::path& rejects_dir, const Descriptor& descriptor,
                                       const fs::path& folder, unsigned threads, Progress& progress) {
  ImportReport sum;
  for (const DataFile& file : descriptor.files) {
    if (!file.shop) continue;
    SOUK_CHECK(check_file(folder / file.path, file));
    ImportOptions options = file.options;
    options.threads = threads;
    SOUK_TRY(auto report, import_files(store, rejects_dir, {folder / file.path}, options, progress));
    add_report(sum, std::move(report));
    if (!sum.applied) break;
  }
  return sum;
}

}  // namespace souk::feeds
