// Items whose titles say nearly the same as that of the item looked at (TF-IDF cosine), never its own variants. Works from the first
// minute of an item's life; of several items the most alike counts, and of more than kMostItems the last ones are looked at.
#include <algorithm>
#include <span>
#include <unordered_map>

#include "souk/base/kernels/top_k.h"
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

constexpr std::size_t kMostItems = 50;  // each costs a walk over the words of its title

class SimilarText final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.lexical == nullptr) return candidates;
    const shelf::Eligible eligible(request, allowed, view);
    // Excluded items may be among the most alike ones, so that many more are asked for.
    const std::size_t more = k + request.exclude.size() + request.basket.size();
    std::unordered_map<std::uint32_t, std::pair<float, ItemId>> most;
    const std::span<const ItemId> items(request.items);
    for (const ItemId item : items.last(std::min(items.size(), kMostItems))) {
      for (const index::Hit& hit : view.lexical->similar_text(item, more, allowed)) {
        if (!eligible(hit.item)) continue;
        auto& entry = most.try_emplace(index_of(hit.item), hit.score, item).first->second;
        if (hit.score > entry.first) entry = {hit.score, item};
      }
    }
    TopK best(k);
    for (const auto& [id, entry] : most) best.offer(id, entry.first);
    const std::uint16_t source = candidates.source("similar-text");
    for (const Scored& found : best.take()) candidates.add(ItemId{found.row}, found.score, {source, found.score, most[found.row].second});
    return candidates;
  }
};

}  // namespace

void register_similar_text(shelf::Registry& registry) {
  registry.add_retriever("similar-text", "items with a title like that of the item",
                         [](const Config& settings) -> Result<std::unique_ptr<shelf::Retriever>> {
                           SOUK_CHECK(settings.only({}));
                           return std::make_unique<SimilarText>();
                         });
}

}  // namespace souk::recommend
