// Scorers: numbers from 0 to 1, so that the weight of a score node is the most that one may add.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "souk/search/nodes.h"

namespace souk::search {
namespace {

// How often an item is chosen, beside the most chosen one, on a log scale; 0 before the first training.
class Popularity final : public shelf::Scorer {
 public:
  Status score(const shelf::Request&, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      candidates.scores[i] = view.tables == nullptr ? 0 : view.tables->popularity(candidates.items[i]);
    }
    return {};
  }
};

// 2^(-age / half-life), the age counted from the time in a field; 1 for what is yet to come, 0 where there is no time.
class Recency final : public shelf::Scorer {
 public:
  Recency(std::string field, Duration half_life) : field_(std::move(field)), half_life_(half_life) {}
  Status score(const shelf::Request& request, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto time = view.lexical->number(candidates.items[i], field_);
      const double age = time ? std::max(static_cast<double>(request.now) - *time, 0.0) : 0;
      candidates.scores[i] = time ? static_cast<float>(std::exp2(-age / static_cast<double>(half_life_))) : 0;
    }
    return {};
  }

 private:
  std::string field_;
  Duration half_life_;
};

// Where the value of a number field lies between two ends: 0 at `from` and before it, 1 at `to` and beyond; 0 where there is no value.
class FieldScorer final : public shelf::Scorer {
 public:
  FieldScorer(std::string field, double from, double to) : field_(std::move(field)), from_(from), to_(to) {}
  Status score(const shelf::Request&, shelf::Candidates& candidates, const shelf::ShopView& view) const override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto value = view.lexical->number(candidates.items[i], field_);
      candidates.scores[i] = value ? static_cast<float>(std::clamp((*value - from_) / (to_ - from_), 0.0, 1.0)) : 0;
    }
    return {};
  }

 private:
  std::string field_;
  double from_, to_;
};

Result<std::unique_ptr<shelf::Scorer>> make_popularity(const Config& settings) {
  SOUK_CHECK(settings.only({}));
  return std::make_unique<Popularity>();
}

Result<std::unique_ptr<shelf::Scorer>> make_recency(const Config& settings) {
  SOUK_CHECK(settings.only({"field", "half_life"}));
  SOUK_TRY(std::string field, settings.text("field", "released"));
  SOUK_TRY(const Duration half_life, settings.duration("half_life", 90 * kDay));
  if (half_life < kMinute) {
    return fail(Error{
        ErrorKind::invalid, "wrong half-life of recency", settings.where("half_life"), "at least \"1m\"", format_duration(half_life), {}});
  }
  return std::make_unique<Recency>(std::move(field), half_life);
}

Result<std::unique_ptr<shelf::Scorer>> make_field(const Config& settings) {
  SOUK_CHECK(settings.only({"field", "from", "to"}));
  SOUK_TRY(std::string field, settings.text("field", ""));
  SOUK_TRY(const double from, settings.number("from", 0));
  SOUK_TRY(const double to, settings.number("to", 1));
  if (field.empty()) return fail(Error{ErrorKind::invalid, "the scorer 'field' has no field", settings.where(), "field = \"...\"", {}, {}});
  if (from == to) {
    return fail(Error{ErrorKind::invalid,
                      "wrong ends of the scorer 'field'",
                      settings.where("to"),
                      "two numbers that differ",
                      fmt::format("{} and {}", from, to),
                      {}});
  }
  return std::make_unique<FieldScorer>(std::move(field), from, to);
}

}  // namespace

void register_scorers(shelf::Registry& registry) {
  registry.add_scorer("popularity", "how often an item is chosen, 0 to 1", make_popularity);
  registry.add_scorer("recency", "how new an item is, 0 to 1; settings: field (a time, by default released), half_life", make_recency);
  registry.add_scorer("field", "a number field between two ends, 0 to 1; settings: field, from, to (below from: less is more)", make_field);
}

}  // namespace souk::search
