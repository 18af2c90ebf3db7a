// The interactions a recipe runs on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/split.h"
#include "souk/feeds/descriptor.h"
#include "souk/store/interactions.h"

namespace souk::lab {

struct Data {
  std::string name;
  std::string hash;  // of the content; equal content, equal hash
  store::Interactions log;
  std::optional<eval::FixedParts> parts;  // where the set came split
  feeds::Protocol protocol;               // how the set's users judge on it; empty fields for files without a descriptor
  std::vector<std::uint8_t> late;         // [shoppers]; where parts overlap in time as published, what of (feeds::SetLog)
  std::vector<std::string> notes;         // in words: what reading did that the files do not say
};

// The descriptor of a set in the first of the folders that has one; empty: none has.
fs::path descriptor_of(const std::string& name, std::span<const fs::path> folders);

// `given` (of --data) may be the name of a descriptor in `descriptors` (folders, the first that has one counts), a descriptor's file, a
// file of events (an atomic file, a table, JSONL) or of sequences (one line a shopper: shopper item item ...), or a folder that holds the
// files of `own`, the recipe's own set; empty: `own`.
Result<Data> load_data(const std::string& given, const std::string& own, std::span<const fs::path> descriptors, unsigned threads,
                       Progress& progress);

}  // namespace souk::lab
