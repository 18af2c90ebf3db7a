// Keeps the lexical index (SHOP/segments) in step with the store: replays what commits changed since the index's through_seq, or rebuilds
// when much has changed.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/index/field_index.h"
#include "souk/store/store.h"

namespace souk::engine {

class IndexKeeper {  // thread-safe; the store must outlive it
 public:
  static Result<std::unique_ptr<IndexKeeper>> open(const fs::path& directory, const store::Store& store, index::Schema schema,
                                                   const std::string& language, bool read_only);

  index::FieldIndex& index() { return *index_; }
  const index::FieldIndex& index() const { return *index_; }

  // Takes over what was committed since. Unless the shop is opened read-only, rebuilds when more than a fifth of the items changed, and,
  // where compounds are split, when the shop has twice the items that their parts were learned from. True when readers opened from now on
  // see more than before.
  Result<bool> catch_up(unsigned threads, Progress& progress);
  Status rebuild(unsigned threads, Progress& progress);
  Status flush_when_wanted();  // writes the memory segment when it has grown large

 private:
  IndexKeeper(std::unique_ptr<index::FieldIndex> index, const store::Store& store, const std::string& language, bool read_only);
  bool outgrown() const;
  Result<index::LearnedWords> learn_words(const store::Counts& counts, Progress& progress) const;
  Status replay(const std::vector<ItemId>& changed, Seq seq, Progress& progress);
  Status rebuild_locked(unsigned threads, Progress& progress);

  std::unique_ptr<index::FieldIndex> index_;
  const store::Store& store_;
  const std::string language_;
  const bool read_only_;
  std::mutex mutex_;  // one writer of the index at a time
};

}  // namespace souk::engine
