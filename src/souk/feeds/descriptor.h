// A data set described by recipes/data/<name>.toml: files, format, columns, licence, hashes, and how its rows become records or
// interactions. Looked up by name under the recipe folder, its files under $SOUK_DATA or an explicit folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/feeds/import.h"

namespace souk::feeds {

struct DataFile {
  fs::path path;          // relative to the data folder
  std::string sha256;     // empty: not checked
  std::string as;         // "items", "events", "shoppers", or a form whose lines are events: "sequences", "pairs" ... (import.h, Format)
  std::string part;       // of a fixed split: "train" (also when empty), "validation", "test"
  bool shop = true;       // whether import takes it; false where its events would repeat those of other files, or cannot stand in a shop
  bool log = true;        // whether a log for models takes its events
  double validation = 0;  // sessions and sequences that train: the last item of this share of the lines, the last ones, validates
  ImportOptions options;  // kind, format, mapping and derived fields
};

// How the people who use a set judge on it: what a recipe without a split or metrics of its own takes. Texts; the lab reads them.
struct Protocol {
  std::string split;                // "loo", "fixed", "time:14d" ...; empty: the lab's default
  std::string history;              // "masked", "kept"; empty: the default
  std::vector<std::string> report;  // names of metrics
  std::string primary;
  bool overlaps = false;  // overlap = "published": its publishers made parts that overlap in time; without it such parts are refused
};

struct Descriptor {
  std::string name, title, licence, source;
  Protocol protocol;  // [protocol] split = "fixed" history = "masked" report = ["Recall@20"] primary = "NDCG@20"
  std::vector<DataFile> files;
  static Result<Descriptor> load(const fs::path& path);
};

// The folder data sets are looked up in: $SOUK_DATA, else ../shared/data beside the working folder, else data.
fs::path data_root();

// Whether a file is there and has the SHA-256 that the descriptor states.
Status check_file(const fs::path& path, const DataFile& file);

// Imports every importable file of a set into a store, in the descriptor's order.
Result<ImportReport> import_descriptor(store::Store& store, const fs::path& rejects_dir, const Descriptor& descriptor,
                                       const fs::path& folder, unsigned threads, Progress& progress);

}  // namespace souk::feeds
