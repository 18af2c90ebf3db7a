// What is looked at and bought near what this shopper chose last: decayed co-visitation (the rule stands in index/counts.h), folded in over
// the request's own history, so that a click changes the next answer without training. On an item page the item is the history; what is
// in the basket is the latest choice.
#include "souk/recommend/latest_rows.h"
#include "souk/recommend/neighbour_sum.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class CoVisit final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.tables == nullptr) return candidates;
    const index::CoVisit& table = view.tables->tables().co_visit;
    const std::vector<std::uint32_t> latest = latest_rows(request, *view.tables, table.config().history);
    if (latest.empty()) return candidates;
    NeighbourSums::Lease sum = sums_.lease(view.tables->tables().item_ids.size());
    for (std::size_t i = 0; i < latest.size(); ++i) {
      sum->add(table.neighbours(latest[i]), table.recency(i), view.tables->item(latest[i]));
    }
    sum->take(k, *view.tables, shelf::Eligible(request, allowed, view), "co-visit", candidates);
    return candidates;
  }

 private:
  mutable NeighbourSums sums_;
};

}  // namespace

void register_co_visit(shelf::Registry& registry) {
  registry.add_retriever("co-visit", "what is chosen near what the shopper chose last, or near the item",
                         [](const Config& settings) -> Result<std::unique_ptr<shelf::Retriever>> {
                           SOUK_CHECK(settings.only({}));
                           return std::make_unique<CoVisit>();
                         });
}

}  // namespace souk::recommend
