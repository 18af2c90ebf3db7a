// An immutable segment: the documents, postings and columns of a set of items. One representation with two backings: the sections stand
// in memory (as built) or in a mapped file; a Segment is a view of either. The format is described in segment_builder.cc, which writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/hash.h"
#include "souk/base/ids.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"
#include "souk/base/time.h"
#include "souk/index/blob.h"
#include "souk/index/column.h"
#include "souk/index/dictionary.h"
#include "souk/index/forward.h"
#include "souk/index/offers.h"
#include "souk/index/schema.h"
#include "souk/index/scoring.h"
#include "souk/text/analyzer.h"

namespace souk::index {

inline constexpr std::uint32_t kSegmentVersion = 4;
inline constexpr std::uint32_t kAnalyzerVersion = 2;  // raised when text/ gives other terms for the same text
inline constexpr std::uint32_t kNone = UINT32_MAX;

inline constexpr std::uint32_t kMaxSearched = 32;

// The fields whose words are indexed: the title first, then those with a search weight, in the schema's order.
Result<std::vector<Field>> searched_fields(const Schema& schema);
// Do exact forms count? Then the words of a term that has several have lists of their own, under keys that begin with byte 1.
bool exact_forms(std::span<const Field> fields);
// Is the order of words kept, of some field?
bool knows_phrases(std::span<const Field> fields);
bool splits_compounds(const Schema& schema, std::string_view language);
inline std::string exact_key(std::string_view word) {
  return std::string(1, '\1').append(word);
}
// What a folded word is called that has another term than the first of that form.
inline std::string further_word(std::string_view surface, std::string_view term) {
  return std::string(surface).append(1, '\2').append(term);
}
inline bool is_exact_key(std::string_view key) {
  return !key.empty() && key.front() == '\1';
}
inline std::string_view word_of_key(std::string_view key) {
  return key.substr(1);
}
// What must be equal for a segment to be usable: format, analyzer, language, searched fields, and types of declared columns.
Hash128 fingerprint(const Schema& schema, std::string_view language, const text::AnalyzerSettings& settings = {});
// Does this declared field have a column in segments?
bool has_column(const Field& field);

// The words of the titles, turned around: by document.
struct Titles {
  std::vector<std::uint32_t> frequency;  // titles with the term, by term
  std::vector<std::uint32_t> rows;       // [documents + 1]
  std::vector<std::uint32_t> terms;      // ascending in each title
  std::vector<std::uint16_t> counts;     // beside them
};

// What a builder makes: named sections of bytes.
struct SegmentImage {
  std::vector<std::pair<std::string, std::vector<std::byte>>> sections;
  Status write(const fs::path& path, const Hash128& print) const;
};

class Segment {  // immutable, thread-safe
 public:
  static Result<std::shared_ptr<const Segment>> open(const fs::path& path, const Hash128& print);
  static Result<std::shared_ptr<const Segment>> of(SegmentImage image);
  Status verify() const;  // every checksum of the file; nothing to do in memory

  std::uint32_t size() const { return static_cast<std::uint32_t>(ids.size()); }
  std::optional<std::uint32_t> find(ItemId item) const;
  const Column* column(std::string_view name) const;
  // The keyword form of a number or flag column, for attributes that are words elsewhere. Made once.
  std::shared_ptr<const Column> widened(const Column& column) const;
  std::uint64_t bytes() const { return bytes_; }
  // Calls visit(document, parts) for each posting of a term: parts as in Patterns.
  template <class Visit>
  void each_posting(const Dictionary::Term& term, Visit visit) const {
    const PostingList list = terms.list(term);
    std::array<std::uint32_t, kBlockPostings + kernels::kPackGroup> documents{}, codes{};
    for (std::uint32_t block = 0; block < list.blocks(); ++block) {
      const std::uint32_t count = list.documents(block, documents.data());
      list.codes(block, codes.data());
      for (std::uint32_t i = 0; i < count; ++i) visit(documents[i], patterns.of(codes[i]));
    }
  }
  const fs::path& path() const { return path_; }  // empty in memory
  const Titles& titles() const;                   // made from the postings when first asked for

  std::span<const std::uint32_t> ids;      // item of each document; different ones
  std::span<const std::uint32_t> removed;  // items whose older documents are hidden, ascending
  std::span<const std::uint64_t> titled;   // bits
  bool all_titled = false;

  Dictionary terms;
  Patterns patterns;                          // what the codes of postings stand for
  std::span<const std::uint64_t> plain;       // bits by term: the term occurs as a word by itself
  Strings words;                              // the other words that occur: folded forms unlike their terms, sorted
  std::span<const std::uint32_t> word_terms;  // word -> term

  ForwardTerms forward;  // the words in order, of fields that know phrases

  std::span<const std::uint8_t> lengths;          // [documents, searched fields], length_code()
  std::span<const std::uint64_t> totals;          // [searched fields] sum of lengths
  std::vector<Norms> reference, exact_reference;  // [searched fields] under which the impacts of postings were taken

  Offers offers;

  std::vector<Column> columns;  // by name

 private:
  Status parse(const std::function<Result<std::span<const std::byte>>(std::string_view)>& section);
  void parse_ids(std::uint32_t n, std::uint32_t least, unsigned bits, std::span<const std::byte> packed, BlobReader& reader);
  void parse_terms(BlobReader& reader);
  void parse_forward(BlobReader& reader);

  SegmentImage image_;
  std::optional<SectionFile> file_;
  fs::path path_;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint32_t> items_;    // what `ids` views
  std::uint32_t least_ = 0, most_ = 0;  // of them
  std::vector<std::uint32_t> by_item_;  // documents by item, when they do not stand so themselves
  mutable std::once_flag titles_made_;
  mutable Titles titles_;
  mutable std::mutex mutex_;
  struct Widened;
  mutable std::map<std::string, std::shared_ptr<Widened>, std::less<>> widened_;
};

}  // namespace souk::index
