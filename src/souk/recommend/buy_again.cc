// What the shopper bought before: often, lately, and of the kind that people buy again. A purchase v visits and t days ago counts
// 1 / ((1 + v / visits) (1 + t / fade)); an item's sum is multiplied by how often its buyers buy it (Repeat in index/counts.h) to the power
// `repeat`. A visit is a run of purchases at most half an hour apart; purchases without a time are visits of their own. Without tables the
// request's history is enough.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "souk/base/kernels/top_k.h"
#include "souk/recommend/retrievers.h"
#include "souk/shelf/eligible.h"

namespace souk::recommend {
namespace {

constexpr Duration kVisitGap = 30 * kMinute;

struct BuyAgainRule {
  double visits = 20;
  Duration fade = 150 * kDay;
  double repeat = 0.5;
};

class BuyAgain final : public shelf::Retriever {
 public:
  explicit BuyAgain(BuyAgainRule rule) : rule_(rule) {}

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring* allowed,
                                     const shelf::ShopView& view) const override {
    const shelf::Eligible eligible(request, allowed, view);
    TopK best(k);
    for (Scored item : own(request)) {
      if (view.tables != nullptr) item.score *= again(*view.tables, ItemId{item.row});
      if (item.score >= best.threshold() && eligible(ItemId{item.row})) best.offer(item.row, item.score);
    }
    shelf::Candidates candidates;
    const std::uint16_t source = candidates.source("buy-again");
    for (const Scored& item : best.take()) candidates.add(ItemId{item.row}, item.score, {source, item.score, ItemId{item.row}});
    return candidates;
  }

 private:
  // One entry an item (row: its ItemId), unordered.
  std::vector<Scored> own(const shelf::Request& request) const {
    std::vector<Scored> scores;
    double visits = 0;  // that are later than the purchase looked at
    const shelf::Past* later = nullptr;
    for (auto past = request.past.rbegin(); past != request.past.rend(); ++past) {
      if (past->kind != store::EventKind::purchase) continue;
      if (later != nullptr && (past->time == 0 || later->time - past->time > kVisitGap)) ++visits;
      later = &*past;
      const Duration age = past->time == 0 ? 0 : std::max<Duration>(0, request.now - past->time);
      const double faded = 1 + static_cast<double>(age) / static_cast<double>(rule_.fade);
      scores.push_back({index_of(past->item), static_cast<float>(1 / ((1 + visits / rule_.visits) * faded))});
    }
    std::stable_sort(scores.begin(), scores.end(), [](const Scored& a, const Scored& b) { return a.row < b.row; });
    add_up_equal_rows(scores);
    return scores;
  }

  float again(const shelf::JoinedTables& tables, ItemId item) const {
    const std::uint32_t row = tables.row(item);
    if (row == shelf::JoinedTables::kNoRow || rule_.repeat == 0) return 1;
    return std::pow(tables.tables().repeat.scores()[row], static_cast<float>(rule_.repeat));
  }

  BuyAgainRule rule_;
};

Result<double> number_from(const Config& settings, std::string_view key, double otherwise, bool zero) {
  SOUK_TRY(const double value, settings.number(key, otherwise));
  if (value > 0 || (zero && value == 0)) return value;
  return fail(Error{ErrorKind::invalid,
                    fmt::format("wrong {} of buy-again", key),
                    settings.where(key),
                    zero ? "a number from 0" : "a number above 0",
                    fmt::format("{}", value),
                    {}});
}

Result<std::unique_ptr<shelf::Retriever>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"visits", "fade", "repeat"}));
  BuyAgainRule rule;
  SOUK_TRY(rule.visits, number_from(settings, "visits", rule.visits, false));
  SOUK_TRY(rule.repeat, number_from(settings, "repeat", rule.repeat, true));
  SOUK_TRY(rule.fade, settings.duration("fade", rule.fade));
  if (rule.fade <= 0) {
    return fail(Error{ErrorKind::invalid,
                      "wrong fade of buy-again",
                      settings.where("fade"),
                      "a duration above 0, as \"150d\"",
                      format_duration(rule.fade),
                      {}});
  }
  return std::make_unique<BuyAgain>(rule);
}

}  // namespace

void register_buy_again(shelf::Registry& registry) {
  registry.add_retriever(
      "buy-again",
      "what the shopper bought before; settings: visits and fade, after which a purchase counts half, and repeat, how much "
      "the kind of item matters",
      make);
}

}  // namespace souk::recommend
