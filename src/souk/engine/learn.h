// What training learns from a shop's events, in the shop's own process or in a child of it.
//
// A child works in a folder that holds what it needs and takes what it makes:
//   shop.toml, store/                       of the shop: the settings, and a checkpoint of the store
//   tables/{tables.souk,manifest.json}      what it learned; not made where there was nothing to learn from
//   lesson                                  "<shoppers> <items> <events> <time of training, ms>", written last
#pragma once

#include <cstdint>
#include <optional>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/store/interactions.h"

namespace souk::engine {

struct Lesson {
  std::uint64_t shoppers = 0, items = 0, events = 0;  // learned from
  Timestamp trained = 0;
};

// Fits every table on all events and writes them into `folder`, which is made. Without events nothing is written.
Result<Lesson> learn_tables(const store::Store& store, const store::KindWeights& weights, const std::optional<fs::path>& cache,
                            const fs::path& folder, unsigned threads, Progress& progress);

// The child's whole work.
Status learn_in(const fs::path& work, unsigned threads, Progress& progress);
// For the parent, when the child ended well.
Result<Lesson> read_lesson(const fs::path& work);

}  // namespace souk::engine
