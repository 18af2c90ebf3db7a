// Builds a segment from items, from other segments, or both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/ids.h"
#include "souk/index/bits.h"
#include "souk/index/column_builder.h"
#include "souk/index/forward.h"
#include "souk/index/segment.h"
#include "souk/store/records.h"
#include "souk/text/analyzer.h"

namespace souk::index {

class SegmentBuilder {  // not thread-safe
 public:
  // `fields` as of searched_fields(schema); all three must outlive the builder.
  SegmentBuilder(const Schema& schema, const std::vector<Field>& fields, const text::Analyzer& analyzer);
  void put(ItemId id, const store::Item& item);  // of several with one id the last one counts
  void remove(ItemId id);
  // The documents of a segment that are not hidden (null: all), and its removals. Newer segments after older ones.
  void absorb(const Segment& segment, const Bits* hidden);
  void forget_removals() { removed_.clear(); }  // when nothing older remains
  // Documents that share words will stand together, which makes lists smaller and searches faster, at the price of a longer build.
  void bisect() { bisected_ = true; }
  std::size_t size() const { return ids_.size(); }
  SegmentImage finish();  // once

 private:
  struct Occurrence {
    std::uint32_t word, document;
    std::uint16_t part;  // scoring.h
  };
  struct Lists;  // segment_terms.cc
  struct Words {
    std::vector<std::uint32_t> numbers;  // in words_
    std::size_t length = 0;              // words of the text, without other readings of them
  };

  std::uint32_t begin_document(ItemId id, bool titled);
  void add_words(std::string_view text, bool in_order);                     // to field_words_, and parts of words to parts_
  std::uint32_t add_word(std::string_view surface, std::string_view term);  // its number
  void index_words(std::uint32_t field, std::uint32_t document, Words& words);
  void append_attributes(const store::Item& item);
  void index_text(std::uint32_t document, const store::Item& item, std::string_view title, std::string_view description);
  void add_columns(std::uint32_t document, const store::Item& item, std::string_view title);
  void add_attribute(std::uint32_t document, const std::string& name, const std::vector<store::Value>& values);
  void add_offers(std::uint32_t document, const store::Item& item);
  ColumnBuilder& column(const std::string& name, ColumnKind kind);

  // Returns the number here of each term there.
  std::vector<std::uint32_t> absorb_words(const Segment& segment, std::span<const std::uint32_t> place);
  void absorb_forward(const Segment& segment, std::span<const std::uint32_t> place, std::span<const std::uint32_t> terms);
  void bisect_documents();
  void finish_items(SegmentImage& image);
  void finish_terms(SegmentImage& image);
  Lists sort_lists();
  void finish_words(BlobWriter& writer, const Lists& lists) const;
  void finish_forward(SegmentImage& image, const Lists& lists) const;
  void finish_lengths(SegmentImage& image);
  void finish_offers(SegmentImage& image) const;
  void finish_columns(SegmentImage& image) const;

  const Schema& schema_;
  const std::vector<Field>& fields_;
  const text::Analyzer& analyzer_;
  const bool exact_;    // exact forms count
  const bool forward_;  // some field knows phrases
  std::vector<std::uint32_t> ids_;
  std::vector<bool> titled_;
  std::vector<std::uint32_t> removed_;
  StringTable terms_, words_, markets_;
  std::vector<std::uint32_t> word_terms_;
  std::vector<Occurrence> occurrences_;
  std::vector<ForwardWord> forward_words_;     // with numbers of terms_
  std::vector<std::uint32_t> forward_begins_;  // by document, when forward_
  std::vector<std::uint8_t> lengths_;          // [documents, fields], length_code()
  std::vector<std::pair<std::uint32_t, OfferRow>> offers_;
  std::map<std::string, ColumnBuilder, std::less<>> columns_;
  text::Tokenizer tokenizer_;
  std::uint64_t tokenizer_generation_ = 0;
  std::vector<std::uint32_t> numbers_;  // the tokenizer's word -> number in words_
  Words field_words_, parts_;
  std::vector<std::uint32_t> rank_;   // document -> ordinal, while finishing
  std::vector<std::uint32_t> order_;  // ordinal -> document
  bool bisected_ = false;
  Bits titled_bits_;
  std::vector<Norms> norms_, exact_norms_;  // while finishing
};

}  // namespace souk::index
