// Keeps the best of each group of variants (sizes and colours of one product), so that a shelf does not show one product many times.
#include <unordered_set>

#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class OnePerGroup final : public shelf::Arranger {
 public:
  Status arrange(const shelf::Request&, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    if (view.lexical == nullptr) return {};
    std::unordered_set<std::uint32_t> groups;
    std::vector<std::uint32_t> kept;
    for (std::uint32_t at = 0; at < candidates.size(); ++at) {
      if (groups.insert(view.lexical->group_of(candidates.items[at])).second) kept.push_back(at);
    }
    if (kept.size() < candidates.size()) candidates.keep(kept);
    return {};
  }
  bool keeps_order() const override { return true; }
};

}  // namespace

void register_one_per_group(shelf::Registry& registry) {
  registry.add_arranger("one-per-group", "the best of each group of variants",
                        [](const Config& settings) -> Result<std::unique_ptr<shelf::Arranger>> {
                          SOUK_CHECK(settings.only({}));
                          return std::make_unique<OnePerGroup>();
                        });
}

}  // namespace souk::recommend
