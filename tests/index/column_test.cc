// Columns and offers as they are written and read back: random rows against the rows themselves.
#include "souk/index/column.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <numeric>
#include <optional>

#include "souk/base/random.h"
#include "souk/index/bits.h"
#include "souk/index/column_builder.h"
#include "souk/index/offers.h"
#include "souk/text/analyzer.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kNobody = UINT32_MAX;

// Documents of a builder in another order, some of them left out.
struct Places {
  std::vector<std::uint32_t> rank;
  std::uint32_t documents = 0;
  Bits titled;
  Places(Random& random, std::uint32_t built) : rank(built, kNobody) {
    std::vector<std::uint32_t> order(built);
    std::iota(order.begin(), order.end(), 0U);
    if (random.below(2) == 0) random.shuffle(std::span(order));
    for (const std::uint32_t document : order) {
      if (random.below(10) > 0) rank[document] = documents++;
    }
    titled = bits_for(documents);
    for (std::uint32_t d = 0; d < documents; ++d) {
      if (random.below(8) > 0) set_bit(titled, d);
    }
  }
};

struct ReadColumn {
  std::vector<std::byte> bytes;
  Column column;
};
ReadColumn written(const ColumnBuilder& builder, const Places& places) {
  BlobWriter writer;
  builder.write(writer, places.rank, places.documents, places.titled);
  ReadColumn read;
  read.bytes = writer.take();
  BlobReader reader(read.bytes);
  read.column = Column::read(reader, places.documents);
  EXPECT_FALSE(reader.failed());
  return read;
}

TEST(Columns, KeepKeywords) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const std::uint32_t built = static_cast<std::uint32_t>(random.below(600)),
                        words = 1 + static_cast<std::uint32_t>(random.below(seed % 3 == 0 ? 400 : 12));
    const std::uint64_t most = random.below(4);
    ColumnBuilder builder("brand", ColumnKind::keyword);
    std::vector<std::vector<std::string>> rows(built);
    for (std::uint32_t d = 0; d < built; ++d) {
      for (std::uint64_t n = random.below(most + 1); n > 0; --n) {
        const std::uint64_t word = random.below(words);
        const std::string text = fmt::format("{} {}", std::array{"WORD", "word", "Wörd"}[word % 3], word / 3);
        builder.add_text(d, text);
        if (std::ranges::find(rows[d], text) == rows[d].end()) rows[d].push_back(text);
      }
    }
    const Places places(random, built);
    const ReadColumn read = written(builder, places);
    const Column& column = read.column;
    std::vector<std::uint32_t> counts(column.original.size());
    for (std::uint32_t d = 0; d < built; ++d) {
      if (places.rank[d] == kNobody) continue;
      std::vector<std::string> found;
      for (const std::uint32_t ordinal : column.ordinals(places.rank[d])) {
        found.emplace_back(column.original[ordinal]);
        counts[ordinal] += test_bit(places.titled, places.rank[d]) ? 1 : 0;
      }
      ASSERT_EQ(found, rows[d]);
      ASSERT_EQ(column.packed.codes()[places.rank[d]], column.packed.at(places.rank[d]));
    }
    for (std::uint32_t i = 0; i < column.original.size(); ++i) {
      ASSERT_EQ(column.folded[i], text::fold(column.original[i]));
      ASSERT_EQ(column.counts[i], counts[i]);
      const OrdinalRange range = column.find(column.folded[i]);
      ASSERT_TRUE(range.begin <= i && i < range.end);
      ASSERT_EQ(column.heads[i], range.begin);
      if (range.end - range.begin > 1) {
        ASSERT_FALSE(column.one_spelling);
      }
    }
    const OrdinalRange nothing = column.find("nothing");
    ASSERT_EQ(nothing.begin, nothing.end);
  }
}

double random_number(Random& random, std::uint64_t kind) {
  switch (kind) {
    case 0:
      return static_cast<double>(random.below(3));
    case 1:
      return static_cast<double>(static_cast<std::int64_t>(random.below(2'000'000)) - 1'000'000) / 100;
    case 2:
      return random.normal() * 1e9;
    case 3:
      return static_cast<double>(1'600'000'000'000 + static_cast<std::int64_t>(random.below(200'000'000'000)));
    default:
      return random.below(2) == 0 ? 1e300 * random.uniform() : std::ldexp(1.0, -1000);
  }
}

TEST(Columns, KeepNumbersToTheBit) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const auto built = static_cast<std::uint32_t>(random.below(500));
    const std::uint64_t kind = random.below(5), most = random.below(3);
    ColumnBuilder builder("attributes.size", ColumnKind::number);
    std::vector<std::vector<double>> rows(built);
    for (std::uint32_t d = 0; d < built; ++d) {
      for (std::uint64_t n = random.below(most + 1); n > 0; --n) {
        rows[d].push_back(random_number(random, kind));
        builder.add_number(d, rows[d].back());
      }
    }
    const Places places(random, built);
    const ReadColumn read = written(builder, places);
    const Column& column = read.column;
    std::vector<double> all;
    for (std::uint32_t d = 0; d < built; ++d) {
      if (places.rank[d] == kNobody) continue;
      std::vector<double> found;
      column.each_number(places.rank[d], [&](double number) { found.push_back(number); });
      ASSERT_EQ(found, rows[d]);
      all.insert(all.end(), found.begin(), found.end());
    }
    for (int i = 0; i < 20 && !all.empty(); ++i) {
      const double limit = random.below(2) == 0 ? all[random.below(all.size())] : random_number(random, kind);
      const std::uint32_t below = column.numbers.below(limit), not_above = column.numbers.not_above(limit);
      for (std::uint32_t d = 0; d < places.documents; ++d) {
        for (const std::uint32_t ordinal : column.ordinals(d)) {
          ASSERT_EQ(ordinal < below, column.numbers[ordinal] < limit);
          ASSERT_EQ(ordinal < not_above, column.numbers[ordinal] <= limit);
        }
      }
    }
  }
}

TEST(Columns, SumDecimalsExactly) {
  ColumnBuilder cents("attributes.a", ColumnKind::number), tenths("attributes.b", ColumnKind::number);
  for (std::uint32_t d = 0; d < 1000; ++d) {
    cents.add_number(d, 0.01);
    tenths.add_number(d, 0.1);
  }
  std::vector<std::uint32_t> rank(1000);
  std::iota(rank.begin(), rank.end(), 0U);
  DecimalSum sum;
  const Bits titled = bits_for(1000);
  for (const ColumnBuilder* builder : {&cents, &tenths}) {
    BlobWriter writer;
    builder->write(writer, rank, 1000, titled);
    const std::vector<std::byte> bytes = writer.take();
    BlobReader reader(bytes);
    const Column column = Column::read(reader, 1000);
    ASSERT_TRUE(column.numbers.decimal());
    std::uint64_t ordinals = 0;
    for (std::uint32_t d = 0; d < 1000; ++d) ordinals += column.ordinals(d).front();
    sum.add(column.numbers, ordinals, 1000);
  }
  EXPECT_EQ(sum.value(), 110.0);
}

TEST(Offers, AreTheCurrentOnes) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const auto built = static_cast<std::uint32_t>(random.below(200));
    const std::uint64_t most = 1 + random.below(3), market_count = 1 + random.below(3), windows = random.below(3);
    std::vector<std::pair<std::uint32_t, OfferRow>> offers;
    for (std::uint32_t d = 0; d < built; ++d) {
      for (std::uint64_t n = random.below(most + 1); n > 0; --n) {
        OfferRow row{static_cast<double>(random.below(5000)) / 100};
        if (random.below(2) < windows) row.from = static_cast<Timestamp>(random.below(10));
        if (random.below(2) < windows) row.until = static_cast<Timestamp>(random.below(10));
        row.market = static_cast<std::uint32_t>(random.below(market_count));
        row.availability = static_cast<std::uint32_t>(random.below(kAvailabilities));
        offers.emplace_back(d, row);
      }
    }
    const Places places(random, built);
    BlobWriter writer;
    const std::array<std::string_view, 3> names = {"at", "ch", "de"};
    Offers::write(writer, offers, places.rank, places.documents, std::span(names).first(market_count));
    const std::vector<std::byte> bytes = writer.take();
    BlobReader reader(bytes);
    const Offers read = Offers::read(reader, places.documents);
    ASSERT_FALSE(reader.failed());
    for (const std::optional<std::uint32_t> market :
         {std::optional<std::uint32_t>(), std::optional(0U), std::optional(1U), std::optional(kNobody)}) {
      for (const Timestamp now : {-1, 3, 20}) {
        for (std::uint32_t d = 0; d < built; ++d) {
          if (places.rank[d] == kNobody) continue;
          std::optional<OfferRow> best;
          for (const auto& [document, row] : offers) {
            if (document != d || (market && row.market != *market) || row.from > now || now >= row.until) continue;
            if (!best || row.from > best->from) best = row;
          }
          const auto found = read.current(places.rank[d], market, now);
          ASSERT_EQ(found.has_value(), best.has_value());
          if (read.plain(market)) {
            ASSERT_EQ(read.amount_codes()[places.rank[d]] != 0, best.has_value());
          }
          if (!best) continue;
          ASSERT_EQ(found->amount, best->amount);
          ASSERT_EQ(found->availability, best->availability);
          if (!read.plain(market)) continue;
          ASSERT_EQ(read.amount_of()[read.amount_codes()[places.rank[d]] - 1], best->amount);
          ASSERT_EQ(read.availability_codes()[places.rank[d]], best->availability + 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace souk::index
