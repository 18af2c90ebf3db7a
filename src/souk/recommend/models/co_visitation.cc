// Decayed co-visitation; the rule stands in index/counts.h.
#include <array>
#include <utility>

#include "souk/index/counts.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 5> kSettings = {"window", "history", "alpha", "beta", "keep"};

class CoVisitation final : public RankModel {
 public:
  explicit CoVisitation(index::CoVisit table) : table_(std::move(table)) {}
  void score(const eval::History& history, std::span<float> scores) const override { table_.score(history.items, scores); }

 private:
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
  return std::make_unique<CoVisitation>(index::CoVisit::fit(input.train, config, input.threads, input.progress));
}

}  // namespace

RankModelEntry co_visitation_entry() {
  return {"co-visitation", "pairs near each other in a sequence, decayed by distance and recency", kSettings, fit};
}

}  // namespace souk::recommend
