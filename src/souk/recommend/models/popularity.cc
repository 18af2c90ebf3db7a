// Events an item, by weight, decayed by their age: the floor below every model. Turned round, it shows how far a metric can be misled.
#include <array>
#include <utility>

#include "souk/index/counts.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

constexpr std::array<std::string_view, 1> kSettings = {"half_life"};

class Popularity final : public RankModel {
 public:
  Popularity(index::Popular table, float sign) : table_(std::move(table)), sign_(sign) {}
  void score(const eval::History&, std::span<float> scores) const override {
    const auto popular = table_.scores();
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += sign_ * popular[i];
  }

 private:
  index::Popular table_;
  float sign_;
};

template <int sign>
Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, kSettings));
  SOUK_TRY(const Duration half_life, span_setting(input.settings, "half_life", 0));
  return std::make_unique<Popularity>(index::Popular::fit(input.train, {half_life}), static_cast<float>(sign));
}

}  // namespace

RankModelEntry popularity_entry() {
  return {"popularity", "events an item, decayed with half_life when given", kSettings, reweighable<fit<1>>};
}

RankModelEntry inverse_popularity_entry() {
  return {"inverse popularity", "the rarest items first: how far a metric can be misled", kSettings, reweighable<fit<-1>>};
}

}  // namespace souk::recommend
