// The item-kNN model and retriever against the table's neighbours, added up by the plainest loop.
#include "souk/index/item_knn.h"

#include <cmath>
#include <gmock/gmock.h>

#include "tests/recommend/model_support.h"

namespace souk::recommend {
namespace {

using souk::testing::Dense;
using souk::testing::expect_linear;
using souk::testing::fit_model;
using souk::testing::plain_values;
using souk::testing::PlainHistory;
using souk::testing::random_log;
using souk::testing::scores_of;

Dense dense(const index::ItemKnn& table, double self) {
  Dense result(table.items(), std::vector<double>(table.items(), 0));
  for (std::uint32_t a = 0; a < table.items(); ++a) {
    const auto row = table.neighbours(a);
    for (std::size_t e = 0; e < row.size(); ++e) result[a][row.columns[e]] = row.values[e];
    result[a][a] = self;
  }
  return result;
}

TEST(ItemKnnModel, SumsTheNeighboursOfTheHistoryByItsRule) {
  struct Case {
    std::string settings;
    index::ItemKnnConfig config;
    PlainHistory history;
    double self = 0;
  };
  using Weighting = index::ItemKnnConfig::Weighting;
  const std::vector<Case> cases = {
      {"", {}, {}},
      {"neighbours = 5\nshrink = 3\ndecay = 0.7", {.shrink = 3, .keep = 5}, {.decay = 0.7}},
      {"weighting = \"bm25\"\nk1 = 3\nb = 0.2\nalpha = 0\nbeta = 0\nrepeats = \"sum\"",
       {.weighting = Weighting::bm25, .k1 = 3, .b = 0.2F, .alpha = 0, .beta = 0, .sum = 1},
       {.sum = true}},
      {"weighting = \"tf-idf\"\nlongest = 6\nhistory = 4\nhalf_life = \"12h\"\nself = 0.3",
       {.weighting = Weighting::tf_idf, .longest = 6},
       {.last = 4, .half_life = 0.5 * kDay},
       0.3},
  };
  for (const Case& one : cases) {
    const auto log = random_log(31, 50, 60, 12);
    const auto model = fit_model("item-knn", log, one.settings);
    const Dense weights = dense(index::ItemKnn::fit(log, one.config, 1, Progress::none()), one.self);
    for (std::uint32_t s = 0; s < log.shoppers(); s += 5) {
      expect_linear(scores_of(*model, log.row(s), log.items()), plain_values(log.row(s), log.items(), one.history), weights, 1e-5);
    }
  }
}

}  // namespace
}  // namespace souk::recommend
