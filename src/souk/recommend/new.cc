// What is new: items with a release date first, the latest leading (up to now; what is released later is not shown), then those without
// one by arrival, the last one leading. Ids are given in order of arrival, so nothing needs to be read. Scores are 1 / place: dates and
// arrivals share no scale.
#include <algorithm>

#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

constexpr std::string_view kReleased = "released";

class New final : public shelf::Retriever {
 public:
  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.lexical == nullptr) return candidates;
    const shelf::Eligible eligible(request, allowed, view);
    SOUK_TRY(std::vector<ItemId> dated, released(request, k, view));
    const auto add = [&](ItemId item) {
      const float score = 1.0F / static_cast<float>(candidates.size() + 1);
      candidates.add(item, score, {candidates.source("new"), score, kNoItem});
    };
    for (const ItemId item : dated) {
      if (eligible(item)) add(item);
    }
    std::sort(dated.begin(), dated.end());
    for (std::uint32_t id = view.store == nullptr ? 0 : view.store->counts().item_ids; id > 0 && candidates.size() < k; --id) {
      const ItemId item{id - 1};
      if (view.lexical->number(item, kReleased).value_or(0) > static_cast<double>(request.now)) continue;
      if (!std::binary_search(dated.begin(), dated.end(), item) && eligible(item)) add(item);
    }
    return candidates;
  }

 private:
  // Items with a release date up to now, latest first, at most k; none in a shop whose schema cannot sort by it.
  static Result<std::vector<ItemId>> released(const shelf::Request& request, std::size_t k, const shelf::ShopView& view) {
    std::vector<ItemId> items;
    const std::shared_ptr<const index::Schema> schema = view.lexical->schema();
    const index::Field* field = schema->find(kReleased);
    if (field == nullptr || !field->sort || !field->filter) return items;
    auto until_now = std::make_shared<index::Filter>();
    until_now->op = index::Filter::Op::less_equal;
    until_now->field = field->name;
    until_now->values = {static_cast<double>(request.now)};
    index::LexicalQuery query;
    query.filter = index::both(request.filter, until_now);
    query.sort = {{field->name, true}};
    query.k = k;
    query.one_per_group = false;
    query.market = request.market;
    query.now = request.now;
    query.stats = view.stats;
    query.exclude = request.exclude;
    SOUK_TRY(const index::LexicalAnswer answer, view.lexical->search(query));
    for (const index::Hit& hit : answer.hits) items.push_back(hit.item);
    return items;
  }
};

}  // namespace

void register_new(shelf::Registry& registry) {
  registry.add_retriever("new", "what was released or arrived last",
                         [](const Config& settings) -> Result<std::unique_ptr<shelf::Retriever>> {
                           SOUK_CHECK(settings.only({}));
                           return std::make_unique<New>();
                         });
}

}  // namespace souk::recommend
