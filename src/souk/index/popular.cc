// Tables of one number an item: popularity, trending; and a shopper's own repeats. Sections <prefix>.score, trending.score and
// repeat.score: f32[items].
#include <algorithm>
#include <cmath>
#include <string>

#include "souk/index/counts.h"

namespace souk::index {
namespace {

std::string score_section(std::string_view prefix) {
  return std::string(prefix) + ".score";
}

Result<std::vector<float>> read_scores(const SectionFile& file, std::string_view prefix) {
  SOUK_TRY(const auto scores, file.array<float>(score_section(prefix)));
  return std::vector<float>(scores.begin(), scores.end());
}

}  // namespace

Popular Popular::fit(const store::Interactions& log, const PopularConfig& config) {
  const auto times = log.event_times();
  const bool decays = config.half_life > 0 && log.timed() && !times.empty();
  const Timestamp last = decays ? log.span().last : 0;
  std::vector<double> sums(log.items(), 0.0);
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Duration age = decays ? std::max<Duration>(last - row.times[i], 0) : 0;
      const double half_lives = decays ? static_cast<double>(age) / static_cast<double>(config.half_life) : 0.0;
      sums[row.items[i]] += static_cast<double>(row.weights[i]) * std::exp2(-half_lives);
    }
  }
  Popular result;
  result.scores_.assign(sums.begin(), sums.end());
  return result;
}

void Popular::add_to(SectionWriter& writer, std::string_view prefix) const {
  writer.add(score_section(prefix), scores_);
}

Result<Popular> Popular::read(const SectionFile& file, std::string_view prefix) {
  Popular result;
  SOUK_TRY(result.scores_, read_scores(file, prefix));
  return result;
}

Trending Trending::fit(const store::Interactions& log, const TrendingConfig& config) {
  Trending result;
  result.scores_.assign(log.items(), 0.0F);
  const auto times = log.event_times();
  if (!log.timed() || times.empty() || config.window <= 0 || config.past <= 0) return result;
  const auto [first, last] = log.span();
  const Timestamp recent_from = last - config.window;  // events after this are recent
  // A log younger than window + past has seen only a part of the past; one younger than the window has seen none, and what is bought
  // most rises most.
  const Duration seen = recent_from - first;
  const auto past = static_cast<double>(seen > 0 ? std::min(seen, config.past) : config.past);
  const Timestamp past_from = recent_from - config.past;
  std::vector<std::uint32_t> recent(log.items(), 0), before(log.items(), 0);
  const auto items = log.event_items();
  for (std::size_t event = 0; event < items.size(); ++event) {
    if (times[event] > recent_from) {
      ++recent[items[event]];
    } else if (times[event] > past_from) {
      ++before[items[event]];
    }
  }
  const auto smoothing = static_cast<double>(config.smoothing);
  for (std::size_t i = 0; i < recent.size(); ++i) {
    if (recent[i] == 0) continue;
    const double expected = before[i] * static_cast<double>(config.window) / past;
    result.scores_[i] = static_cast<float>(std::max(0.0, recent[i] * std::log((recent[i] + smoothing) / (expected + smoothing))));
  }
  return result;
}

void Trending::add_to(SectionWriter& writer) const {
  writer.add(score_section("trending"), scores_);
}

Result<Trending> Trending::read(const SectionFile& file) {
  Trending result;
  SOUK_TRY(result.scores_, read_scores(file, "trending"));
  return result;
}

Repeat Repeat::fit(const store::Interactions& log, const RepeatConfig& config) {
  std::vector<double> purchases(log.items(), 0.0), buyers(log.items(), 0.0);
  std::vector<std::uint32_t> last_buyer(log.items(), UINT32_MAX);
  double all_purchases = 0, all_buyers = 0;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (static_cast<store::EventKind>(row.kinds[i]) != store::EventKind::purchase) continue;
      const std::uint32_t item = row.items[i];
      ++purchases[item];
      ++all_purchases;
      if (last_buyer[item] == shopper) continue;
      last_buyer[item] = shopper;
      ++buyers[item];
      ++all_buyers;
    }
  }
  const double mean = all_buyers > 0 ? all_purchases / all_buyers : 1.0;
  const auto smoothing = static_cast<double>(config.smoothing);
  Repeat result;
  result.scores_.reserve(log.items());
  for (std::uint32_t i = 0; i < log.items(); ++i) {
    const double divisor = buyers[i] + smoothing;
    result.scores_.push_back(static_cast<float>(divisor > 0 ? (purchases[i] + smoothing * mean) / divisor : mean));
  }
  return result;
}

void Repeat::add_to(SectionWriter& writer) const {
  writer.add(score_section("repeat"), scores_);
}

Result<Repeat> Repeat::read(const SectionFile& file) {
  Repeat result;
  SOUK_TRY(result.scores_, read_scores(file, "repeat"));
  return result;
}

void buy_again(std::span<const std::uint32_t> history, const BuyAgainConfig& config, std::vector<Scored>& scores) {
  scores.clear();
  for (std::size_t p = 0; p < history.size(); ++p) {
    scores.push_back({history[history.size() - 1 - p], 1.0F / (1.0F + static_cast<float>(p) / config.scale)});
  }
  std::sort(scores.begin(), scores.end(),
            [](const Scored& a, const Scored& b) { return a.row != b.row ? a.row < b.row : a.score < b.score; });
  add_up_equal_rows(scores);
}

}  // namespace souk::index
