// Leaves words out of a search that finds too little.
//
// What no item has by itself, under the request's filters, is left out at once; when that is everything, no word is to blame and the
// request stays as it is. Words that a synonym holds together are taken apart when no form of them is found. Of the rest:
//
// drop = "any": items need as many of the concepts (a word, a number with its unit, words with a synonym) as at least `least` items have,
// whichever they are; what the best of them lacks is named.
//
// drop = "common" or "rare": the same concepts for all items. Of all ways to leave some out that find `least` items, the one that leaves
// out the fewest; of equally few, those that say the least together ("common") or the most ("rare"); of those, later ones. A concept that
// n of the shop's N items have says ln(1 + (N - n + 0.5) / (n + 0.5)). One at least stays. When no way finds enough, the first that finds
// the most, if it finds more than the whole query. Ways are tried in the order of this aim, at most `tries`. Of a query with more than 16
// concepts, and when the tries are used up, concepts are kept one by one, those that shall stay first, as long as enough is found.
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "souk/search/concept_search.h"
#include "souk/search/nodes.h"

namespace souk::search {
namespace {

constexpr std::size_t kMostTogether = 16;  // concepts whose combinations are tried
constexpr std::size_t kMostLookedAt = 64;  // concepts of a query; those beyond are left out, as the index would

enum class Drop : std::uint8_t { common, rare, any };
constexpr std::array<std::string_view, 3> kDrops = {"common", "rare", "any"};

struct Settings {
  std::size_t least = 1, tries = 24;
  Drop drop = Drop::common;
};

// One relaxation of one request.
class Relaxation {
 public:
  using Relaxed = shelf::Relaxer::Relaxed;

  Relaxation(const Settings& settings, const shelf::Request& request, const shelf::ShopView& view, const shelf::Relaxer::Count& count)
      : settings_(settings), request_(request), reader_(*view.lexical), count_(count) {}

  Result<std::optional<Relaxed>> run(std::size_t found) {
    best_found_ = found;
    SOUK_CHECK(take_apart());
    if (settings_.drop == Drop::any) return as_many_as_possible();
    Way all(live_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (!all.empty() && changed_) SOUK_CHECK(try_way(all));
    if (all.size() > 1 && !enough()) {
      SOUK_CHECK(weigh());
      if (all.size() <= kMostTogether) SOUK_CHECK(try_ways());
      if (!enough() && !tried_all_) SOUK_CHECK(keep_one_by_one());
    }
    if (!best_) return std::optional<Relaxed>();
    return std::optional(relaxed(*best_));
  }

 private:
  struct Part {
    shelf::Concept wanted;
    std::size_t alone = 0;  // items that have it, counted up to `least`
    std::int64_t cost = 0;  // of leaving it out, in millionths
  };
  using Way = std::vector<std::size_t>;  // places in live_ of the parts that stay, ascending

  std::optional<Relaxed> as_many_as_possible() const {
    if (live_.empty() || (live_.size() == 1 && !changed_)) return std::nullopt;
    Relaxed relaxed{request_with({}), {}};
    for (const Part& part : parts_) {
      if (part.alone > 0) {
        relaxed.request.concepts.push_back(part.wanted);
      } else {
        relaxed.dropped.push_back(part.wanted.text);
      }
    }
    relaxed.request.enough = settings_.least;
    return relaxed;
  }

  bool enough() const { return best_found_ >= settings_.least; }

  // The concepts as parts; those that nothing has are not live.
  Status take_apart() {
    for (const shelf::Concept& wanted : request_.concepts) {
      if (parts_.size() >= kMostLookedAt) {
        parts_.push_back({wanted, 0, 0});
        changed_ = true;
        continue;
      }
      SOUK_TRY(const std::size_t alone, count(request_with({wanted})));
      const bool divides = alone == 0 && wanted.words.size() > 1 && !wanted.whole;
      changed_ = changed_ || alone == 0;
      if (!divides) {
        parts_.push_back({wanted, alone, 0});
        continue;
      }
      for (std::size_t w = 0; w < wanted.words.size(); ++w) {
        shelf::Concept word;
        word.text = wanted.words[w];
        word.words = {word.text};
        word.unfinished = wanted.unfinished && w + 1 == wanted.words.size();
        SOUK_TRY(const std::size_t word_alone, count(request_with({word})));
        parts_.push_back({std::move(word), word_alone, 0});
      }
    }
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (parts_[p].alone > 0) live_.push_back(p);
    }
    return {};
  }

  Status weigh() {
    for (const std::size_t p : live_) {
      Part& part = parts_[p];
      index::LexicalQuery asked;
      asked.text = part.wanted.text;
      asked.match = index::Match::all;
      asked.prefix_last = part.wanted.unfinished;
      asked.one_per_group = false;
      asked.k = 0;
      const std::span<const shelf::Concept> one(&part.wanted, 1);
      SOUK_TRY(const auto answer, is_plain(one) ? reader_.search(asked) : search_concepts(reader_, one, asked));
      const auto items = static_cast<double>(reader_.size()), having = static_cast<double>(answer.total);
      const auto said = static_cast<std::int64_t>(std::llround(1e6 * std::log(1 + std::max(items - having + 0.5, 0.0) / (having + 0.5))));
      part.cost = settings_.drop == Drop::rare ? -said : said;
    }
    return {};
  }

  // All ways to leave out one part, then two, ..., in the order of the aim.
  Status try_ways() {
    std::size_t tried = 0;
    for (std::size_t out = 1; out < live_.size(); ++out) {
      for (const Way& way : ways_without(out)) {
        if (tried++ == settings_.tries) return {};
        SOUK_CHECK(try_way(way));
        if (enough()) return {};
      }
    }
    tried_all_ = true;
    return {};
  }

  std::vector<Way> ways_without(std::size_t out) const {
    struct Choice {
      std::int64_t cost;
      std::vector<bool> left_out;
    };
    std::vector<Choice> choices;
    std::vector<bool> left_out(live_.size(), false);
    std::fill(left_out.end() - static_cast<std::ptrdiff_t>(out), left_out.end(), true);
    do {  // later parts first
      std::int64_t cost = 0;
      for (std::size_t i = 0; i < live_.size(); ++i) cost += left_out[i] ? parts_[live_[i]].cost : 0;
      choices.push_back({cost, left_out});
    } while (std::next_permutation(left_out.begin(), left_out.end()));
    std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.cost < b.cost; });
    std::vector<Way> ways;
    for (const Choice& choice : choices) {
      Way& way = ways.emplace_back();
      for (std::size_t i = 0; i < live_.size(); ++i) {
        if (!choice.left_out[i]) way.push_back(i);
      }
    }
    return ways;
  }

  Status keep_one_by_one() {
    std::vector<std::size_t> order(live_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto part = [&](std::size_t i) -> const Part& { return parts_[live_[i]]; };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return part(a).cost > part(b).cost; });
    std::size_t goal = 0;
    for (const std::size_t i : order) goal = std::max(goal, std::min(settings_.least, part(i).alone));
    if (goal <= best_found_) return {};
    Way kept;
    for (const std::size_t i : order) {
      Way more = kept;
      more.insert(std::upper_bound(more.begin(), more.end(), i), i);
      SOUK_TRY(const std::size_t found, count(request_of(more)));
      if (found < goal) continue;
      kept = std::move(more);
      best_found_ = found;
    }
    best_ = std::move(kept);
    return {};
  }

  Status try_way(const Way& way) {
    SOUK_TRY(const std::size_t found, count(request_of(way)));
    if (found <= best_found_) return {};
    best_found_ = found;
    best_ = way;
    return {};
  }

  Result<std::size_t> count(const shelf::Request& changed) const {
    SOUK_TRY(const std::size_t found, count_(changed, settings_.least));
    return std::min(found, settings_.least);
  }

  shelf::Request request_with(std::vector<shelf::Concept> concepts) const {
    shelf::Request changed = request_;
    changed.query = text_of(concepts);
    changed.concepts = std::move(concepts);
    return changed;
  }

  shelf::Request request_of(const Way& way) const {
    std::vector<shelf::Concept> concepts;
    for (const std::size_t i : way) concepts.push_back(parts_[live_[i]].wanted);
    return request_with(std::move(concepts));
  }

  // Where more than one item is wanted, some may have what others lack: it goes on counting for those.
  Relaxed relaxed(const Way& way) const {
    std::vector<shelf::Concept> concepts;
    std::vector<std::string> dropped;
    std::size_t live = 0;
    for (const Part& part : parts_) {
      const bool stays = part.alone > 0 && std::binary_search(way.begin(), way.end(), live);
      live += part.alone > 0 ? 1 : 0;
      if (!stays) dropped.push_back(part.wanted.text);
      if (!stays && (part.alone == 0 || settings_.least == 1)) continue;
      concepts.push_back(part.wanted);
      concepts.back().required = stays;
    }
    return {request_with(std::move(concepts)), std::move(dropped)};
  }

  const Settings& settings_;
  const shelf::Request& request_;
  const index::Reader& reader_;
  const shelf::Relaxer::Count& count_;
  std::vector<Part> parts_;        // in the order of the query
  std::vector<std::size_t> live_;  // places in parts_ of those that some item has
  bool changed_ = false;           // the live parts are not the concepts of the request
  bool tried_all_ = false;
  std::size_t best_found_ = 0;
  std::optional<Way> best_;
};

class DropWords final : public shelf::Relaxer {
 public:
  explicit DropWords(Settings settings) : settings_(settings) {}
  std::size_t enough() const override { return settings_.least; }
  Result<std::optional<Relaxed>> relax(const shelf::Request& request, std::size_t found, const shelf::ShopView& view,
                                       const Count& count) const override {
    return Relaxation(settings_, request, view, count).run(found);
  }

 private:
  Settings settings_;
};

Result<std::size_t> read_number(const Config& settings, std::string_view key, std::size_t otherwise, std::int64_t least,
                                std::int64_t most) {
  SOUK_TRY(const std::int64_t number, settings.integer(key, static_cast<std::int64_t>(otherwise)));
  if (number >= least && number <= most) return static_cast<std::size_t>(number);
  return fail(Error{ErrorKind::invalid,
                    fmt::format("wrong value for {} of drop-words", key),
                    settings.where(key),
                    fmt::format("a whole number from {} to {}", least, most),
                    std::to_string(number),
                    {}});
}

Result<std::unique_ptr<shelf::Relaxer>> make_drop_words(const Config& settings) {
  SOUK_CHECK(settings.only({"least", "tries", "drop"}));
  Settings read;
  SOUK_TRY(read.least, read_number(settings, "least", read.least, 1, 1000));
  SOUK_TRY(read.tries, read_number(settings, "tries", read.tries, 0, 1000));
  SOUK_TRY(const std::string drop, settings.text("drop", kDrops[static_cast<std::size_t>(read.drop)]));
  const auto found = std::find(kDrops.begin(), kDrops.end(), drop);
  if (found == kDrops.end()) {
    return fail(Error{ErrorKind::invalid,
                      "wrong value for drop of drop-words",
                      settings.where("drop"),
                      fmt::format("one of {}", fmt::join(kDrops, ", ")),
                      fmt::format("'{}'", drop),
                      {}});
  }
  read.drop = static_cast<Drop>(found - kDrops.begin());
  return std::make_unique<DropWords>(read);
}

}  // namespace

void register_drop_words(shelf::Registry& registry) {
  registry.add_relaxer("drop-words", "leaves words out; settings: least (items that are enough), tries, drop (common, rare or any words)",
                       make_drop_words);
}

}  // namespace souk::search
