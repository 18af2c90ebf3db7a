// The name of a way to index vectors, as users type it: parts with commas between them.
//
//   Flat               the vectors, all of them looked at
//   SQ8                their 8-bit codes, all of them looked at (SQ8,Refine: the best of these by their vectors)
//   RBQ,Refine         one-bit codes, all of them looked at, and the vectors of those that these leave open; RBQ2 to RBQ4: more bits
//   HNSW32             a graph of degree 32 (64 neighbours on its lowest level) over the vectors; HNSW32,Flat is the same
//   HNSW32,SQ8         over 8-bit codes: a quarter of the bytes, no vectors kept
//   HNSW32,SQ8,Refine  and the vectors beside them, which are read for the best few only (HNSW32,RBQ,Refine alike)
//   IVF1024,SQ8,Refine 1,024 cells around centres found by k-means, of which those nearest to the query are looked at: built in a fraction
//                      of a graph's time. Also IVF1024,Flat, IVF1024,SQ8 and IVF1024,RBQ,Refine
//   IVF4096,PQ48x4,Refine
//                      48 codes of 4 bits a vector, of its difference to the centre of its cell, scanned 32 vectors at a time; OPQ48x4
//                      turns vectors first, so that less is lost. Also PQ48x4,Refine without cells. Never with a graph, which looks at
//                      single codes
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "souk/base/result.h"

namespace souk::index {

struct IndexSpec {
  std::uint32_t degree = 0;   // of the graph; 0: none
  std::uint32_t cells = 0;    // 0: none; a graph has none
  std::string codes = "F32";  // the quantizer's name
  bool refine = false;        // vectors are kept beside the codes
  friend bool operator==(const IndexSpec&, const IndexSpec&) = default;
};

// where: what the error names, such as "shop.toml: spaces.text.index".
Result<IndexSpec> parse_index_spec(std::string_view name, std::string_view where);
std::string name_of(const IndexSpec& spec);  // parses to the same

// What suits so many vectors, and why, in words for people.
struct ChosenSpec {
  IndexSpec spec;
  std::string reason;
};
ChosenSpec choose_index_spec(std::size_t rows, std::size_t dimension);

}  // namespace souk::index
