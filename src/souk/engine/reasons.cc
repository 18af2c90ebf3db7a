#include "souk/engine/reasons.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace souk::engine {
namespace {

struct Phrase {
  std::string_view source;
  std::string_view because;  // with the name of the item that led here
  std::string_view alone;
};
constexpr std::array<Phrase, 13> kPhrases = {{
    {"lexical", "Matches your search", "Matches your search"},
    {"also-bought", "Often bought with {}", "Often bought together"},
    {"basket", "Goes with {} in your basket", "Goes with your basket"},
    {"co-visit", "Shoppers who chose {} also chose this", "Chosen by shoppers like you"},
    {"item-knn", "Chosen by shoppers who also chose {}", "Chosen by shoppers like you"},
    {"buy-again", "You chose this before", "You chose this before"},
    {"similar-text", "Similar: {}", "Similar"},
    {"dense", "Like {}", "Like what you look at"},
    {"same-category", "In the same category as {}", "In the same category"},
    {"popular", "Popular", "Popular"},
    {"recent-popular", "Popular this month", "Popular this month"},
    {"trending", "Trending now", "Trending now"},
    {"new", "New", "New"},
}};

std::string times(std::size_t count) {
  return count == 1 ? std::string("once") : count == 2 ? std::string("twice") : fmt::format("{} times", count);
}

// What the shopper did with the item, in the strongest verb that is true.
std::string again(const shelf::Request& request, ItemId item) {
  std::size_t bought = 0, seen = 0;
  for (const shelf::Past& past : request.past) {
    if (past.item != item) continue;
    ++(past.kind == store::EventKind::purchase ? bought : seen);
  }
  if (bought > 0) return "You bought this " + times(bought);
  if (seen > 0) return "You looked at this " + times(seen);
  return "You chose this before";
}

std::string sentence(std::string_view source, const shelf::Reason& reason, ItemId item, const shelf::Request& request,
                     const TitleOf& title_of) {
  if (source == "buy-again") return again(request, item);
  const auto phrase = std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& known) { return known.source == source; });
  if (phrase == kPhrases.end()) {
    return reason.because == kNoItem ? std::string(source) : fmt::format("{}: {}", source, title_of(reason.because));
  }
  if (reason.because == kNoItem) return std::string(phrase->alone);
  return fmt::format(fmt::runtime(phrase->because), title_of(reason.because));
}

}  // namespace

std::vector<Why> words_for(const shelf::Candidates& candidates, std::size_t position, const shelf::Request& request,
                           const TitleOf& title_of) {
  std::vector<Why> result;
  if (position >= candidates.reasons.size()) return result;
  std::vector<const shelf::Reason*> best(candidates.source_names.size(), nullptr);
  std::vector<std::uint16_t> order;
  for (const shelf::Reason& reason : candidates.reasons[position]) {
    if (reason.source >= best.size()) continue;
    if (best[reason.source] == nullptr) order.push_back(reason.source);
    if (best[reason.source] == nullptr || reason.score > best[reason.source]->score) best[reason.source] = &reason;
  }
  for (const std::uint16_t source : order) {
    const std::string& name = candidates.source_names[source];
    result.push_back({name, sentence(name, *best[source], candidates.items[position], request, title_of), best[source]->score});
  }
  return result;
}

}  // namespace souk::engine
