// What the importers' fuzz targets share: what must hold of any file under any options.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>

#include "souk/feeds/chunk_parser.h"
#include "souk/feeds/research.h"

#include "tests/support/fuzz_file.h"

namespace souk::feeds {

using testing::FuzzFile;

// Both passes of an import see the same rows, and a row's event is good in both. Returns the number of events; nothing when the file, or
// one of its rows, is refused.
inline std::optional<std::uint64_t> check_passes(const fs::path& path, const ImportOptions& options) {
  const auto plan = plan_file(path, options);
  if (!plan || !*plan) return std::nullopt;
  ChunkParser checker(**plan), applier(**plan);
  auto reader = ChunkReader::open(path, (*plan)->form);
  if (!reader) return std::nullopt;
  std::uint64_t events = 0;
  bool refused = false;
  for (;;) {
    auto chunk = reader->next();
    if (!chunk) return std::nullopt;
    if (!*chunk) break;
    Chunk copy = **chunk;
    const ParsedChunk checked = checker.parse(std::move(copy), Pass::check);
    const ParsedChunk applied = applier.parse(std::move(**chunk), Pass::apply);
    if (checked.rows != applied.rows || checked.lines != applied.lines || checked.row_of != applied.row_of) std::abort();
    if (checked.refused.size() != applied.refused.size() || checked.fatal.has_value() != applied.fatal.has_value()) std::abort();
    for (const RefusedRow& row : checked.refused) {
      if (!store::valid_utf8(row.text) || !store::valid_utf8(row.problem.to_json())) std::abort();
    }
    for (const store::Event& event : applied.events) {
      if (event.item.empty() && event.kind != store::EventKind::search && event.kind != store::EventKind::filter &&
          event.kind != store::EventKind::checkout) {
        std::abort();
      }
    }
    events += applied.events.size();
    refused = refused || !applied.refused.empty() || applied.fatal;
  }
  if (refused) return std::nullopt;
  return events;
}

// A log read from the file holds its events, cut where parts may be cut.
inline void check_log(const Result<SetLog>& set, std::optional<std::uint64_t> events) {
  if (!set) {
    if (set.error().message().empty()) std::abort();
    return;
  }
  if (events && set->log.events() > *events) std::abort();
  if (set->first_test.size() != set->first_validation.size()) std::abort();
  if (!set->first_test.empty() && set->first_test.size() != set->log.shoppers()) std::abort();
  for (std::uint32_t row = 0; row < set->first_test.size(); ++row) {
    if (set->first_validation[row] > set->first_test[row] || set->first_test[row] > set->log.row(row).size()) std::abort();
  }
}

// The file as the only one of a set, in a part, with the given options.
inline void check_file_as(const fs::path& path, const ImportOptions& options, const std::string& part) {
  const auto events = check_passes(path, options);
  Descriptor set;
  set.name = "fuzz";
  set.files.push_back(DataFile{path, {}, {}, part, true, true, part == "train" ? 0.5 : 0.0, options});
  check_log(read_set(set, {}, 1, Progress::none()), events);
}

}  // namespace souk::feeds
