// The most popular items of the category of the item looked at; while places stay empty, of the categories above it.
#include <roaring/roaring.hh>

#include "souk/base/kernels/top_k.h"
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

class SameCategory final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates found;
    if (request.items.empty() || view.lexical == nullptr) return found;
    const ItemId item = request.items.front();
    const shelf::Eligible eligible(request, allowed, view);
    std::string path(view.lexical->keyword(item, "category"));
    Roaring seen;
    // Popularity is at most 1, so that 1 + popularity, halved with every step up, keeps nearer categories first.
    for (float nearness = 1; !path.empty() && found.size() < k; nearness /= 2) {
      SOUK_TRY(const auto in_category, index::facet_filter("category", {path}, *view.lexical->schema()));
      SOUK_TRY(Roaring members, view.lexical->matching(in_category, request.market, request.now));
      members -= seen;
      seen |= members;
      TopK best(k - found.size());
      for (const std::uint32_t id : members) {
        const float score = nearness * (1 + (view.tables ? view.tables->popularity(ItemId{id}) : 0));
        if (score >= best.threshold() && eligible(ItemId{id})) best.offer(id, score);
      }
      const std::uint16_t source = found.source("same-category");
      for (const Scored& next : best.take()) found.add(ItemId{next.row}, next.score, {source, next.score, item});
      const std::size_t above = path.rfind(" > ");
      path.resize(above == std::string::npos ? 0 : above);
    }
    return found;
  }
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({}));  // this retriever has no settings: any key is an error that names it
  return std::make_unique<SameCategory>();
}

}  // namespace

void register_same_category(shelf::Registry& registry) {
  registry.add_retriever("same-category", "what is popular in the category of the item", make);
}

}  // namespace souk::recommend
