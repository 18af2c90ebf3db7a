// What imports are told and what they answer, as text.
#include "souk/feeds/import.h"
#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

void append_counts(std::string& out, std::string_view name, const std::map<std::string, std::uint64_t>& counts) {
  append_json_name(out, name);
  out += '{';
  for (const auto& [key, count] : counts) {
    append_json_name(out, key);
    append_json_number(out, count);
  }
  out += '}';
}

}  // namespace

Result<Format> format_named(std::string_view name) {
  using enum Format;
  constexpr std::pair<std::string_view, Format> kNames[] = {
      {"auto", automatic},    {"jsonl", jsonl},       {"ndjson", jsonl},    {"csv", csv},     {"tsv", tsv},
      {"spaces", spaces},     {"json-map", json_map}, {"recbole", recbole}, {"pairs", pairs}, {"sequences", sequences},
      {"sessions", sessions}, {"baskets", baskets},   {"lists", lists},     {"cases", cases}};
  for (const auto& [known, format] : kNames) {
    if (known == name) return format;
  }
  return fail(Error{ErrorKind::invalid,
                    "unknown format",
                    {},
                    "auto, jsonl, csv, tsv, spaces, json-map, recbole, pairs, sequences, sessions, baskets, lists or cases",
                    std::string(name),
                    {}});
}

Result<FieldMap> parse_map(const std::vector<std::string>& options) {
  FieldMap map;
  for (const std::string& option : options) {
    for (std::string_view rest = option; !rest.empty();) {
      const auto comma = rest.find(',');
      const std::string_view pair = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      const auto equals = pair.find('=');
      std::string_view column = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), unit;
      if (const auto colon = column.rfind(':'); colon != std::string_view::npos) {
        unit = column.substr(colon + 1);
        column = column.substr(0, colon);
      }
      if (column.empty() || equals == 0) {
        return fail(Error{ErrorKind::invalid,
                          "cannot read the mapping",
                          "--map",
                          "FIELD=COLUMN or FIELD=COLUMN:UNIT, such as time=ts:s",
                          std::string(pair),
                          {}});
      }
      const std::string field(pair.substr(0, equals));
      const auto [other, added] = map.fields.try_emplace(field, FieldMap::Source{std::string(column), std::string(unit), '|'});
      if (!added) {
        return fail(Error{ErrorKind::invalid,
                          "field mapped twice",
                          "--map " + field,
                          "one column",
                          other->second.column + " and " + std::string(column),
                          {}});
      }
    }
  }
  return map;
}

std::string ImportReport::to_json() const {
  std::string out = "{";
  const auto count = [&](std::string_view name, std::uint64_t value) {
    append_json_name(out, name);
    append_json_number(out, value);
  };
  count("accepted", accepted);
  count("changed", changed);
  count("unchanged", unchanged);
  count("rejected", rejected);
  count("removed", removed);
  count("duplicates", duplicates);
  count("conflicts", conflicts);
  append_counts(out, "unknown_kinds", unknown_kinds);
  append_counts(out, "unknown_fields", unknown_fields);
  count("resumed_rows", resumed_rows);
  append_json_name(out, "seconds");
  append_json_number(out, static_cast<double>(static_cast<std::int64_t>(seconds * 1000)) / 1000);
  append_json_name(out, "applied");
  out += applied ? "true" : "false";
  if (!rejects_file.empty()) append_json_field(out, "rejects_file", rejects_file.string());
  if (!first_problems.empty()) {
    append_json_name(out, "problems");
    for (char separator = '['; const RowProblem& problem : first_problems) {
      out += separator + problem.to_json();
      separator = ',';
    }
    out += ']';
  }
  out += '}';
  return out;
}

}  // namespace souk::feeds
