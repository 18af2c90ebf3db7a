// Decayed co-visitation; the rule stands in index/counts.h. With "weights" given, pairs count by the weights of their events.
#include <array>
#include <utility>

#include "souk/index/counts.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"
#include "souk/recommend/models/summed.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 9> kSettings = {"window",   "history",  "alpha", "beta", "keep",
                                                       "distance", "backward", "self",  "decay"};

class CoVisitation final : public Summed<CoVisitation> {
 public:
  explicit CoVisitation(index::CoVisit table) : table_(std::move(table)) {}

 private:
  friend Summed<CoVisitation>;
  template <class Add>
  void each(const eval::History& history, const Add& add) const {
    const std::size_t used = std::min<std::size_t>(history.size(), table_.config().history);
    for (std::size_t i = 0; i < used; ++i) {
      const std::size_t event = history.size() - 1 - i;
      const float weight = table_.recency(i) * (table_.config().weighted != 0 ? history.weights[event] : 1.0F);
      const index::SparseRows::Row row = table_.neighbours(history.items[event]);
      for (std::size_t e = 0; e < row.size(); ++e) add(row.columns[e], weight * row.values[e]);
    }
  }

  index::CoVisit table_;
};

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, kSettings));
  index::CoVisitConfig config;
  SOUK_TRY(config.window, count_setting(input.settings, "window", config.window, 1));
  SOUK_TRY(config.history, count_setting(input.settings, "history", config.history, 1));
  SOUK_TRY(config.alpha, number_setting(input.settings, "alpha", config.alpha));
  SOUK_TRY(config.beta, number_setting(input.settings, "beta", config.beta));
  SOUK_TRY(config.keep, count_setting(input.settings, "keep", config.keep));
  SOUK_TRY(config.distance, number_setting(input.settings, "distance", config.distance));
  SOUK_TRY(config.backward, number_setting(input.settings, "backward", config.backward));
  SOUK_TRY(config.self, number_setting(input.settings, "self", config.self));
  SOUK_TRY(config.decay, number_setting(input.settings, "decay", config.decay));
  config.weighted = input.settings.has("weights") ? 1 : 0;
  return std::make_unique<CoVisitation>(index::CoVisit::fit(input.train, config, input.threads, input.progress));
}

}  // namespace

RankModelEntry co_visitation_entry() {
  return {"co-visitation", "pairs near each other in a sequence, decayed by distance and recency", kSettings, reweighable<fit>};
}

}  // namespace souk::recommend
