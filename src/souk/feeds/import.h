// Importing files into a store: streaming, parallel, in constant memory, idempotent, resumable.
//
// Files are read twice. The first pass parses and checks every row and writes refused ones to SHOP/rejects/<time>.jsonl; when the share of
// refused rows over all files is above max_rejects, nothing is applied. The second pass commits batches; those of events with their (file
// hash, row) offset, so that the same import after a crash goes on where it stood. It ends in the same shop. JSONL, CSV and TSV (RFC 4180
// quotes, embedded newlines, BOM, CRLF), and the forms of research data sets, each plain, gzip or zstd, told by content; standard input
// ("-") is spooled first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/feeds/record_json.h"
#include "souk/store/store.h"

namespace souk::feeds {

// How a file's records are written. The last six make events of kind purchase where nothing says otherwise (line_form.h).
enum class Format : std::uint8_t {
  automatic,
  jsonl,
  csv,
  tsv,
  spaces,     // a table with columns separated by blanks; no quotes
  json_map,   // one JSON object: a key, and an object of fields or a list (as the field "values") for each record; at most 64 MiB
  recbole,    // an atomic file of RecBole: TSV with a typed header, "user_id:token item_id:token rating:float"; automatic finds it
  pairs,      // "shopper item" a line: spaces without a header
  sequences,  // "shopper item item ..." a line
  sessions,   // "item item ..." a line
  baskets,    // "item,item,..." a line
  lists,      // a TSV with a header: a shopper, and lists of items separated by blanks (FieldMap::lists)
  cases,      // "item item ... TAB item": what is known and what came next; or columns of a TSV with a header (FieldMap::lists)
};
Result<Format> format_named(std::string_view name);

// column -> field, with an optional unit: --map title=name --map time=ts:s (s, ms, us, or a zone such as America/New_York for local times).
// Reads "field=column[:unit]" pairs separated by commas.
struct FieldMap {
  struct Source {
    std::string column, unit;
    char separator = '|';  // of the values of a list
  };
  std::map<std::string, Source> fields;          // by Souk's field ("attributes.size" works)
  std::map<std::string, std::string> constants;  // fields set to one text for every row (descriptors use this: kind = "purchase")
  // Fields built from several columns, in the language of template.h (descriptors use this).
  struct Derived {
    std::string text, filters;
  };
  std::map<std::string, Derived> templates;
  std::map<std::string, std::map<std::string, std::string>> lookups;  // tables that templates look texts up in
  bool drop_others = false;  // columns that nothing names are left out instead of becoming attributes
  // Of the forms lists (shopper, train, validation, test) and cases (history, target): the column of each.
  std::map<std::string, std::string> lists;
};
Result<FieldMap> parse_map(const std::vector<std::string>& options);

struct ImportOptions {
  std::optional<RecordKind> as;  // empty: by the file's columns (item/kind -> events, title -> items, ...), else an error that asks
  Format format = Format::automatic;
  std::vector<std::string> columns;  // names for the columns of a table without a header
  bool quotes = true;                // of tables: a quote at a field's begin quotes it; else it is a character like any other
  FieldMap map;
  bool full = false;         // items: remove what the feed does not have, as the last commit
  double max_delete = 0.10;  // refuse --full above this share
  double max_rejects = 0.01;
  bool strict = false;  // max_rejects 0, unknown fields refused
  bool merge = false;   // items: patch instead of replace
  unsigned threads = 1;
  std::string currency = "EUR";
  // Called for each good record, on several threads; the same record must give the same result. May be empty.
  std::function<void(store::Item&)> finish_item;
  std::function<void(store::Event&)> finish_event;
};

struct ImportReport {
  std::uint64_t accepted = 0, changed = 0, unchanged = 0, rejected = 0, removed = 0, duplicates = 0, conflicts = 0;
  std::map<std::string, std::uint64_t> unknown_kinds, unknown_fields;
  std::uint64_t resumed_rows = 0;  // committed by an earlier, unfinished run of the same import
  double seconds = 0;
  fs::path rejects_file;                   // empty when nothing was refused
  std::vector<RowProblem> first_problems;  // up to 20
  bool applied = true;                     // false: too many rejects, nothing was applied (exit status 3)
  std::string to_json() const;
};

// Errors: a file that cannot be read or told apart, --full above max_delete, the store's own. rejects_dir is made when needed.
Result<ImportReport> import_files(store::Store& store, const fs::path& rejects_dir, const std::vector<fs::path>& files,
                                  const ImportOptions& options, Progress& progress);

// Writes JSONL that import reads back, one record a line, in the store's canonical order, to `path` ("-": standard output).
// Returns the number of records.
Result<std::uint64_t> export_records(const store::Store& store, RecordKind kind, const fs::path& path, Progress& progress);

}  // namespace souk::feeds
