// Items whose vectors in one space (text, image, behaviour) are nearest to that of the item looked at, never its own variants. Works from
// the first minute of an item's life, as soon as it has a vector; of several items the nearest counts, and of more than kMostAsked the last
// ones are asked from. Scores are those of the space, by dot or cosine; by l2, where the best is 0, 1 / (1 + squared distance).
#include <algorithm>
#include <span>
#include <unordered_map>

#include "souk/base/kernels/top_k.h"
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

constexpr std::size_t kMostAsked = 50;  // each costs a search

class Dense final : public shelf::Retriever {
 public:
  explicit Dense(std::string space) : space_(std::move(space)) {}

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    const index::VectorSpace* space = view.vectors == nullptr ? nullptr : view.vectors->space(space_);
    if (space == nullptr || k == 0) return candidates;
    const shelf::Eligible eligible(request, allowed, view);
    std::unordered_map<std::uint32_t, std::pair<float, ItemId>> nearest;
    const std::span<const ItemId> items(request.items.empty() ? request.basket : request.items);
    for (const ItemId item : items.last(std::min(items.size(), kMostAsked))) {
      SOUK_TRY(const std::vector<index::Hit> found, neighbours(item, k, allowed, eligible, *view.vectors));
      for (const index::Hit& hit : found) {
        auto& entry = nearest.try_emplace(index_of(hit.item), hit.score, item).first->second;
        if (hit.score > entry.first) entry = {hit.score, item};
      }
    }
    TopK best(k);
    for (const auto& [id, entry] : nearest) best.offer(id, entry.first);
    const std::uint16_t source = candidates.source("dense");
    for (const Scored& found : best.take()) {
      const float score = space->metric == index::Metric::l2 ? 1 / (1 - found.score) : found.score;
      candidates.add(ItemId{found.row}, score, {source, score, nearest[found.row].second});
    }
    return candidates;
  }

 private:
  // The k nearest that are eligible. Its variants, which are not, may be many and are the nearest of all: then more are asked for.
  Result<std::vector<index::Hit>> neighbours(ItemId item, std::size_t k, const Roaring* allowed, const shelf::Eligible& eligible,
                                             const index::VectorReader& vectors) const {
    std::vector<index::Hit> found;
    const auto vector = vectors.vector(space_, item);
    if (!vector) return found;
    for (std::size_t asked = k + 16;; asked *= 2) {
      SOUK_TRY(found, vectors.search({.space = space_, .vector = *vector, .k = asked, .allowed = allowed}));
      const bool all = found.size() < asked;
      std::erase_if(found, [&](const index::Hit& hit) { return !eligible(hit.item); });
      if (all || found.size() >= k) break;
    }
    if (found.size() > k) found.resize(k);
    return found;
  }

  std::string space_;
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"space"}));
  SOUK_TRY(std::string space, settings.text("space", "text"));
  return std::make_unique<Dense>(std::move(space));
}

}  // namespace

void register_dense(shelf::Registry& registry) {
  registry.add_retriever("dense", "items with a vector near that of the item; settings: space, which vectors (text)", make);
}

}  // namespace souk::recommend
