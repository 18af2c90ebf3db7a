// Research data sets as one log for models and evaluation, straight from their files: no shop in between.
//
// Item rows: numeric keys ascending by their number, then all others ascending by their bytes. Shopper rows in order of first appearance,
// over the files in the descriptor's order; lines without a shopper (sessions, baskets, cases) are a shopper each. Within a row events
// stand by part, then by time, equal times in the files' order.
//
// Weights are those of store::default_weights() by kind, and kinds of weight 0 are left out; in a log of one kind every event weighs 1.
// Events of files whose form has no kinds are purchases, or of the kind that the descriptor's constants say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/feeds/descriptor.h"
#include "souk/store/interactions.h"

namespace souk::feeds {

struct SetLog {
  store::Interactions log;
  // Of a set that came split; empty otherwise. Of a shopper's row events [0, first_validation) train, [first_validation, first_test)
  // validate and the rest test. A case for testing is a shopper with first_validation 0 and first_test at what came next: what is known
  // of it trains nothing. A case for validation trains with what is known of it.
  std::vector<std::uint64_t> first_validation, first_test;  // [shoppers]
  // Where parts overlap in time as they were published: bits of what a shopper's earlier events lie after; empty otherwise.
  static constexpr std::uint8_t kLateValidation = 1, kLateTest = 2;
  std::vector<std::uint8_t> late;  // [shoppers]
  std::string hash;                // of the content; equal content, equal hash
  std::vector<std::string> notes;  // in words: what was done that the files do not say
};

// The files of a set that hold events; a file is looked for below `folder` by its path, then by its name alone. A timed set whose held-out
// files have no times gets the shopper's last time before them; notes say so. Refused by name, with how many there are: an event that is
// asked about and stands in an earlier part too (the same id, or the same shopper, item and time), and an event of an earlier part later
// than what its shopper is asked about, unless the descriptor says that the parts were published so; then the log becomes untimed.
// Errors name file, line and field: a file that is not there or not the one described, a line that cannot be read, more than 1 % refused
// records, no events at all.
Result<SetLog> read_set(const Descriptor& descriptor, const fs::path& folder, unsigned threads, Progress& progress);

// One file without a descriptor: an atomic file of RecBole, a table or JSONL of events, and otherwise sequences.
Result<SetLog> read_log(const fs::path& file, unsigned threads, Progress& progress);

}  // namespace souk::feeds
