// Product codes against what they stand for, computed the plain way.
#include "souk/index/vectors/product_codes.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/fast_scan.h"

#include "tests/support/data.h"
#include "tests/support/vectors.h"

namespace souk::index {
namespace {

constexpr std::array kProductMetrics{Metric::l2, Metric::dot, Metric::cosine};
constexpr std::size_t kCodeDimension = 30;

Matrix vectors_for(Metric metric, std::size_t rows, std::uint64_t seed) {
  Matrix made = testing::clustered_vectors(rows, kCodeDimension, 6, seed);
  for (std::size_t r = 0; metric == Metric::cosine && r < rows; ++r) to_unit(made.row(r));
  return made;
}

// Codes of residuals to two centres, by turns.
struct ResidualCodes {
  Matrix made, centres, residuals;
  std::vector<std::uint32_t> centre_of;
  std::unique_ptr<Quantizer> quantizer;
  Lines codes;

  ResidualCodes(std::string_view name, Metric metric, std::size_t rows)
      : made(vectors_for(metric, rows, 1)), centres(vectors_for(metric, 2, 2)), residuals(rows, kCodeDimension), centre_of(rows) {
    for (std::size_t r = 0; r < rows; ++r) {
      centre_of[r] = r % 2;
      for (std::size_t i = 0; i < kCodeDimension; ++i) residuals.row(r)[i] = made.row(r)[i] - centres.row(r % 2)[i];
    }
    quantizer = std::move(*fit_quantizer(name, residuals.view(), metric));
    codes = encode_all(*quantizer, made.view(), 2, {{}, centres.view(), centre_of});
  }
  const ProductCodes& product() const { return dynamic_cast<const ProductCodes&>(*quantizer); }
  std::vector<float> decoded(std::size_t row) const {
    std::vector<float> vector(kCodeDimension);
    product().decode(codes.data(), row, vector);
    for (std::size_t i = 0; i < vector.size(); ++i) vector[i] += centres.row(centre_of[row])[i];
    return vector;
  }
};

TEST(ProductCodes, ScoreAsTheVectorsTheyDecodeTo) {
  for (const Metric metric : kProductMetrics) {
    for (const char* name : {"PQ1x4", "PQ7x4", "PQ30x4", "OPQ8x4"}) {
      const ResidualCodes made(name, metric, 300);
      ReadyQuery query;
      for (const std::size_t q : {0U, 77U}) {
        made.quantizer->prepare(made.made.row(q), query);
        for (std::uint32_t centre = 0; centre < 2; ++centre) {
          made.quantizer->prepare_centre(made.centres.row(centre), query);
          for (std::uint32_t r = centre; r < 300; r += 2) {
            float score = 0;
            made.quantizer->score(query, made.codes.data(), std::span(&r, 1), &score);
            // Half a step for each part is all that 8 bits can lose.
            const float most = query.scale * 0.51F * static_cast<float>(kernels::kMostParts < 30 ? 0 : 30) + 1e-3F;
            ASSERT_NEAR(score, exact_score(metric, made.made.row(q), made.decoded(r)), most) << name << ", " << name_of(metric);
          }
        }
      }
    }
  }
}

TEST(ProductCodes, ScoreAloneAsInRuns) {
  for (const std::size_t rows : {1U, 31U, 32U, 33U, 200U}) {
    const ResidualCodes made("PQ10x4", Metric::l2, rows);
    ASSERT_EQ(made.codes.size(), made.quantizer->bytes_for(rows));
    ReadyQuery query;
    made.quantizer->prepare(made.made.row(0), query);
    made.quantizer->prepare_centre(made.centres.row(0), query);
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    std::vector<float> alone(rows), run(rows + 1, 77.0F);
    made.quantizer->score(query, made.codes.data(), all, alone.data());
    for (std::uint32_t first = 0; first < rows; first += 7) {
      for (std::uint32_t count = 0; first + count <= rows; count += 13) {
        std::ranges::fill(run, 77.0F);
        made.quantizer->scan(query, made.codes.data(), first, count, run.data());
        for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(run[i], alone[first + i]) << first << " + " << i << " of " << rows;
        ASSERT_EQ(run[count], 77.0F) << "nothing is written beyond";
      }
    }
  }
}

TEST(ProductCodes, TakeTheNearestCentreOfEachPart) {
  const ResidualCodes made("PQ4x4", Metric::l2, 200);
  // Rows that decode alike in a part show its centres; none of these is nearer to a row than its own.
  std::vector<std::vector<float>> decoded(200, std::vector<float>(kCodeDimension));
  for (std::size_t r = 0; r < 200; ++r) made.product().decode(made.codes.data(), r, decoded[r]);
  for (std::size_t part = 0; part < 4; ++part) {
    const std::size_t first = part * kCodeDimension / 4, width = (part + 1) * kCodeDimension / 4 - first;
    for (std::size_t r = 0; r < 200; ++r) {
      const auto own = made.residuals.row(r).subspan(first, width);
      const float distance = kernels::squared_distance(own, std::span(decoded[r]).subspan(first, width));
      for (std::size_t other = 0; other < 200; ++other) {
        ASSERT_LE(distance, kernels::squared_distance(own, std::span(decoded[other]).subspan(first, width)) * 1.00001F + 1e-5F);
      }
    }
  }
}

double lost(const ResidualCodes& made) {
  double sum = 0;
  std::vector<float> decoded(kCodeDimension);
  for (std::size_t r = 0; r < made.made.rows(); ++r) {
    made.product().decode(made.codes.data(), r, decoded);
    sum += kernels::squared_distance(made.residuals.row(r), decoded);
  }
  return sum;
}

TEST(ProductCodes, LoseLessWithMorePartsAndAfterALearnedRotation) {
  const double ten = lost(ResidualCodes("PQ10x4", Metric::l2, 600));
  EXPECT_LT(ten, lost(ResidualCodes("PQ3x4", Metric::l2, 600)));
  EXPECT_LT(lost(ResidualCodes("OPQ10x4", Metric::l2, 600)), 0.95 * ten);
}

TEST(ProductCodes, AreTheSameForAnyNumberOfThreads) {
  const Matrix made = vectors_for(Metric::l2, 3000, 3);
  const auto one = fit_quantizer("OPQ10x4", made.view(), Metric::l2, 1), three = fit_quantizer("OPQ10x4", made.view(), Metric::l2, 3);
  const Lines a = encode_all(**one, made.view(), 1), b = encode_all(**three, made.view(), 3);
  EXPECT_TRUE(std::ranges::equal(a.bytes(), b.bytes()));
}

TEST(ProductCodes, OfFewAndOfNone) {
  for (const char* name : {"PQ10x4", "OPQ10x4"}) {
    for (const std::size_t rows : {0U, 1U, 3U}) {
      const Matrix made = vectors_for(Metric::dot, rows, 4);
      const auto quantizer = fit_quantizer(name, made.view(), Metric::dot);
      ASSERT_TRUE(quantizer) << quantizer.error().message();
      const Lines codes = encode_all(**quantizer, made.view(), 1);
      ReadyQuery query;
      (*quantizer)->prepare(std::vector<float>(kCodeDimension, 0.5F), query);
      std::vector<float> scores(rows), decoded(kCodeDimension);
      (*quantizer)->scan(query, codes.data(), 0, static_cast<std::uint32_t>(rows), scores.data());
      for (std::size_t r = 0; r < rows; ++r) {  // as many centres as rows: nothing is lost
        dynamic_cast<const ProductCodes&>(**quantizer).decode(codes.data(), r, decoded);
        for (std::size_t i = 0; i < kCodeDimension; ++i) ASSERT_NEAR(decoded[i], made.row(r)[i], 1e-4);
      }
    }
  }
}

TEST(ProductCodes, HaveNames) {
  EXPECT_EQ(parse_product_name("PQ48x4")->parts, 48U);
  EXPECT_TRUE(parse_product_name("OPQ256x4")->turned);
  for (const char* name :
       {"PQ", "PQx4", "PQ0x4", "PQ257x4", "PQ048x4", "PQ48x8", "PQ48", "PQ-1x4", "QPQ48x4", "PQ4 x4", "PQ99999999999x4"}) {
    EXPECT_FALSE(parse_product_name(name)) << name;
  }
  const Matrix made = vectors_for(Metric::l2, 20, 5);
  const auto refused = fit_quantizer("PQ31x4", made.view(), Metric::l2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "more parts than a vector has numbers");
}

}  // namespace
}  // namespace souk::index
