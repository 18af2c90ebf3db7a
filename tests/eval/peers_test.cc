// The peers' numbers: trec_eval's (through pytrec_eval) and RecBole's, for small problems, kept in fixtures/peer_metrics.tsv, which
// `./run bench metrics --fixture` makes. docs/explanation/metrics.md says what is not compared, and why.
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "souk/eval/binary.h"
#include "souk/eval/rank_eval.h"
#include "souk/eval/relevance.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

constexpr double kLargestDifference = 1e-6;

using Line = std::vector<std::string>;

Line split_at(const std::string& text, char delimiter) {
  Line fields;
  std::istringstream stream(text);
  for (std::string field; std::getline(stream, field, delimiter);) fields.push_back(field);
  return fields;
}

// The lines of one kind, by problem, without kind and problem.
std::map<std::string, std::vector<Line>> lines_of(const std::string& kind) {
  std::map<std::string, std::vector<Line>> lines;
  std::ifstream stream(SOUK_SOURCE_DIR "/tests/eval/fixtures/peer_metrics.tsv");
  for (std::string text; std::getline(stream, text);) {
    Line fields = split_at(text, '\t');
    if (fields.front() == kind) lines[fields.at(1)].emplace_back(fields.begin() + 2, fields.end());
  }
  EXPECT_FALSE(lines.empty()) << kind;
  return lines;
}

TEST(Peers, RelevanceIsTrecEvals) {
  const auto grades = lines_of("grade"), scores = lines_of("score");
  std::size_t compared = 0;
  for (const auto& [problem, expected] : lines_of("trec")) {
    Qrels qrels;
    RankedRun run;
    for (const Line& line : grades.at(problem)) qrels[line[0]][line[1]] = std::stod(line[2]);
    for (const Line& line : scores.at(problem)) run[line[0]].emplace_back(line[1], std::stod(line[2]));
    RelevanceOptions options{.metrics = {}, .missing_as_zero = false};
    std::set<std::string> queries;
    for (const Line& line : expected) {
      options.metrics.push_back(line[1]);
      queries.insert(line[0]);
    }
    const auto result = judge(qrels, run, options);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(std::set<std::string>(result->queries.begin(), result->queries.end()), queries);
    for (const Line& line : expected) {
      const auto place = static_cast<std::size_t>(std::ranges::find(result->queries, line[0]) - result->queries.begin());
      ASSERT_LT(place, result->queries.size());
      EXPECT_NEAR(static_cast<double>(result->per_query.at(line[1])[place]), std::stod(line[2]), kLargestDifference)
          << "problem " << problem << ", query " << line[0] << ", " << line[1];
      ++compared;
    }
  }
  EXPECT_GE(compared, 300U);
}

struct Problem {  // every item scored for every user, nothing known before
  std::vector<std::vector<float>> scores;
  Split split;
  std::map<std::string, double> expected;
  std::size_t items() const { return scores.front().size(); }
};

std::vector<Problem> recbole_problems() {
  const auto scores = lines_of("scores"), truths = lines_of("truth");
  std::vector<Problem> problems;
  for (const auto& [number, expected] : lines_of("recbole")) {
    Problem& problem = problems.emplace_back();
    for (const Line& line : scores.at(number)) {
      auto& row = problem.scores.emplace_back();
      for (const std::string& value : split_at(line[1], ' ')) row.push_back(std::stof(value));
    }
    for (const Line& line : truths.at(number)) {
      Case one{static_cast<std::uint32_t>(std::stoul(line[0])), 0, {}};
      for (const std::string& item : split_at(line[1], ' ')) one.truth.push_back(static_cast<std::uint32_t>(std::stoul(item)));
      problem.split.cases.push_back(std::move(one));
    }
    problem.split.log = testing::make_sequences(std::vector<std::vector<std::uint32_t>>(problem.scores.size()),
                                                static_cast<std::uint32_t>(problem.items()));
    problem.split.train = problem.split.log;
    for (const Line& line : expected) problem.expected[line[0]] = std::stod(line[1]);
  }
  return problems;
}

void expect_equal(const RankResult& result, const Problem& problem) {
  for (const auto& [metric, value] : problem.expected) {
    ASSERT_TRUE(result.metrics.contains(metric)) << metric;
    EXPECT_NEAR(result.metrics.at(metric), value, kLargestDifference) << metric;
  }
  EXPECT_EQ(problem.expected.size(), 24U);
}

const RankEvalOptions kAsRecBole{.cutoffs = {1, 5, 10, 20}, .mask_history = false};

TEST(Peers, RankingByScoresIsRecBoles) {
  for (const Problem& problem : recbole_problems()) {
    const auto score = [&](const Case& which, const History&, std::span<float> out, unsigned) {
      std::ranges::copy(problem.scores[which.shopper], out.begin());
    };
    expect_equal(rank_eval(problem.split, score, kAsRecBole, Progress::none()), problem);
  }
}

TEST(Peers, RankingByDotProductsIsRecBoles) {
  for (const Problem& problem : recbole_problems()) {
    // Items are the unit vectors, so that a user's vector is the user's scores.
    Matrix units(problem.items(), problem.items());
    for (std::size_t i = 0; i < problem.items(); ++i) units.row(i)[i] = 1;
    const auto encode = [&](std::size_t, std::span<const Case> cases, Matrix& out, unsigned) {
      for (std::size_t i = 0; i < cases.size(); ++i) std::ranges::copy(problem.scores[cases[i].shopper], out.row(i).begin());
    };
    expect_equal(rank_eval(problem.split, DotModel{units.view(), encode}, kAsRecBole, Progress::none()), problem);
  }
}

TEST(Peers, AucAndLogLossAreRecBoles) {
  const auto rows = lines_of("binary");
  for (const auto& [problem, expected] : lines_of("binary-recbole")) {
    std::vector<float> scores;
    std::vector<std::uint8_t> labels;
    for (const Line& line : rows.at(problem)) {
      scores.push_back(std::stof(line[0]));
      labels.push_back(line[1] == "1" ? 1 : 0);
    }
    ASSERT_EQ(expected.size(), 2U);
    for (const Line& line : expected) {
      const double ours = line[0] == "auc" ? auc(scores, labels) : log_loss(scores, labels);
      EXPECT_NEAR(ours, std::stod(line[1]), kLargestDifference) << line[0];
    }
  }
}

}  // namespace
}  // namespace souk::eval
