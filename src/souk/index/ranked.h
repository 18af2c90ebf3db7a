// The documents of a query's words in one segment: all that hold every word, or the best by score, without looking at those that cannot be
// among them (block-max MaxScore after Turtle and Flood 1995, Ding and Suel 2011, in windows of blocks as Mackenzie et al. 2022 advise).
//
// Scores are exact: floats added in the order of the words, whatever order the lists are read in. Not thread-safe: a query's own.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/index/bits.h"
#include "souk/index/postings.h"
#include "souk/index/scoring.h"

namespace souk::index {

// The documents of one word: a list of the segment, or one gathered from several (a beginning, a word with synonyms).
struct TermList {
  const UnitScores* scores = nullptr;             // of its postings
  PostingList postings;                           // used when nothing was gathered
  std::span<const std::uint32_t> documents = {};  // gathered, ascending
  std::span<const float> units = {};              // beside it
  float idf = 0;
  bool optional = false;  // adds to the score of documents that hold a required list, and asks nothing: a word's exact form beside its stem
  std::uint32_t frequency() const { return documents.empty() ? postings.frequency() : static_cast<std::uint32_t>(documents.size()); }
};

// What documents must be to count, asked before they are looked up in further lists.
class DocumentFilter {
 public:
  virtual ~DocumentFilter() = default;
  // Moves the documents that count to the front, in order, with what stands beside each; returns how many.
  virtual std::size_t keep(std::span<std::uint32_t> documents, std::uint32_t* beside) const = 0;
};

// Reads a list block by block, and finds documents in it.
class ListCursor {
 public:
  void open(const TermList& list);
  float bound() const { return bound_; }  // no posting adds more
  std::uint32_t blocks() const { return blocks_; }

  // The first block from `block` on that may hold `document`; blocks() when there is none.
  std::uint32_t find_block(std::uint32_t block, std::uint32_t document) const;
  std::uint32_t block_last(std::uint32_t block) const;  // its last document
  float block_bound(std::uint32_t block) const {
    return gathered() ? bound_ : list_->idf * list_->scores->bound(list_->postings.impact(block));
  }
  // Decodes a block, unless it is the one decoded last, and returns its documents.
  std::span<const std::uint32_t> load(std::uint32_t block);
  std::span<const float> block_scores();    // idf * unit score of every document of the block loaded last; made once a block
  float score(std::uint32_t place) const {  // of one of them
    const float unit = gathered() ? list_->units[block_ * kBlockPostings + place]
                                  : (*list_->scores)(documents_[place], list_->postings.code(block_, place));
    return list_->idf * unit;
  }

  // Which of some ascending documents the list holds: their places among `wanted`, ascending, and what the list adds to each. Both outputs
  // have room for wanted.size() + 1. Returns how many. Cheapest when calls go forward.
  std::size_t find(std::span<const std::uint32_t> wanted, std::uint32_t* places, float* scores);

 private:
  bool gathered() const { return !list_->documents.empty(); }
  bool reach(std::uint32_t document) {  // loads the block that may hold it
    const bool here = loaded_ && document <= documents_[count_ - 1] && document >= documents_[0];
    return here || move_to(document);
  }
  bool move_to(std::uint32_t document);
  // In the block, which must reach it. Halving without branches, over all kBlockPostings places.
  std::uint32_t lower_bound(std::uint32_t document) const {
    std::uint32_t low = 0;
    for (std::uint32_t step = kBlockPostings / 2; step > 0; step /= 2) low += documents_[low + step - 1] < document ? step : 0;
    return low;
  }

  const TermList* list_ = nullptr;
  float bound_ = 0;
  std::uint32_t blocks_ = 0, block_ = 0, count_ = 0;
  bool loaded_ = false, scored_ = false;
  const std::uint32_t* documents_ = nullptr;  // of the loaded block; kBlockPostings of them, filled up with the largest number
  // NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): filled as needed
  std::array<std::uint32_t, kBlockPostings + kernels::kPackGroup> decoded_;
  std::array<float, kBlockPostings> block_scores_;
  // NOLINTEND(cppcoreguidelines-pro-type-member-init)
};

// What a document must be to count, and what it is worth besides its words.
struct DocumentSide {
  std::span<const std::uint64_t> allowed = {};  // bits; empty: all
  std::span<const std::uint32_t> items = {};    // ItemId of each document
  std::span<const float> prior = {};            // by ItemId, at least 0 and finite where it counts; shorter: 0 for the rest
  float most_prior = 0;
  const DocumentFilter* filter = nullptr;  // of best_of_all, beside `allowed`
  bool allows(std::uint32_t document) const { return allowed.empty() || (allowed[document / 64] >> (document % 64) & 1U) != 0; }
  float prior_of(std::uint32_t document) const {
    const std::uint32_t item = items[document];
    return item < prior.size() ? prior[item] : 0.0F;
  }
};

// Reused from query to query; allocates nothing once it has seen the largest. A cursor decodes into itself, so that none is copied.
struct RankedScratch {
  void reserve(std::uint32_t size) {
    if (sums.size() >= size) return;
    sums.resize(size);
    bits.resize(bits_for(size).size());
    flags.resize(size);
  }
  std::vector<ListCursor> cursors, probes;               // by word: one goes through the blocks, one finds documents
  std::vector<float> sums;                               // by document of a segment, all zero between uses
  Bits bits;                                             // beside them
  std::vector<std::uint8_t> flags;                       // beside them
  std::vector<std::uint32_t> documents;                  // candidates of a window; these four only grow
  std::vector<float> partial;                            // beside them
  std::vector<std::uint32_t> places;                     // of find()
  std::vector<float> found;                              // beside them
  std::vector<std::array<float, kBlockPostings>> parts;  // by word
  std::vector<std::uint32_t> order;                      // of a conjunction's lists; these two are its own
  std::vector<float> rest;
};

struct Matches {
  std::vector<std::uint32_t> documents;  // ascending
  std::vector<float> scores;             // without the prior
};

// Does no document hold all required lists, for one of them is empty?
inline bool nothing_in_all(std::span<const TermList> lists) {
  return std::ranges::any_of(lists, [](const TermList& list) { return !list.optional && list.frequency() == 0; });
}

// Appends every document that any list holds, with its score; only those of `allowed` when that is not empty. An optional list's documents
// must be in a required one. scratch: reserved for `documents`.
void disjunction(std::span<const TermList> lists, std::uint32_t documents, std::span<const std::uint64_t> allowed, RankedScratch& scratch,
                 Matches& out);
// Appends every document that all required lists hold, with its score; those that the filter, if there is one, lets pass.
void conjunction(std::span<const TermList> lists, const DocumentFilter* filter, RankedScratch& scratch, Matches& out);
// Sets out, [(documents + 63) / 64], to the bits of the documents that any list holds. Reads no frequencies, and scores nothing.
void unite(std::span<const TermList> lists, std::uint32_t documents, RankedScratch& scratch, std::span<std::uint64_t> out);
// The scores of some documents, ascending, of which each is in a required list.
void score_documents(std::span<const TermList> lists, std::span<const std::uint32_t> documents, RankedScratch& scratch,
                     std::vector<float>& scores);

// Offers the documents that all required lists hold (or any of them) to `best`, rows being items. Documents that score below `floor` may be
// left out: what is known beforehand of the k-th best score.
void best_of_all(std::span<const TermList> lists, const DocumentSide& side, float floor, RankedScratch& scratch, TopK& best);
void best_of_any(std::span<const TermList> lists, const DocumentSide& side, float floor, RankedScratch& scratch, TopK& best);

}  // namespace souk::index
