// Items whose shoppers are like those of what this shopper chose last: item neighbourhoods (the rule stands in index/item_knn.h), folded in
// over the request's own history, so that a click changes the next answer without training. The choice at place i (0: the latest) counts
// (i + 1)^-decay.
#include <cmath>
#include <fmt/format.h>

#include "souk/recommend/latest_rows.h"
#include "souk/recommend/models/settings.h"
#include "souk/recommend/neighbour_sum.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class ItemKnn final : public shelf::Retriever {
 public:
  ItemKnn(std::uint32_t history, float decay) : history_(history), decay_(decay) {}

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.tables == nullptr) return candidates;
    const index::ItemKnn& table = view.tables->tables().item_knn;
    const std::vector<std::uint32_t> latest = latest_rows(request, *view.tables, history_);
    if (latest.empty()) return candidates;
    NeighbourSums::Lease sum = sums_.lease(view.tables->tables().item_ids.size());
    for (std::size_t i = 0; i < latest.size(); ++i) {
      const float weight = std::pow(static_cast<float>(i + 1), -decay_);
      sum->add(table.neighbours(latest[i]), weight, view.tables->item(latest[i]));
    }
    sum->take(k, *view.tables, shelf::Eligible(request, allowed, view), "item-knn", candidates);
    return candidates;
  }

 private:
  std::uint32_t history_;
  float decay_;
  mutable NeighbourSums sums_;
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"history", "decay"}));
  SOUK_TRY(const std::uint32_t history, count_setting(settings, "history", 100, 1));
  SOUK_TRY(const float decay, number_setting(settings, "decay", 0.3F));
  return std::make_unique<ItemKnn>(history, decay);
}

}  // namespace

void register_item_knn(shelf::Registry& registry) {
  registry.add_retriever(
      "item-knn",
      "what shoppers with like choices chose; settings: history, how many of the latest choices count, and decay, how much "
      "more the latest does",
      make);
}

}  // namespace souk::recommend
