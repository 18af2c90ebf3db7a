// What completes a basket: the sum of basket lift (index/counts.h) over its lines.
#include "souk/recommend/neighbour_sum.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class Basket final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.tables == nullptr) return candidates;
    const index::Tables& tables = view.tables->tables();
    NeighbourSums::Lease sum = sums_.lease(tables.item_ids.size());
    for (const ItemId line : request.basket) {
      if (const std::uint32_t row = view.tables->row(line); row != shelf::JoinedTables::kNoRow)
        sum->add(tables.basket.neighbours(row), 1, line);
    }
    sum->take(k, *view.tables, shelf::Eligible(request, allowed, view), "basket", candidates);
    return candidates;
  }

 private:
  mutable NeighbourSums sums_;
};

}  // namespace

void register_basket(shelf::Registry& registry) {
  registry.add_retriever("basket", "what is bought in one order with the lines of the basket",
                         [](const Config& settings) -> Result<std::unique_ptr<shelf::Retriever>> {
                           SOUK_CHECK(settings.only({}));
                           return std::make_unique<Basket>();
                         });
}

}  // namespace souk::recommend
