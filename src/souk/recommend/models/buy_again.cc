// The shopper's own repeats, decayed by their rank of recency; the rule stands in index/counts.h.
#include <array>
#include <vector>

#include "souk/index/counts.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 1> kSettings = {"scale"};

class BuyAgain final : public RankModel {
 public:
  explicit BuyAgain(index::BuyAgainConfig config) : config_(config) {}
  void score(const eval::History& history, std::span<float> scores) const override {
    std::vector<Scored> own;
    index::buy_again(history.items, config_, own);
    for (const Scored& one : own) scores[one.row] += one.score;
  }

 private:
  index::BuyAgainConfig config_;
};

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, kSettings));
  index::BuyAgainConfig config;
  SOUK_TRY(config.scale, number_setting(input.settings, "scale", config.scale, Bound::above));
  return std::make_unique<BuyAgain>(config);
}

}  // namespace

RankModelEntry buy_again_entry() {
  return {"buy-again", "the shopper's own repeats", kSettings, reweighable<fit>};
}

}  // namespace souk::recommend
