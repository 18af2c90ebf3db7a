// What most shoppers choose: of all time, lately (decayed by age), and what rises (a smoothed log ratio of the rates of two windows). The
// formulas stand with the tables in index/counts.h. The same for everybody, so also the answer to a shopper nobody knows.
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

struct Ranking {
  std::string_view source;
  std::span<const std::uint32_t> (shelf::JoinedTables::*order)() const;
  std::span<const float> (*scores)(const index::Tables& tables);
};

class Ranked final : public shelf::Retriever {
 public:
  explicit Ranked(Ranking ranking) : ranking_(ranking) {}

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.tables == nullptr) return candidates;
    const shelf::Eligible eligible(request, allowed, view);
    const std::uint16_t source = candidates.source(ranking_.source);
    const auto scores = ranking_.scores(view.tables->tables());
    for (const std::uint32_t row : (*view.tables.*ranking_.order)()) {
      if (candidates.size() >= k) break;
      const ItemId item = view.tables->item(row);
      if (eligible(item)) candidates.add(item, scores[row], {source, scores[row], kNoItem});
    }
    return candidates;
  }

 private:
  Ranking ranking_;
};

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings, Ranking ranking) {
  SOUK_CHECK(settings.only({}));
  return std::make_unique<Ranked>(ranking);
}

}  // namespace

void register_popular(shelf::Registry& registry) {
  registry.add_retriever("popular", "what was chosen most, of all time", [](const Config& settings) {
    return make(settings, {"popular", &shelf::JoinedTables::by_popular, [](const index::Tables& t) { return t.popular.scores(); }});
  });
  registry.add_retriever("recent-popular", "what was chosen most lately: older events count less", [](const Config& settings) {
    return make(settings, {"recent-popular", &shelf::JoinedTables::by_recent, [](const index::Tables& t) { return t.recent.scores(); }});
  });
  registry.add_retriever("trending", "what is chosen more often than it used to be", [](const Config& settings) {
    return make(settings, {"trending", &shelf::JoinedTables::by_trending, [](const index::Tables& t) { return t.trending.scores(); }});
  });
}

}  // namespace souk::recommend
