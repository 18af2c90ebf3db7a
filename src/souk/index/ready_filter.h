// A filter made ready for one segment: fields found, values turned into the codes of columns, so that documents are tested 64 at a time or
// by one look-up each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "souk/index/bits.h"
#include "souk/index/field_values.h"
#include "souk/index/filter.h"
#include "souk/index/ranked.h"

namespace souk::index {

class ReadyFilter final : public DocumentFilter {  // immutable; what it was made from must outlive it
 public:
  ReadyFilter(const Filter& filter, const View& view, const Schema& schema, const Circumstances& circumstances);

  // out[i] = does the filter hold for documents[i]? 0 or 1.
  void test(std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) const;
  std::size_t keep(std::span<std::uint32_t> documents, std::uint32_t* beside) const override;
  // Leaves of `bits`, one a document of the segment, those for which the filter holds.
  void narrow(std::span<std::uint64_t> bits) const;
  // No more documents than these hold it, as far as that is known without looking.
  std::uint64_t most() const { return root_.most; }

 private:
  enum class Kind : std::uint8_t { all, any, none_of, never, range, flags, listed, looked_up };
  struct Node {
    Kind kind = Kind::never;
    std::vector<Node> children;
    std::uint64_t most = 0;
    // By code: range holds for low <= code <= low + span, flags for the codes whose bit is set, listed for codes of a wanted ordinal.
    CodedField field;
    std::uint32_t low = 0, span = 0;
    Bits flags;
    std::vector<OrdinalRange> wanted;  // ascending, apart
    // looked_up: by document.
    const Filter* filter = nullptr;
    std::vector<double> numbers;
    std::uint32_t states = 0;  // bits of availabilities
    std::optional<FieldValues> values;
  };
  Node make(const Filter& filter) const;
  Node make_test(const Filter& filter) const;
  void decide_codes(Node& node) const;
  static bool holds(const Node& node, std::uint32_t document);
  static void test(const Node& node, std::span<const std::uint32_t> documents, std::span<std::uint8_t> out);
  void narrow(const Node& node, std::span<std::uint64_t> bits) const;

  const View& view_;
  const Schema& schema_;
  Circumstances circumstances_;
  Node root_;
};

}  // namespace souk::index
