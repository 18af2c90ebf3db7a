// The format of a segment's offers: u32 r, one (1: at most one offer a document, and r = n rows; else 0); codes: offers a document[n], none
// of one; codes: amount[r]; numbers; codes: availability[r]; codes: market[r]; codes: window[r]; i64 from[w], until[w]; strings market[m].
// Codes of rows are one more than what they stand for, 0 where a document has no offer (column.cc tells of codes and numbers). Without
// offers r is 0, and only the markets follow.
#include "souk/index/offers.h"

#include <array>
#include <map>
#include <numeric>

#include "souk/index/column_builder.h"

namespace souk::index {

void Offers::write(BlobWriter& writer, const std::vector<std::pair<std::uint32_t, OfferRow>>& offers, std::span<const std::uint32_t> rank,
                   std::uint32_t documents, std::span<const std::string_view> markets) {
  const Rows rows(offers, rank, documents);
  const bool one = rows.single();
  const auto count = rows.pairs.empty() ? 0 : one ? documents : static_cast<std::uint32_t>(rows.pairs.size());
  const std::array<std::uint32_t, 2> shape = {count, one ? 1U : 0U};
  writer.add(std::span<const std::uint32_t>(shape));
  if (count == 0) return writer.add_strings(markets);
  std::vector<std::uint32_t> places;  // of each offer, its row
  if (one) {
    for (std::uint32_t d = 0; d < documents; ++d) {
      if (rows.begins[d] < rows.begins[d + 1]) places.push_back(d);
    }
  } else {
    std::vector<std::uint32_t> counts(documents);
    for (std::uint32_t d = 0; d < documents; ++d) counts[d] = rows.begins[d + 1] - rows.begins[d];
    PackedCodes::write(writer, counts);
    places.resize(count);
    std::iota(places.begin(), places.end(), 0U);
  }
  std::vector<double> numbers;
  std::map<std::pair<Timestamp, Timestamp>, std::uint32_t> windows;
  for (const std::uint32_t pair : rows.pairs) {
    numbers.push_back(offers[pair].second.amount);
    windows.try_emplace({offers[pair].second.from, offers[pair].second.until}, 0);
  }
  std::vector<Timestamp> from, until;
  for (auto& [window, number] : windows) {
    number = static_cast<std::uint32_t>(from.size());
    from.push_back(window.first);
    until.push_back(window.second);
  }
  const CodedNumbers coded(numbers);
  std::vector<std::uint32_t> amounts(count), availabilities(count), market_of(count), window_of(count);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const OfferRow& offer = offers[rows.pairs[i]].second;
    amounts[places[i]] = coded.ordinals[i] + 1;
    availabilities[places[i]] = offer.availability + 1;
    market_of[places[i]] = offer.market + 1;
    window_of[places[i]] = windows.at({offer.from, offer.until}) + 1;
  }
  PackedCodes::write(writer, amounts);
  coded.write(writer);
  PackedCodes::write(writer, availabilities);
  PackedCodes::write(writer, market_of);
  PackedCodes::write(writer, window_of);
  writer.add(from);
  writer.add(until);
  writer.add_strings(markets);
}

Offers Offers::read(BlobReader& reader, std::uint32_t documents) {
  Offers offers;
  const auto shape = reader.array<std::uint32_t>();
  reader.expect(shape.size() == 2 && shape[1] <= 1);
  if (reader.failed()) return offers;
  const std::uint32_t rows = shape[0];
  if (rows == 0) {
    offers.markets = reader.strings();
    return offers;
  }
  if (shape[1] == 0) {
    const PackedCodes counts = PackedCodes::read(reader, documents, std::uint64_t{rows} + 1);
    if (reader.failed()) return {};
    std::uint64_t total = 0;
    offers.begins_.push_back(0);
    for (std::uint32_t d = 0; d < documents && total <= rows; ++d) {
      total += counts.at(d);
      offers.begins_.push_back(static_cast<std::uint32_t>(total));
    }
    reader.expect(total == rows);
  } else {
    reader.expect(rows == documents);
  }
  if (reader.failed()) return {};
  offers.amounts_ = PackedCodes::read(reader, rows, UINT32_MAX);
  offers.numbers_ = Numbers::read(reader);
  offers.availabilities_ = PackedCodes::read(reader, rows, kAvailabilities + 1);
  offers.market_of_ = PackedCodes::read(reader, rows, UINT32_MAX);
  offers.window_of_ = PackedCodes::read(reader, rows, UINT32_MAX);
  offers.from_ = reader.array<Timestamp>();
  offers.until_ = reader.array<Timestamp>();
  offers.markets = reader.strings();
  reader.expect(offers.from_.size() == offers.until_.size());
  if (reader.failed()) return {};
  for (std::uint32_t i = 0; i < rows; ++i) {
    const std::uint32_t amount = offers.amounts_.at(i), market = offers.market_of_.at(i), window = offers.window_of_.at(i);
    const bool none = amount == 0;
    reader.expect(amount <= offers.numbers_.size() && market <= offers.markets.size() && window <= offers.from_.size());
    reader.expect(none == (offers.availabilities_.at(i) == 0) && none == (market == 0) && none == (window == 0));
    reader.expect(!none || shape[1] == 1);
  }
  return reader.failed() ? Offers() : offers;
}

OfferRow Offers::row(std::uint32_t i) const {
  const std::uint32_t window = window_of_.at(i) - 1;
  return {numbers_[amounts_.at(i) - 1], from_[window], until_[window], market_of_.at(i) - 1, availabilities_.at(i) - 1};
}

std::optional<OfferRow> Offers::current(std::uint32_t document, std::optional<std::uint32_t> market, Timestamp now) const {
  std::optional<OfferRow> best;
  each(document, [&](const OfferRow& row) {
    if ((market && row.market != *market) || row.from > now || now >= row.until) return;
    if (!best || row.from > best->from) best = row;
  });
  return best;
}

bool Offers::plain(std::optional<std::uint32_t> market) const {
  const bool always = from_.size() == 1 && from_[0] == INT64_MIN && until_[0] == INT64_MAX;
  return begins_.empty() && always && (!market || (markets.size() == 1 && *market == 0));
}

}  // namespace souk::index
