// What the shopper bought before, the frequent and recent first (index/counts.h). Needs no training: the request's history is enough.
#include <fmt/format.h>

#include "souk/base/kernels/top_k.h"
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

class BuyAgain final : public shelf::Retriever {
 public:
  explicit BuyAgain(index::BuyAgainConfig config) : config_(config) {}

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    const shelf::Eligible eligible(request, allowed, view);
    std::vector<std::uint32_t> bought;  // ItemIds; the rule takes any numbers
    for (const shelf::Past& past : request.past) {
      if (past.kind == store::EventKind::purchase) bought.push_back(index_of(past.item));
    }
    std::vector<Scored> scores;
    index::buy_again(bought, config_, scores);
    TopK best(k);
    for (const Scored& item : scores) {
      if (eligible(ItemId{item.row})) best.offer(item.row, item.score);
    }
    shelf::Candidates candidates;
    const std::uint16_t source = candidates.source("buy-again");
    for (const Scored& item : best.take()) candidates.add(ItemId{item.row}, item.score, {source, item.score, ItemId{item.row}});
    return candidates;
  }

 private:
  index::BuyAgainConfig config_;
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"scale"}));
  SOUK_TRY(const double scale, settings.number("scale", index::BuyAgainConfig{}.scale));
  if (!(scale > 0)) {
    return fail(Error{ErrorKind::invalid,
                      "wrong scale of buy-again",
                      settings.where("scale"),
                      "a number of events above 0",
                      fmt::format("{}", scale),
                      {}});
  }
  return std::make_unique<BuyAgain>(index::BuyAgainConfig{.scale = static_cast<float>(scale)});
}

}  // namespace

void register_buy_again(shelf::Registry& registry) {
  registry.add_retriever("buy-again", "what the shopper bought before; settings: scale, events after which a purchase counts half", make);
}

}  // namespace souk::recommend
