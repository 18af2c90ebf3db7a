// What an evaluation means, in the words of the person who owns the shop. "Of 100" is the hit rate at the first cutoff.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "souk/engine/words.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

constexpr double kNoMatter = 0.005;  // half a shopper in a hundred

bool is_open(const ShelfVersus& one) {
  return one.hits_verdict == "cannot be told from" || one.hits_verdict == "too few";
}

// Serves fewer than the floor, but places what it finds higher.
bool is_mixed(const ShelfVersus& one) {
  return one.hits_verdict == "does not beat" && one.verdict == "beats";
}

// Of the floors that could replace the shelf, and for which `counts` holds, the one that it is least ahead of; null: none.
template <class Predicate>
const ShelfVersus* strongest(const ShelfReport& shelf, Predicate counts) {
  const ShelfVersus* found = nullptr;
  for (const ShelfVersus& one : shelf.versus) {
    if (!could_replace(one, shelf.context) || !counts(one)) continue;
    if (found == nullptr || one.hits.delta < found->hits.delta) found = &one;
  }
  return found;
}
const ShelfVersus* strongest(const ShelfReport& shelf) {
  return strongest(shelf, [](const ShelfVersus&) { return true; });
}

std::string_view chose(std::string_view truth) {
  if (truth == "purchase") return "bought";
  if (truth == "cart") return "put into the basket";
  if (truth == "wishlist") return "wished for";
  if (truth == "rating") return "rated";
  if (truth == "view") return "looked at";
  if (truth == "click") return "clicked";
  return "chose";
}

std::string served(const ShelfReport& shelf, const ShopReport& report, double share, std::string_view cutoff) {
  const double of_100 = 100 * share;
  const bool session = report.rule.starts_with("session");
  if (shelf.context == "item") {
    return session
               ? fmt::format("After {:.1f} of 100 items of a session, the next one was among its first {}.", of_100, cutoff)
               : fmt::format("For {:.1f} of 100 items of a basket, another item of that basket was among its first {}.", of_100, cutoff);
  }
  if (shelf.context == "basket") {
    return session ? fmt::format("In {:.1f} of 100 steps of a session, the next item was among its first {}.", of_100, cutoff)
                   : fmt::format("For {:.1f} of 100 baskets, what was left out of it was among its first {}.", of_100, cutoff);
  }
  if (session) return fmt::format("In {:.1f} of 100 steps of a session, the next item was among its first {}.", of_100, cutoff);
  return fmt::format("{:.1f} of 100 shoppers found something they {}{} among its first {}.", of_100,
                     report.rule.starts_with("random") ? "also " : "then ", chose(shelf.truth), cutoff);
}

std::string against(const ShelfVersus& one) {
  const double delta = 100 * one.hits.delta, low = 100 * one.hits.interval.low, high = 100 * one.hits.interval.high;
  const std::string_view higher = one.verdict == "beats" ? ", but it places them higher" : "";
  if (is_open(one))
    return fmt::format("not to be told from {} ({:+.1f}, between {:+.1f} and {:+.1f}){}", one.floor, delta, low, high, higher);
  if (one.hits.delta > 0) return fmt::format("{:.1f} more than {} (between {:.1f} and {:.1f})", delta, one.floor, low, high);
  return fmt::format("{:.1f} fewer than {} (between {:.1f} and {:.1f}){}", -delta, one.floor, -high, -low, higher);
}

std::string rounded_up(std::uint64_t number) {  // to two digits
  std::uint64_t unit = 1;
  while (number / unit >= 100) unit *= 10;
  return engine::with_commas((number + unit - 1) / unit * unit);
}

// The source that does for a shelf what the floor does.
std::string_view retriever_like(std::string_view floor) {
  if (floor == "popularity") return "popular";
  if (floor == "co-visitation") return "co-visit";
  return floor;
}

std::string to_do(const ShelfReport& shelf, Advice advice) {
  switch (advice) {
    case Advice::keep:
      return "Keep it.";
    case Advice::equal:
      return fmt::format("It serves as many as {}, which is simpler: either will do.", strongest(shelf)->floor);
    case Advice::switch_off:
      return fmt::format("Switch it off, or let it retrieve \"{}\" alone.", retriever_like(strongest(shelf)->floor));
    case Advice::undecided: {
      const ShelfVersus* open = strongest(shelf, is_open);
      if (open == nullptr) return fmt::format("Undecided: {} serves more, but this places what it finds higher.", strongest(shelf)->floor);
      if (open->shoppers_to_tell == 0) return fmt::format("Undecided: waiting for more shoppers would not tell it from {}.", open->floor);
      return fmt::format("Undecided: about {} shoppers would tell it from {}; {}.", rounded_up(open->shoppers_to_tell), open->floor,
                         shelf.cases < shelf.possible_cases
                             ? fmt::format("{} were asked (--max-cases 0 asks all)", engine::with_commas(open->hits.clusters))
                             : fmt::format("there are {}", engine::with_commas(open->hits.clusters)));
    }
    case Advice::too_few:
      return fmt::format("Too few to tell: {} shopper{}, and at least {} are needed.", engine::with_commas(shelf.shoppers),
                         shelf.shoppers == 1 ? "" : "s", eval::kFewestClusters);
    case Advice::none:
      break;
  }
  return {};
}

}  // namespace

// Whether a floor could stand in the shelf's place. What a shopper bought before is no answer to an item that is looked at, and a shelf
// that is the same for everyone can only be another that is.
bool could_replace(const ShelfVersus& one, std::string_view context) {
  if (context == "item") return one.floor != "buy-again";
  if (context == "none") return one.floor == "popularity";
  return true;
}

std::string_view name_of(Advice advice) {
  switch (advice) {
    case Advice::keep:
      return "keep";
    case Advice::equal:
      return "equal";
    case Advice::switch_off:
      return "switch off";
    case Advice::undecided:
      return "undecided";
    case Advice::too_few:
      return "too few";
    case Advice::none:
      break;
  }
  return "none";
}

Advice advice_on(const ShelfReport& shelf) {
  const ShelfVersus* best = strongest(shelf);
  if (best == nullptr || best->hits_verdict.empty()) return Advice::none;
  if (best->hits_verdict == "too few") return Advice::too_few;
  const auto not_beaten = [](const ShelfVersus& one) { return one.hits_verdict != "beats"; };
  if (strongest(shelf, not_beaten) == nullptr) return Advice::keep;
  if (best->hits.interval.low > -kNoMatter && best->hits.interval.high < kNoMatter) return Advice::equal;
  const auto loses = [](const ShelfVersus& one) { return one.hits_verdict == "does not beat" && !is_mixed(one); };
  return strongest(shelf, loses) != nullptr ? Advice::switch_off : Advice::undecided;
}

std::string words_on(const ShelfReport& shelf, const ShopReport& report) {
  const Advice advice = advice_on(shelf);
  if (advice == Advice::none) return {};
  const std::string cutoff = report.metric.substr(report.metric.find('@') + 1);
  const auto hits = shelf.metrics.find("HR@" + cutoff);
  std::string text = served(shelf, report, hits == shelf.metrics.end() ? 0 : hits->second, cutoff);
  if (advice != Advice::too_few) {
    std::string comparisons;
    for (const ShelfVersus& one : shelf.versus) comparisons += (comparisons.empty() ? " That is " : "; ") + against(one);
    text += comparisons + ".";
  }
  return text + " " + to_do(shelf, advice);
}

}  // namespace souk::lab
