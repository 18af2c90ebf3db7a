// What completes a basket: the sum of basket lift (index/counts.h) over its lines, times a power of the item's popularity.
#include <fmt/format.h>

#include "souk/recommend/neighbour_sum.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class Basket final : public shelf::Retriever {
 public:
  explicit Basket(float popularity_power) : popularity_power_(popularity_power) {}

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
    sum->take(k, *view.tables, shelf::Eligible(request, allowed, view), "basket", candidates, popularity_power_);
    return candidates;
  }

 private:
  float popularity_power_;
  mutable NeighbourSums sums_;
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"popularity"}));
  SOUK_TRY(const double power, settings.number("popularity", 0));
  if (!(power >= -1 && power <= 1)) {
    return fail(Error{ErrorKind::invalid,
                      "wrong power of popularity in basket",
                      settings.where("popularity"),
                      "a number from -1 to 1",
                      fmt::format("{}", power),
                      {}});
  }
  return std::make_unique<Basket>(static_cast<float>(power));
}

}  // namespace

void register_basket(shelf::Registry& registry) {
  registry.add_retriever(
      "basket",
      "what is bought in one order with the lines of the basket; settings: popularity, the power of an item's popularity "
      "its score is multiplied by",
      make);
}

}  // namespace souk::recommend
