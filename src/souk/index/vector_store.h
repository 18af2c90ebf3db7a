// The vectors of a shop's items, by space, under SHOP/vectors: which items are nearest to a vector. Follows the store as the lexical index
// does (field_index.h): each space is a list of immutable segments in files, and memory segments of what came since; a newer version or a
// removal hides the older row; a reader is a moment of it all.
//
// Answers are merged by exact scores. They are those of a scan of all vectors where every segment is one (Flat), or leaves nothing open by
// its codes; else as near to them as the index of the files is (index_spec.h), and memory segments are always Flat.
//
//   a vector that is none, NaN, infinite, too long, of another dimension than its space   refused, and told by item and space; what the
//   item a vector of zeros in a space compared by cosine                                       had in that space before is gone equal
//   vectors of several items                                                        all kept; of equal scores the lower item comes first a
//   space that is not declared                                                          has the dimension of the first vector that came in
//                                                                                         it, by cosine, until it has none at a flush
//   a space without vectors, or with one                                                  answers with none, or with that one
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/ids.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/index/gathered_vectors.h"
#include "souk/index/items.h"
#include "souk/index/vectors/vector_segment.h"

class Roaring;

namespace souk::index {

struct SpaceQuery {
  std::string_view space;
  std::span<const float> vector;  // as it came: for cosine of any length but 0
  std::size_t k = 10;
  const Roaring* allowed = nullptr;  // items that may be found; null: all
  // Effort, as VectorQuery has it; 0: what suits.
  std::size_t breadth = 0, cells = 0, refine = 0;
};

struct SpaceState {
  VectorSpace space;
  bool declared = false;
  std::uint64_t vectors = 0;       // that may be found
  std::uint64_t hidden = 0;        // rows replaced or removed, not yet merged away
  std::size_t files = 0;           // segments on disk
  std::string index = {};          // of the largest file: its factory name; empty: none
  std::uint64_t index_bytes = 0;   // of all segments: read for every query
  std::uint64_t vector_bytes = 0;  // read for the best few
  RefusedVectors refused;          // since the store was opened or rebuilt
};

class VectorReader {  // immutable, thread-safe
 public:
  virtual ~VectorReader() = default;
  // Best first, of equal scores the lower item. Errors: a space that is not there (not_found), a vector that check_vector refuses.
  virtual Result<std::vector<Hit>> search(const SpaceQuery& query) const = 0;
  // The vector of an item as it is compared, for cosine of length 1; nothing: it has none there. Lives as long as the reader.
  virtual std::optional<std::span<const float>> vector(std::string_view space, ItemId item) const = 0;
  virtual const VectorSpace* space(std::string_view name) const = 0;  // null: neither declared nor seen
  virtual std::vector<SpaceState> spaces() const = 0;                 // by name
  virtual Seq through_seq() const = 0;
};

// Whether a space can be kept as it is declared: a name like a key, a dimension, and an index that suits it and keeps vectors, as answers
// of several segments are merged by exact scores.
Status check_space(const SpaceSettings& space);

// One writer, any number of readers. Thread-safe.
class VectorStore {
 public:
  // Opens the set of segments; an empty or missing folder is an empty store with through_seq 0. A damaged segment is an error (corrupt);
  // `doctor --repair` rebuilds. Segments made under other declarations are ignored (through_seq 0). Errors: a declaration that check_space
  // refuses, or a second one of a name.
  static Result<std::unique_ptr<VectorStore>> open(const fs::path& directory, std::vector<SpaceSettings> declared, bool read_only);
  virtual ~VectorStore() = default;

  virtual std::shared_ptr<const VectorReader> reader() const = 0;
  // Visible to readers taken after it returns. `seq`: of the newest commit contained. An item that is put with the vectors it has costs
  // next to nothing; one that lacks a space has no vector there any more.
  virtual Status update(std::span<const ItemPut> puts, Seq seq) = 0;
  // Everything anew: put all items, in the order of their ids, into gathered(), then hand it over. Holds all of it in memory twice.
  virtual GatheredVectors gathered() const = 0;
  virtual Status rebuild(GatheredVectors vectors, Seq seq, unsigned threads, Progress& progress) = 0;
  // True when the memory segments are large enough that the caller should flush.
  virtual bool wants_flush() const = 0;
  // Memory segments to files, merging with the last files when that pays; updates and readers go on meanwhile. compact(): each space in
  // one file, without what is hidden.
  virtual Status flush(unsigned threads, Progress& progress) = 0;
  virtual Status compact(unsigned threads, Progress& progress) = 0;
  virtual Status verify() const = 0;  // every checksum
};

}  // namespace souk::index
