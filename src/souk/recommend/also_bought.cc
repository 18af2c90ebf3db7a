// What is bought in one order with the item that is looked at: basket lift with shrinkage (index/counts.h). An item that was never bought
// together with another falls back to co-visitation, and its reasons say so.
#include "souk/recommend/neighbour_sum.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class AlsoBought final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.tables == nullptr) return candidates;
    const shelf::Eligible eligible(request, allowed, view);
    const index::Tables& tables = view.tables->tables();
    for (const bool bought : {true, false}) {
      NeighbourSums::Lease sum = sums_.lease(tables.item_ids.size());
      for (const ItemId item : request.items) {
        const std::uint32_t row = view.tables->row(item);
        if (row != shelf::JoinedTables::kNoRow) sum->add(bought ? tables.basket.neighbours(row) : tables.co_visit.neighbours(row), 1, item);
      }
      sum->take(k, *view.tables, eligible, bought ? "also-bought" : "co-visit", candidates);
      if (candidates.size() > 0) break;
    }
    return candidates;
  }

 private:
  mutable NeighbourSums sums_;
};

}  // namespace

void register_also_bought(shelf::Registry& registry) {
  registry.add_retriever("also-bought", "what is bought in one order with the item",
                         [](const Config& settings) -> Result<std::unique_ptr<shelf::Retriever>> {
                           SOUK_CHECK(settings.only({}));
                           return std::make_unique<AlsoBought>();
                         });
}

}  // namespace souk::recommend
