#include "souk/recommend/models/reweighed.h"

#include <string>
#include <utility>
#include <vector>

#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

// The same rows of shoppers and items; events of kinds that weigh nothing are left out.
Result<store::Interactions> reweighed(const store::Interactions& log, const store::KindWeights& weights) {
  store::InteractionsBuilder builder;
  builder.reserve(log.events());
  std::vector<ShopperId> shoppers;
  shoppers.reserve(log.shoppers());
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    shoppers.push_back(log.shopper_id(shopper));
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (weights[row.kinds[i]] <= 0) continue;
      builder.add({.shopper = shopper,
                   .item = row.items[i],
                   .time = row.times[i],
                   .kind = static_cast<store::EventKind>(row.kinds[i]),
                   .weight = weights[row.kinds[i]],
                   .order = row.orders[i]});
    }
  }
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  for (std::uint32_t item = 0; item < log.items(); ++item) {
    keys.emplace_back(log.item_keys().key(item));
    ids.push_back(log.item_id(item));
  }
  return std::move(builder).build(std::move(keys), std::move(ids), std::move(shoppers), log.timed());
}

class Reweighed final : public RankModel {
 public:
  Reweighed(std::shared_ptr<const RankModel> model, const store::KindWeights& weights) : model_(std::move(model)), weights_(weights) {}
  void score(const eval::History& history, std::span<float> scores) const override {
    model_->score(Events(history, weights_).row(), scores);
  }
  bool add_to(const eval::History& history, index::SumRow<float>& sums) const override {
    return model_->add_to(Events(history, weights_).row(), sums);
  }
  std::string note() const override { return model_->note(); }
  std::uint32_t epochs() const override { return model_->epochs(); }

 private:
  class Events {  // those of a history that weigh something
   public:
    Events(const eval::History& history, const store::KindWeights& weights) {
      for (std::size_t i = 0; i < history.size(); ++i) {
        if (weights[history.kinds[i]] <= 0) continue;
        items_.push_back(history.items[i]);
        times_.push_back(history.times[i]);
        kinds_.push_back(history.kinds[i]);
        values_.push_back(weights[history.kinds[i]]);
        orders_.push_back(history.orders[i]);
      }
    }
    eval::History row() const { return {items_, times_, kinds_, values_, orders_}; }

   private:
    std::vector<std::uint32_t> items_, orders_;
    std::vector<Timestamp> times_;
    std::vector<std::uint8_t> kinds_;
    std::vector<float> values_;
  };

  std::shared_ptr<const RankModel> model_;
  store::KindWeights weights_;
};

}  // namespace

Result<std::unique_ptr<RankModel>> fit_reweighed(const FitInput& input, Fit fit) {
  SOUK_TRY(const auto weights, kind_weights(input.settings));
  if (!weights) return fit(input);
  SOUK_TRY(const store::Interactions log, reweighed(input.train, *weights));
  // Training is stopped by what comes of it: the model behind the same weights.
  Validation validation = input.validation;
  if (validation.of) {
    validation.of = [&](const RankModel& model) {
      return input.validation.of(Reweighed({std::shared_ptr<const RankModel>(), &model}, *weights));
    };
  }
  SOUK_TRY(auto model, fit({log, input.settings, input.threads, input.seed, input.progress, std::move(validation), input.files}));
  return std::make_unique<Reweighed>(std::move(model), *weights);
}

}  // namespace souk::recommend
