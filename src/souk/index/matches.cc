// All documents that match, where none can be skipped: see ranked.h.
#include <algorithm>
#include <bit>

#include "souk/base/kernels/code_bits.h"
#include "souk/index/ranked.h"

namespace souk::index {
namespace {

// The first bit from `from` on; UINT32_MAX when there is none.
std::uint32_t next_bit(std::span<const std::uint64_t> bits, std::uint32_t from) {
  std::size_t w = from / 64;
  if (w >= bits.size()) return UINT32_MAX;
  std::uint64_t word = bits[w] & (~std::uint64_t{0} << (from % 64));
  while (word == 0) {
    if (++w == bits.size()) return UINT32_MAX;
    word = bits[w];
  }
  return static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
}

// Calls visit(document, what the list adds) for the documents of a list that are allowed. Blocks without one are not read.
template <class Visit>
void each_allowed(ListCursor& cursor, std::span<const std::uint64_t> allowed, Visit visit) {
  std::array<std::uint32_t, kBlockPostings + kernels::kBitsBeyond>
      places;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is read
  std::uint32_t block = 0;
  for (std::uint32_t from = 0; block < cursor.blocks(); ++block) {
    const std::uint32_t next = next_bit(allowed, from);
    if (next == UINT32_MAX) return;
    block = cursor.find_block(block, next);
    if (block >= cursor.blocks()) return;
    const std::span<const std::uint32_t> found = cursor.load(block);
    const std::size_t kept = kernels::places_in_bits(found, allowed.data(), places.data());
    if (kept > kBlockPostings / 4) {
      const std::span<const float> added = cursor.block_scores();
      for (std::size_t i = 0; i < kept; ++i) visit(found[places[i]], added[places[i]]);
    } else {
      for (std::size_t i = 0; i < kept; ++i) visit(found[places[i]], cursor.score(places[i]));
    }
    from = found.back() + 1;
  }
}

}  // namespace

void disjunction(std::span<const TermList> lists, std::uint32_t documents, std::span<const std::uint64_t> allowed, RankedScratch& scratch,
                 Matches& out) {
  scratch.reserve(documents);
  ListCursor cursor;
  std::size_t first = scratch.bits.size(), last = 0;  // words with a bit
  const auto add = [&](std::uint32_t document, float added) {
    scratch.sums[document] += added;
    set_bit(scratch.bits, document);
  };
  for (const TermList& list : lists) {  // in the order of the words, so that sums are exact
    cursor.open(list);
    if (cursor.blocks() == 0) continue;
    if (!allowed.empty()) {
      first = 0;
      last = (std::size_t{documents} + 63) / 64;
      each_allowed(cursor, allowed, add);
      continue;
    }
    for (std::uint32_t block = 0; block < cursor.blocks(); ++block) {
      const std::span<const std::uint32_t> found = cursor.load(block);
      const std::span<const float> added = cursor.block_scores();
      if (block == 0) first = std::min<std::size_t>(first, found.front() / 64);
      for (std::size_t i = 0; i < found.size(); ++i) add(found[i], added[i]);
      if (block + 1 == cursor.blocks()) last = std::max<std::size_t>(last, found.back() / 64 + 1);
    }
  }
  if (first >= last) return;
  const std::span<std::uint64_t> bits = std::span(scratch.bits).subspan(first, last - first);
  const std::size_t before = out.documents.size();
  append_bits(bits, out.documents);
  out.scores.resize(out.documents.size());
  for (std::size_t i = before; i < out.documents.size(); ++i) {
    const std::uint32_t document = out.documents[i] += static_cast<std::uint32_t>(first * 64);
    out.scores[i] = scratch.sums[document];
    scratch.sums[document] = 0;
  }
  std::fill(bits.begin(), bits.end(), std::uint64_t{0});
}

void unite(std::span<const TermList> lists, std::uint32_t documents, RankedScratch& scratch, std::span<std::uint64_t> out) {
  scratch.reserve(documents);
  std::uint8_t* flags = scratch.flags.data();
  ListCursor cursor;
  for (const TermList& list : lists) {
    if (list.optional) continue;
    cursor.open(list);
    for (std::uint32_t block = 0; block < cursor.blocks(); ++block) {
      for (const std::uint32_t document : cursor.load(block)) flags[document] = 1;
    }
  }
  kernels::bits_in_range(std::span<const std::uint8_t>(flags, documents), 1, 0, out.data());
  std::fill_n(flags, documents, std::uint8_t{0});
}

void score_documents(std::span<const TermList> lists, std::span<const std::uint32_t> documents, RankedScratch& scratch,
                     std::vector<float>& scores) {
  scores.assign(documents.size(), 0.0F);
  if (scratch.probes.size() < lists.size()) scratch.probes.resize(lists.size());
  std::array<std::uint32_t, kBlockPostings + 1> places;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is read
  std::array<float, kBlockPostings + 1> added;           // NOLINT(cppcoreguidelines-pro-type-member-init): the same
  for (std::size_t w = 0; w < lists.size(); ++w) {       // in the order of the words, so that sums are exact
    ListCursor& cursor = scratch.probes[w];
    cursor.open(lists[w]);
    if (cursor.blocks() == 0) continue;
    for (std::size_t begin = 0; begin < documents.size(); begin += kBlockPostings) {
      const auto some = documents.subspan(begin, std::min<std::size_t>(kBlockPostings, documents.size() - begin));
      const std::size_t found = cursor.find(some, places.data(), added.data());
      for (std::size_t f = 0; f < found; ++f) scores[begin + places[f]] += added[f];
    }
  }
}

}  // namespace souk::index
