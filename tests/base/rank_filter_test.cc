// Places among the best of a stream, against counting and sorting everything, on every instruction set that this machine has.
#include "souk/base/kernels/rank_filter.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <limits>
#include <string>

#include "souk/base/kernels/dot.h"
#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class Filtered : public OnEachTarget {};
INSTANTIATE_TEST_SUITE_P(Simd, Filtered, each_target(), target_name);

struct Question {
  std::vector<float> scores;
  std::vector<float> asked;
  std::vector<std::uint32_t> skip;
};

bool takes_part(const Question& question, std::uint32_t row) {
  return question.scores[row] > -kInfinity && !std::ranges::binary_search(question.skip, row);
}

// All that takes part, best first.
std::vector<Scored> ranked(const Question& question) {
  std::vector<Scored> all;
  for (std::uint32_t row = 0; row < question.scores.size(); ++row) {
    if (takes_part(question, row)) all.push_back({row, question.scores[row]});
  }
  std::ranges::sort(all, better);
  return all;
}

void expect_exact(const Question& question, const std::vector<Scored>& all, std::size_t k, const RankFilter& filter) {
  for (const float asked : question.asked) {
    std::uint64_t above = 0, equal = 0;
    for (const Scored& each : all) {
      above += each.score > asked ? 1U : 0U;
      equal += each.score == asked ? 1U : 0U;
    }
    const auto place = filter.place(asked);
    ASSERT_EQ(place.has_value(), above < k) << asked << " has " << above << " above it";
    if (!place) continue;
    ASSERT_EQ(place->above, above) << asked;
    ASSERT_EQ(place->equal, equal) << asked;
  }
}

void expect_best(std::vector<Scored> all, std::size_t k, RankFilter& filter) {
  all.resize(std::min(k, all.size()));
  ASSERT_EQ(filter.take_best(), all);
}

// The scores pass in blocks whose size is no multiple of anything.
void pass(Question question, RankFilter& filter) {
  constexpr std::size_t kBlock = 211;
  for (std::size_t first = 0; first < question.scores.size(); first += kBlock) {
    const std::size_t count = std::min(kBlock, question.scores.size() - first);
    filter_scores(std::span(question.scores).subspan(first, count), first, filter);
  }
}

// levels: how many different scores there are; few mean many ties.
Question random_question(Random& random, std::uint64_t levels) {
  Question question;
  question.scores.resize(1 + random.below(900));
  for (std::uint32_t row = 0; row < question.scores.size(); ++row) {
    float& score = question.scores[row];
    score = static_cast<float>(random.below(levels)) - static_cast<float>(levels / 2);
    if (random.below(40) == 0) score = random.below(2) == 0 ? kNaN : random.below(2) == 0 ? -kInfinity : kInfinity;
    if (random.below(8) == 0) question.skip.push_back(row);
    if (random.below(60) == 0) question.skip.push_back(question.skip.empty() ? row : question.skip.back());  // twice
  }
  for (std::uint64_t i = random.below(8); i > 0; --i) {
    const float asked = question.scores[random.below(question.scores.size())];
    if (asked > -kInfinity) question.asked.push_back(asked);
  }
  std::ranges::sort(question.asked);
  question.asked.erase(std::ranges::unique(question.asked).begin(), question.asked.end());
  return question;
}

TEST_P(Filtered, PlacesAndBestEqualCountingAndSorting) {
  Random random(1);
  RankFilter filter;  // used again and again
  for (int round = 0; round < 120; ++round) {
    for (const std::uint64_t levels : {1U, 3U, 40U, 1'000'000U}) {
      const Question question = random_question(random, levels);
      const std::vector<Scored> all = ranked(question);
      for (const std::uint32_t k : {1U, 2U, 7U, 20U, 5000U}) {
        filter.reset(k, question.asked, question.skip, false);
        pass(question, filter);
        expect_exact(question, all, k, filter);
        filter.reset(k, question.asked, question.skip, true);
        pass(question, filter);
        expect_exact(question, all, k, filter);
        expect_best(all, k, filter);
      }
    }
  }
}

TEST_P(Filtered, ScoresThatOnlyRiseOrFall) {
  Question question;
  for (int i = 0; i < 3000; ++i) question.scores.push_back(static_cast<float>(i / 2));
  question.asked = {0, 1480, 1490, 1499};
  for (int direction = 0; direction < 2; ++direction) {
    RankFilter filter;
    for (const bool keep : {false, true}) {
      filter.reset(20, question.asked, {}, keep);
      pass(question, filter);
      expect_exact(question, ranked(question), 20, filter);
      if (keep) expect_best(ranked(question), 20, filter);
    }
    std::ranges::reverse(question.scores);
  }
}

TEST(RankFilter, IsDoneOnceEverythingAskedIsBeyondInterest) {
  const std::vector<float> asked{1.0F};
  RankFilter filter;
  filter.reset(2, asked, {}, false);
  EXPECT_FALSE(filter.done());
  std::vector<float> scores{2, 0, 1};
  filter_scores(scores, 0, filter);
  EXPECT_FALSE(filter.done());
  scores = {0, 3, 1};
  filter_scores(scores, 3, filter);
  EXPECT_TRUE(filter.done()) << "two are above it";
  EXPECT_FALSE(filter.place(1.0F));
  filter.reset(2, {}, {}, false);
  EXPECT_TRUE(filter.done()) << "nothing is asked";
  filter.reset(2, {}, {}, true);
  EXPECT_FALSE(filter.done()) << "the best two are";
}

Matrix random_matrix(std::size_t rows, std::size_t columns, bool whole, Random& random) {
  Matrix matrix(rows, columns);
  for (float& value : std::span(matrix.data(), rows * columns)) {
    value = whole ? static_cast<float>(random.below(5)) - 2 : static_cast<float>(random.normal());
  }
  return matrix;
}

TEST_P(Filtered, ProductsEqualThoseOfTheWholeMatrix) {
  Random random(2);
  struct Size {
    std::size_t queries, rows, columns;
  };
  for (const bool whole : {false, true}) {
    for (const auto& [q_count, r_count, columns] :
         {Size{1, 1, 1}, {7, 65, 63}, {13, 1300, 17}, {29, 2000, 64}, {3, 40, 0}, {0, 9, 3}, {40, 600, 200}}) {
      const Matrix queries = random_matrix(q_count, columns, whole, random), rows = random_matrix(r_count, columns, whole, random);
      std::vector<float> scores(q_count * r_count);
      multiply_transposed(queries.view(), rows.view(), scores.data(), r_count);
      for (const bool keep : {false, true}) {
        std::vector<Question> questions(q_count);
        std::vector<RankFilter> filters(q_count);
        for (std::size_t q = 0; q < q_count; ++q) {
          Question& question = questions[q];
          question.scores.assign(scores.begin() + static_cast<std::ptrdiff_t>(q * r_count),
                                 scores.begin() + static_cast<std::ptrdiff_t>((q + 1) * r_count));
          std::vector<std::uint32_t> which;
          for (std::uint32_t r = 0; r < r_count; ++r) {
            if (random.below(10) == 0) question.skip.push_back(r);
            if (random.below(r_count) < 4) which.push_back(r);
          }
          question.asked.resize(which.size());
          score_rows(queries.row(q), rows.view(), which, question.asked);
          for (std::size_t i = 0; i < which.size(); ++i) ASSERT_EQ(question.asked[i], question.scores[which[i]]) << "bit for bit";
          std::ranges::sort(question.asked);
          question.asked.erase(std::ranges::unique(question.asked).begin(), question.asked.end());
          filters[q].reset(10, question.asked, question.skip, keep);
        }
        filter_dot(queries.view(), rows.view(), filters);
        for (std::size_t q = 0; q < q_count; ++q) {
          expect_exact(questions[q], ranked(questions[q]), 10, filters[q]);
          if (keep) expect_best(ranked(questions[q]), 10, filters[q]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace souk::kernels
