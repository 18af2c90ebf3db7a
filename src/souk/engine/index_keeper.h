// Keeps what is made from the items, the lexical index (SHOP/segments) and their vectors (SHOP/vectors), in step with the store: replays
// what commits changed since the through_seq of each, or rebuilds when much has changed. Both take what one reading of the store gives.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/index/field_index.h"
#include "souk/index/vector_store.h"
#include "souk/store/store.h"

namespace souk::engine {

class IndexKeeper {  // thread-safe; the store must outlive it
 public:
  // vectors: null when they are damaged, in a shop opened for repair; then the index alone is kept in step.
  IndexKeeper(std::unique_ptr<index::FieldIndex> index, std::unique_ptr<index::VectorStore> vectors, const store::Store& store,
              std::string language, bool read_only);

  index::FieldIndex& index() { return *index_; }
  const index::FieldIndex& index() const { return *index_; }
  const index::VectorStore* vectors() const { return vectors_.get(); }
  void set_vectors(std::unique_ptr<index::VectorStore> vectors);  // before others use the keeper

  // Takes over what was committed since. Unless the shop is opened read-only, rebuilds when more than a fifth of the items changed, and,
  // where compounds are split, when the shop has twice the items that their parts were learned from. True when readers opened from now on
  // see more than before.
  Result<bool> catch_up(unsigned threads, Progress& progress);
  struct Parts {
    bool index = false, vectors = false;
  };
  Status rebuild(Parts parts, unsigned threads, Progress& progress);
  bool wants_flush() const;
  Status flush_when_wanted();  // writes what is in memory when it has grown large, on one thread: others are answered meanwhile
  Status compact(unsigned threads, Progress& progress);

 private:
  bool outgrown() const;
  Result<index::LearnedWords> learn_words(const store::Counts& counts, Progress& progress) const;
  Status follow(Parts parts, const store::Counts& counts, unsigned threads, Progress& progress);
  Status replay(Parts parts, const std::vector<ItemId>& changed, Seq seq, Progress& progress);
  Status rebuild_locked(Parts parts, unsigned threads, Progress& progress);
  Seq index_seq() const { return index_->reader()->through_seq(); }
  Seq vectors_seq() const { return vectors_->reader()->through_seq(); }

  std::unique_ptr<index::FieldIndex> index_;
  std::unique_ptr<index::VectorStore> vectors_;
  const store::Store& store_;
  const std::string language_;
  const bool read_only_;
  std::mutex mutex_;  // one writer at a time
};

}  // namespace souk::engine
