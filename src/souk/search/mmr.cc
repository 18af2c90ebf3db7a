// Maximal marginal relevance (Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking for reordering documents and
// producing summaries"): the next place goes to the candidate i with the greatest
//     lambda x Sim1(i) - (1 - lambda) x max over the placed j of Sim2(i, j)
// Sim1 is the score over the best score, not below 0. Sim2 is the mean over the fields of `by` of how alike two items are in each: 1 for
// equal values (`group`: variants of one product), for `category` the levels their paths share over the levels of the longer one; 0 where
// one has no value. Of several values the first counts. Of equals the better placed candidate wins.
//
// The first 200 candidates compete for the first `first` places; everything else keeps its order, so that pages fit together.
#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "souk/search/nodes.h"

namespace souk::search {
namespace {

constexpr std::size_t kPool = 200;  // what a plan that reorders retrieves at least

// The fields of the candidates as numbers: by item, by field, what two items can have in common, from the widest to the narrowest.
class Likeness {
 public:
  Likeness(std::span<const ItemId> items, const std::vector<std::string>& fields, const index::Reader& reader) : fields_(fields.size()) {
    for (const ItemId item : items) {
      for (std::size_t f = 0; f < fields.size(); ++f) {
        values_.emplace_back();
        if (fields[f] == "group") {
          values_.back().push_back(reader.group_of(item));
        } else {
          add_levels(fields[f], reader.keyword(item, fields[f]));
        }
      }
    }
  }

  float of(std::size_t a, std::size_t b) const {
    float sum = 0;
    for (std::size_t f = 0; f < fields_; ++f) {
      const auto &x = values_[a * fields_ + f], &y = values_[b * fields_ + f];
      const std::size_t longest = std::max(x.size(), y.size());
      const auto shared = std::mismatch(x.begin(), x.end(), y.begin(), y.end()).first - x.begin();
      if (longest > 0) sum += static_cast<float>(shared) / static_cast<float>(longest);
    }
    return sum / static_cast<float>(fields_);
  }

 private:
  // A category path has as many levels as it has parts, any other value one.
  void add_levels(const std::string& field, std::string_view value) {
    if (value.empty()) return;
    constexpr std::string_view kBelow = " > ";
    for (std::size_t end = 0; end != std::string_view::npos;) {
      end = field == "category" ? value.find(kBelow, end) : std::string_view::npos;
      const auto number = numbers_.try_emplace(field + '\x1f' + std::string(value.substr(0, end)), numbers_.size()).first->second;
      values_.back().push_back(static_cast<std::uint32_t>(number));
      if (end != std::string_view::npos) end += kBelow.size();
    }
  }

  std::size_t fields_;
  std::vector<std::vector<std::uint32_t>> values_;  // [items, fields]
  std::unordered_map<std::string, std::size_t> numbers_;
};

class Mmr final : public shelf::Arranger {
 public:
  Mmr(float lambda, std::vector<std::string> by, std::size_t first) : lambda_(lambda), by_(std::move(by)), first_(first) {}

  Status arrange(const shelf::Request&, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    const std::size_t pool = std::min(candidates.size(), kPool);
    const float best = pool == 0 ? 0 : candidates.scores.front();
    if (view.lexical == nullptr || !(best > 0)) return {};
    const Likeness likeness(std::span(candidates.items).first(pool), by_, *view.lexical);
    std::vector<std::uint32_t> waiting(pool), order;
    std::iota(waiting.begin(), waiting.end(), 0U);
    std::vector<float> nearest(pool, 0);  // to what is placed
    const auto merit = [&](std::uint32_t i) {
      return lambda_ * (std::max(candidates.scores[i], 0.0F) / best) - (1 - lambda_) * nearest[i];
    };
    while (!waiting.empty() && order.size() < first_) {
      const auto next = std::max_element(waiting.begin(), waiting.end(), [&](auto a, auto b) { return merit(a) < merit(b); });
      order.push_back(*next);
      waiting.erase(next);
      for (const std::uint32_t i : waiting) nearest[i] = std::max(nearest[i], likeness.of(i, order.back()));
    }
    order.insert(order.end(), waiting.begin(), waiting.end());
    for (auto at = static_cast<std::uint32_t>(pool); at < candidates.size(); ++at) order.push_back(at);
    // Scores stay with the places, not with the items: a later step may rely on best first.
    std::vector<float> scores = candidates.scores;
    candidates.keep(order);
    candidates.scores = std::move(scores);
    return {};
  }

 private:
  float lambda_;
  std::vector<std::string> by_;
  std::size_t first_;
};

Result<std::unique_ptr<shelf::Arranger>> make_mmr(const Config& settings) {
  SOUK_CHECK(settings.only({"lambda", "by", "first"}));
  SOUK_TRY(const double lambda, settings.number("lambda", 0.7));
  SOUK_TRY(auto by, settings.texts("by", {"category", "brand"}));
  SOUK_TRY(const std::int64_t first, settings.integer("first", 50));
  const auto wrong = [&](std::string_view key, std::string expected, std::string found) {
    return fail(
        Error{ErrorKind::invalid, fmt::format("wrong {} of mmr", key), settings.where(key), std::move(expected), std::move(found), {}});
  };
  if (!(lambda >= 0 && lambda <= 1))
    return wrong("lambda", "a number from 0 (variety alone) to 1 (relevance alone)", fmt::format("{}", lambda));
  if (by.empty() || by.size() > 8) return wrong("by", "1 to 8 keyword fields", std::to_string(by.size()));
  if (first < 1 || first > static_cast<std::int64_t>(kPool)) {
    return wrong("first", fmt::format("a number of places from 1 to {}", kPool), std::to_string(first));
  }
  return std::make_unique<Mmr>(static_cast<float>(lambda), std::move(by), static_cast<std::size_t>(first));
}

}  // namespace

void register_mmr(shelf::Registry& registry) {
  registry.add_arranger("mmr", "trades relevance for variety (maximal marginal relevance); settings: lambda, by (keyword fields), first",
                        make_mmr);
}

}  // namespace souk::search
