// Item neighbourhoods: score(b | history) = sum over the items a of the history of value(a) similarity(a -> b). Similarities and their
// weightings stand in index/item_knn.h (Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004), the values of a history in history.h.
#include "souk/index/item_knn.h"

#include <array>
#include <utility>

#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/history.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"
#include "souk/recommend/models/summed.h"

namespace souk::recommend {
namespace {

using index::ItemKnnConfig;

constexpr std::array<std::string_view, 13> kSettings = {"weighting", "k1",   "b",       "alpha", "beta",      "shrink", "neighbours",
                                                        "longest",   "self", "history", "decay", "half_life", "repeats"};

class ItemKnn final : public Summed<ItemKnn> {
 public:
  ItemKnn(index::ItemKnn table, HistoryRule rule, float self) : table_(std::move(table)), rule_(rule), self_(self) {}

 private:
  friend Summed<ItemKnn>;
  template <class Add>
  void each(const eval::History& history, const Add& add) const {
    for (const Scored& own : chosen(history, rule_)) {
      const index::SparseRows::Row row = table_.neighbours(own.row);
      for (std::size_t e = 0; e < row.size(); ++e) add(row.columns[e], own.score * row.values[e]);
      if (self_ > 0) add(own.row, own.score * self_);
    }
  }

  index::ItemKnn table_;
  HistoryRule rule_;
  float self_;
};

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, kSettings));
  ItemKnnConfig config;
  SOUK_TRY(const std::size_t weighting, choice_setting(input.settings, "weighting", {"none", "tf-idf", "bm25"}, 0));
  config.weighting = static_cast<ItemKnnConfig::Weighting>(weighting);
  SOUK_TRY(config.k1, number_setting(input.settings, "k1", config.k1));
  SOUK_TRY(config.b, number_setting(input.settings, "b", config.b));
  SOUK_TRY(config.alpha, number_setting(input.settings, "alpha", config.alpha));
  SOUK_TRY(config.beta, number_setting(input.settings, "beta", config.beta));
  SOUK_TRY(config.shrink, number_setting(input.settings, "shrink", config.shrink));
  SOUK_TRY(config.keep, count_setting(input.settings, "neighbours", config.keep));
  SOUK_TRY(config.longest, count_setting(input.settings, "longest", config.longest));
  SOUK_TRY(const float self, number_setting(input.settings, "self", 0));
  SOUK_TRY(const HistoryRule rule, history_rule(input.settings));
  config.sum = rule.sum ? 1 : 0;
  if (config.b > 1) {
    return fail(Error{ErrorKind::invalid,
                      "the setting 'b' is out of range",
                      input.settings.where("b"),
                      "a number from 0 to 1",
                      std::to_string(config.b),
                      {}});
  }
  return std::make_unique<ItemKnn>(index::ItemKnn::fit(input.train, config, input.threads, input.progress), rule, self);
}

}  // namespace

RankModelEntry item_knn_entry() {
  return {"item-knn", "items whose shoppers are alike: cosine, TF-IDF or BM25", kSettings, reweighable<fit>};
}

}  // namespace souk::recommend
