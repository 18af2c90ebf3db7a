// Codes against the vectors that they stand for.
#include "souk/index/vectors/quantizer.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

constexpr std::array kEveryMetric{Metric::l2, Metric::dot, Metric::cosine};

Matrix vectors_for(Metric metric, std::size_t rows, std::size_t dimension, std::uint64_t seed) {
  Matrix made = testing::clustered_vectors(rows, dimension, 6, seed);
  for (std::size_t r = 0; metric == Metric::cosine && r < rows; ++r) to_unit(made.row(r));
  return made;
}

std::vector<float> scores_of_all(const Quantizer& quantizer, const Lines& codes, ReadyQuery& query) {
  std::vector<std::uint32_t> rows(codes.size() / quantizer.code_bytes());
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<float> scores(rows.size());
  quantizer.score(query, codes.data(), rows, scores.data());
  return scores;
}

TEST(FloatCodes, ScoreAsTheVectors) {
  for (const Metric metric : kEveryMetric) {
    const Matrix made = vectors_for(metric, 40, 21, 1);
    const auto quantizer = make_float_codes(21, metric);
    EXPECT_EQ(quantizer->code_bytes() % kLineBytes, 0U);
    EXPECT_TRUE(quantizer->exact());
    const Lines codes = encode_all(*quantizer, made.view(), 2);
    ReadyQuery query;
    quantizer->prepare(made.row(3), query);
    const std::vector<float> scores = scores_of_all(*quantizer, codes, query);
    for (std::size_t r = 0; r < made.rows(); ++r) ASSERT_EQ(scores[r], exact_score(metric, made.row(3), made.row(r)));
    quantizer->prepare_code(codes.data(), 3, query);
    EXPECT_EQ(scores_of_all(*quantizer, codes, query), scores);
  }
}

TEST(Int8Codes, AreHalfAStepFromTheVectorAtMost) {
  const Matrix made = vectors_for(Metric::l2, 100, 45, 2);
  const auto quantizer = Int8Codes::fit(made.view(), Metric::l2);
  std::vector<std::byte> code(quantizer->code_bytes());
  std::vector<float> mean(45, 0.0F), decoded(45);
  for (std::size_t r = 0; r < made.rows(); ++r) {
    for (std::size_t i = 0; i < 45; ++i) mean[i] += made.row(r)[i] / 100;
  }
  for (std::size_t r = 0; r < made.rows(); ++r) {
    quantizer->encode(made.row(r), {}, code.data(), 0);
    quantizer->decode(code.data(), decoded);
    float largest = 0;
    for (std::size_t i = 0; i < 45; ++i) largest = std::max(largest, std::abs(made.row(r)[i] - mean[i]));
    for (std::size_t i = 0; i < 45; ++i) ASSERT_NEAR(decoded[i], made.row(r)[i], largest / 127 / 2 * 1.001F);
  }
}

// The score is that of the decoded vectors: what rounding adds is all that is left.
TEST(Int8Codes, ScoreAsTheVectorsTheyDecodeTo) {
  for (const Metric metric : kEveryMetric) {
    for (const std::size_t dimension : {1U, 7U, 64U, 100U, 120U}) {
      const Matrix made = vectors_for(metric, 60, dimension, 3);
      const auto quantizer = Int8Codes::fit(made.view(), metric);
      const Lines codes = encode_all(*quantizer, made.view(), 1);
      Matrix decoded(made.rows(), dimension);
      for (std::size_t r = 0; r < made.rows(); ++r) quantizer->decode(codes.data() + r * quantizer->code_bytes(), decoded.row(r));
      ReadyQuery query, stored;
      for (const std::size_t q : {0U, 17U, 59U}) {
        quantizer->prepare(made.row(q), query);
        quantizer->prepare_code(codes.data(), q, stored);
        const std::vector<float> scores = scores_of_all(*quantizer, codes, query);
        ASSERT_EQ(scores, scores_of_all(*quantizer, codes, stored)) << "a query is coded as a vector is";
        for (std::size_t r = 0; r < made.rows(); ++r) {
          double expected = 0, size = 1e-3;
          for (std::size_t i = 0; i < dimension; ++i) {
            const double a = decoded.row(q)[i], b = decoded.row(r)[i];
            expected += metric == Metric::l2 ? -(a - b) * (a - b) : a * b;
            size += a * a + b * b;
          }
          ASSERT_NEAR(scores[r], expected, 1e-5 * size) << name_of(metric) << ", " << dimension << " numbers, row " << r;
        }
      }
    }
  }
}

TEST(Int8Codes, OfEqualVectorsAndOfTheMean) {
  Matrix made(3, 5);
  for (std::size_t r = 0; r < 3; ++r) std::ranges::fill(made.row(r), 0.25F);
  const auto quantizer = Int8Codes::fit(made.view(), Metric::l2);
  const Lines codes = encode_all(*quantizer, made.view(), 1);
  ReadyQuery query;
  quantizer->prepare(made.row(0), query);
  EXPECT_EQ(scores_of_all(*quantizer, codes, query), std::vector<float>(3, 0.0F));
  const auto of_none = Int8Codes::fit(Matrix(0, 5).view(), Metric::dot);
  EXPECT_EQ(of_none->dimension(), 5U);
}

// Equation 14: nearly no score is further off than its bound, and on average they are not off at all.
TEST(BitCodes, AreAsFarOffAsTheySay) {
  for (const Metric metric : kEveryMetric) {
    for (const std::size_t dimension : {50U, 64U, 200U, 784U}) {
      const Matrix made = vectors_for(metric, 400, dimension, 5);
      double before = std::numeric_limits<double>::infinity();
      for (const std::uint32_t planes : {1U, 2U, 3U, 4U}) {
        const auto quantizer = BitCodes::fit(planes, made.view(), metric);
        const Lines codes = encode_all(*quantizer, made.view(), 2);
        std::vector<std::uint32_t> rows(made.rows());
        std::iota(rows.begin(), rows.end(), 0U);
        std::vector<float> errors(rows.size());
        ReadyQuery query;
        double sum = 0, size = 0, squares = 0;
        std::size_t outside = 0;
        for (std::uint32_t q = 0; q < 20; ++q) {
          quantizer->prepare(made.row(q), query);
          const std::vector<float> scores = scores_of_all(*quantizer, codes, query);
          quantizer->errors(query, codes.data(), rows, errors.data());
          for (const std::uint32_t r : rows) {
            const double off = double{scores[r]} - exact_score(metric, made.row(q), made.row(r));
            sum += off / errors[r];
            squares += off * off;
            size += 1;
            outside += std::abs(off) > errors[r] ? 1 : 0;
          }
        }
        const std::string what = fmt::format("{}, {} numbers, {} planes", name_of(metric), dimension, planes);
        EXPECT_LT(static_cast<double>(outside) / size, 0.01) << what;
        EXPECT_NEAR(sum / size, 0, 0.05) << what;
        EXPECT_LT(squares, 0.5 * before) << what << ": a plane more halves the error, or nearly";
        before = squares;
      }
    }
  }
}

// b of quantizer.h, read from the bits: the signs of what the planes before leave over.
TEST(BitCodes, PlanesAreTheSignsOfWhatIsLeft) {
  const Matrix made = vectors_for(Metric::l2, 50, 64, 6);
  for (const std::uint32_t planes : {1U, 2U, 4U}) {
    const auto quantizer = BitCodes::fit(planes, made.view(), Metric::l2);
    const Lines codes = encode_all(*quantizer, made.view(), 1);
    ReadyQuery stored;
    for (std::size_t r = 0; r < made.rows(); ++r) {
      quantizer->prepare_code(codes.data(), r, stored);  // P y as the bits tell it, and P y itself
      const std::vector<float> told = stored.turned;
      quantizer->prepare(made.row(r), stored);
      for (std::size_t i = 0; i < told.size(); ++i) {
        ASSERT_EQ(std::signbit(told[i]), std::signbit(stored.turned[i])) << "the first plane";
        for (std::size_t j = 0; j < told.size(); ++j) {  // larger numbers are told as larger, or as large
          if (std::abs(stored.turned[i]) > std::abs(stored.turned[j])) {
            ASSERT_GE(std::abs(told[i]), std::abs(told[j]) * 0.9999F);
          }
        }
      }
    }
  }
}

TEST(BitCodes, OfTheMeanAreExact) {
  Matrix made(4, 5);
  for (std::size_t r = 0; r < 4; ++r) std::ranges::fill(made.row(r), 0.5F);
  const auto quantizer = BitCodes::fit(2, made.view(), Metric::l2);
  const Lines codes = encode_all(*quantizer, made.view(), 1);
  ReadyQuery query;
  quantizer->prepare(std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F, 1.5F}, query);
  for (const float score : scores_of_all(*quantizer, codes, query)) EXPECT_FLOAT_EQ(score, -1.0F);
}

TEST(Quantizers, HaveNames) {
  const Matrix made = vectors_for(Metric::l2, 3, 4, 4);
  EXPECT_EQ((*fit_quantizer("F32", made.view(), Metric::l2))->name(), "F32");
  EXPECT_EQ((*fit_quantizer("SQ8", made.view(), Metric::l2))->name(), "SQ8");
  for (const char* name : {"RBQ", "RBQ2", "RBQ4", "PQ2x4", "OPQ4x4"})
    EXPECT_EQ((*fit_quantizer(name, made.view(), Metric::l2))->name(), name);
  for (const char* name : {"RBQ1", "RBQ5", "RBQ22", "RBQ "}) EXPECT_FALSE(fit_quantizer(name, made.view(), Metric::l2)) << name;
  EXPECT_EQ(fit_quantizer("SQ9", made.view(), Metric::l2).error().found, "\"SQ9\"");
}

TEST(Vectors, AreCheckedBeforeTheyAreTaken) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(check_vector(std::vector<float>{1, 2}, 2, Metric::l2, "vector 17"));
  EXPECT_TRUE(check_vector(std::vector<float>{0, 0}, 2, Metric::l2, "vector 17"));
  EXPECT_EQ(check_vector(std::vector<float>(255, 1.0F), 256, Metric::l2, "vector 17").error().message(),
            "vector 17: a vector of another dimension: expected 256 numbers, found 255");
  EXPECT_EQ(check_vector(std::vector<float>{1, nan}, 2, Metric::l2, "vector 17").error().where, "vector 17: number 1");
  EXPECT_FALSE(check_vector(std::vector<float>{-infinite, 1}, 2, Metric::dot, "vector 17"));
  EXPECT_FALSE(check_vector(std::vector<float>{3e38F, 1}, 2, Metric::dot, "vector 17")) << "its square is infinite";
  EXPECT_EQ(check_vector(std::vector<float>{0, 0}, 2, Metric::cosine, "vector 17").error().what, "a vector of zeros has no direction");
  EXPECT_FALSE(check_vector(std::vector<float>{1e-30F, 0}, 2, Metric::cosine, "vector 17")) << "its square is none";
  EXPECT_EQ(*parse_metric("cosine", "shop.toml"), Metric::cosine);
  EXPECT_EQ(parse_metric("cos", "shop.toml").error().where, "shop.toml");
}

}  // namespace
}  // namespace souk::index
