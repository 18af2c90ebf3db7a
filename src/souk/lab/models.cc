#include "souk/lab/models.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "souk/index/counts.h"

namespace souk::lab {
namespace {

class Popularity : public RankModel {
 public:
  Popularity(index::Popular table, float sign) : table_(std::move(table)), sign_(sign) {}
  void score(std::span<const std::uint32_t>, std::span<float> scores) const override {
    const auto popular = table_.scores();
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += sign_ * popular[i];
  }

 private:
  index::Popular table_;
  float sign_;
};

template <int sign>
Result<std::unique_ptr<RankModel>> fit_popularity(const store::Interactions& train, const Config& settings, unsigned, Progress&) {
  SOUK_CHECK(settings.only({"half_life"}));
  SOUK_TRY(const Duration half_life, settings.duration("half_life", 0));
  return std::make_unique<Popularity>(index::Popular::fit(train, {half_life}), static_cast<float>(sign));
}

class CoVisitation : public RankModel {
 public:
  explicit CoVisitation(index::CoVisit table) : table_(std::move(table)) {}
  void score(std::span<const std::uint32_t> history, std::span<float> scores) const override { table_.score(history, scores); }

 private:
  index::CoVisit table_;
};

Result<std::uint32_t> count_setting(const Config& settings, std::string_view key, std::uint32_t otherwise, std::uint32_t lowest) {
  SOUK_TRY(const std::int64_t value, settings.integer(key, otherwise));
  if (value < lowest || value > UINT32_MAX) {
    return fail(Error{ErrorKind::invalid,
                      "the setting '" + std::string(key) + "' is out of range",
                      settings.where(key),
                      "a whole number of at least " + std::to_string(lowest),
                      std::to_string(value),
                      {}});
  }
  return static_cast<std::uint32_t>(value);
}

Result<float> float_setting(const Config& settings, std::string_view key, float otherwise) {
  SOUK_TRY(const double value, settings.number(key, static_cast<double>(otherwise)));
  return static_cast<float>(value);
}

Result<std::unique_ptr<RankModel>> fit_co_visitation(const store::Interactions& train, const Config& settings, unsigned threads,
                                                     Progress& progress) {
  SOUK_CHECK(settings.only({"window", "history", "alpha", "beta", "keep"}));
  index::CoVisitConfig config;
  SOUK_TRY(config.window, count_setting(settings, "window", config.window, 1));
  SOUK_TRY(config.history, count_setting(settings, "history", config.history, 1));
  SOUK_TRY(config.alpha, float_setting(settings, "alpha", config.alpha));
  SOUK_TRY(config.beta, float_setting(settings, "beta", config.beta));
  SOUK_TRY(config.keep, count_setting(settings, "keep", config.keep, 0));
  return std::make_unique<CoVisitation>(index::CoVisit::fit(train, config, threads, progress));
}

class BuyAgain : public RankModel {
 public:
  explicit BuyAgain(index::BuyAgainConfig config) : config_(config) {}
  void score(std::span<const std::uint32_t> history, std::span<float> scores) const override {
    std::vector<Scored> own;
    index::buy_again(history, config_, own);
    for (const Scored& one : own) scores[one.row] += one.score;
  }

 private:
  index::BuyAgainConfig config_;
};

Result<std::unique_ptr<RankModel>> fit_buy_again(const store::Interactions&, const Config& settings, unsigned, Progress&) {
  SOUK_CHECK(settings.only({"scale"}));
  index::BuyAgainConfig config;
  SOUK_TRY(config.scale, float_setting(settings, "scale", config.scale));
  if (!(config.scale > 0)) return fail(ErrorKind::invalid, "scale must be above 0", settings.where("scale"));
  return std::make_unique<BuyAgain>(config);
}

constexpr std::array kModels = {
    ModelEntry{"popularity", "events an item, decayed with half_life when given", fit_popularity<1>},
    ModelEntry{"inverse popularity", "the rarest items first: how far a metric can be misled", fit_popularity<-1>},
    ModelEntry{"co-visitation", "pairs near each other in a sequence, decayed by distance and recency", fit_co_visitation},
    ModelEntry{"buy-again", "the shopper's own repeats", fit_buy_again},
};
constexpr std::array<std::string_view, 4> kFloors = {"popularity", "inverse popularity", "co-visitation", "buy-again"};

}  // namespace

eval::ScoreCase RankModel::as_score_case() const {
  return [this](const eval::Case&, std::span<const std::uint32_t> history, std::span<float> scores, unsigned) { score(history, scores); };
}

std::span<const ModelEntry> models() {
  return kModels;
}

Result<const ModelEntry*> find_model(std::string_view name, const std::string& where) {
  const auto found = std::find_if(kModels.begin(), kModels.end(), [&](const ModelEntry& entry) { return entry.name == name; });
  if (found != kModels.end()) return &*found;
  std::vector<std::string> names;
  std::string list;
  for (const ModelEntry& entry : kModels) {
    names.emplace_back(entry.name);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const auto near = nearest_name(name, names);
  return fail(Error{ErrorKind::not_found, "there is no such model", where, "one of " + list, std::string(name),
                    near ? "did you mean '" + *near + "'?" : ""});
}

std::span<const std::string_view> floor_names(bool mask_history) {
  return std::span(kFloors).first(mask_history ? 3 : 4);
}

}  // namespace souk::lab
