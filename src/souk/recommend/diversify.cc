// Caps how many items of one category (or brand, or any keyword field) a page shows; the order is otherwise kept. Page by page: the best
// that still fit come first, and when nothing fits any more, what was passed over fills the page, so that no place stays empty.
// Items without a value are never capped.
#include <algorithm>
#include <unordered_map>

#include "souk/recommend/retrievers.h"

namespace souk::recommend {
namespace {

class Diversify final : public shelf::Arranger {
 public:
  Diversify(std::string field, std::size_t at_most) : field_(std::move(field)), at_most_(at_most) {}

  Status arrange(const shelf::Request& request, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    if (view.lexical == nullptr || request.k == 0) return {};
    std::vector<std::uint32_t> order, waiting(candidates.size());
    for (std::uint32_t at = 0; at < waiting.size(); ++at) waiting[at] = at;
    const std::size_t pages = request.offset / request.k + 1;  // only pages up to the asked one are arranged
    for (std::size_t page = 0; page < pages && !waiting.empty(); ++page) fill_page(request.k, candidates, *view.lexical, waiting, order);
    order.insert(order.end(), waiting.begin(), waiting.end());
    // Scores stay with the places, not with the items: a later step may rely on best first.
    std::vector<float> scores = std::move(candidates.scores);
    candidates.scores.assign(scores.size(), 0);
    candidates.keep(order);
    candidates.scores = std::move(scores);
    return {};
  }

 private:
  void fill_page(std::size_t places, const shelf::Candidates& candidates, const index::Reader& reader, std::vector<std::uint32_t>& waiting,
                 std::vector<std::uint32_t>& order) const {
    std::unordered_map<std::string_view, std::size_t> shown;
    std::vector<std::uint32_t> passed;
    std::size_t next = 0, taken = 0;
    for (; next < waiting.size() && taken < places; ++next) {
      const std::string_view value = reader.keyword(candidates.items[waiting[next]], field_);
      if (value.empty() || ++shown[value] <= at_most_) {
        order.push_back(waiting[next]);
        ++taken;
      } else {
        passed.push_back(waiting[next]);
      }
    }
    const std::size_t needed = std::min(places - taken, passed.size());
    order.insert(order.end(), passed.begin(), passed.begin() + static_cast<std::ptrdiff_t>(needed));
    passed.erase(passed.begin(), passed.begin() + static_cast<std::ptrdiff_t>(needed));
    passed.insert(passed.end(), waiting.begin() + static_cast<std::ptrdiff_t>(next), waiting.end());
    waiting = std::move(passed);
  }

  std::string field_;
  std::size_t at_most_;
};

Result<std::unique_ptr<shelf::Arranger>> make(const Config& settings) {
  SOUK_CHECK(settings.only({"by", "at-most"}));
  SOUK_TRY(std::string field, settings.text("by", "category"));
  SOUK_TRY(const std::int64_t at_most, settings.integer("at-most", 3));
  if (at_most < 1) {
    return fail(Error{ErrorKind::invalid,
                      "wrong at-most of diversify",
                      settings.where("at-most"),
                      "a number of items from 1",
                      std::to_string(at_most),
                      {}});
  }
  return std::make_unique<Diversify>(std::move(field), static_cast<std::size_t>(at_most));
}

}  // namespace

void register_diversify(shelf::Registry& registry) {
  registry.add_arranger("diversify", "at most so many of one category on a page; settings: by (a keyword field), at-most", make);
}

}  // namespace souk::recommend
