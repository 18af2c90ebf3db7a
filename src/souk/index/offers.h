// The offers of a segment's documents: amounts, when they hold, markets and availabilities. The format is described in offers.cc.
//
// A view; the bytes must outlive it. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "souk/base/time.h"
#include "souk/index/blob.h"
#include "souk/index/column.h"

namespace souk::index {

struct OfferRow {
  double amount = 0;
  Timestamp from = INT64_MIN, until = INT64_MAX;
  std::uint32_t market = 0;
  std::uint32_t availability = 0;
};
inline constexpr std::uint32_t kAvailabilities = 5;  // the states of store::Availability

class Offers {
 public:
  static Offers read(BlobReader& reader, std::uint32_t documents);
  static void write(BlobWriter& writer, const std::vector<std::pair<std::uint32_t, OfferRow>>& offers, std::span<const std::uint32_t> rank,
                    std::uint32_t documents, std::span<const std::string_view> markets);

  Strings markets;
  bool empty() const { return amounts_.size() == 0; }
  // Calls visit(OfferRow) for each offer of a document, in the item's order.
  template <class Visit>
  void each(std::uint32_t document, Visit visit) const {
    if (empty()) return;
    if (begins_.empty()) {
      if (amounts_.at(document) != 0) visit(row(document));
      return;
    }
    for (std::uint32_t i = begins_[document]; i < begins_[document + 1]; ++i) visit(row(i));
  }
  // The offer that holds for a market at a time: of those that are current, the one that began last (a promotion before the list price),
  // the first of equals. market: an ordinal of `markets`, UINT32_MAX for a market no item has, or nothing for any market.
  std::optional<OfferRow> current(std::uint32_t document, std::optional<std::uint32_t> market, Timestamp now) const;

  // Is every document's offer its only one, whenever and for this market? Then codes tell: of amounts (ordinals of amount_of()) and of
  // availabilities, 0 for documents without an offer.
  bool plain(std::optional<std::uint32_t> market) const;
  const Codes& amount_codes() const { return amounts_.codes(); }
  const Codes& availability_codes() const { return availabilities_.codes(); }
  const Numbers& amount_of() const { return numbers_; }

 private:
  OfferRow row(std::uint32_t i) const;

  std::vector<std::uint32_t> begins_;                             // [documents + 1] in the rows; empty: one row a document
  PackedCodes amounts_, availabilities_, market_of_, window_of_;  // by row; a code is one more than an ordinal, 0 no offer
  Numbers numbers_;
  std::span<const Timestamp> from_, until_;  // of the windows
};

}  // namespace souk::index
