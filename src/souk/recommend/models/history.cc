#include "souk/recommend/models/history.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "souk/recommend/models/settings.h"

namespace souk::recommend {

Result<HistoryRule> history_rule(const Config& settings, HistoryRule otherwise) {
  HistoryRule rule = otherwise;
  SOUK_TRY(rule.last, count_setting(settings, "history", otherwise.last));
  SOUK_TRY(rule.decay, number_setting(settings, "decay", otherwise.decay));
  SOUK_TRY(rule.half_life, span_setting(settings, "half_life", otherwise.half_life));
  SOUK_TRY(const std::size_t repeats, choice_setting(settings, "repeats", {"once", "sum"}, otherwise.sum ? 1 : 0));
  rule.sum = repeats == 1;
  return rule;
}

std::vector<Scored> chosen(const eval::History& history, const HistoryRule& rule) {
  const std::size_t used = rule.last == 0 ? history.size() : std::min<std::size_t>(history.size(), rule.last);
  std::vector<Scored> result;
  result.reserve(used);
  for (std::size_t i = 0; i < used; ++i) {
    const std::size_t event = history.size() - 1 - i;
    float value = history.weights[event];
    if (!(value > 0)) continue;
    if (rule.binary) value = 1;
    if (rule.decay != 0) value *= std::pow(static_cast<float>(i + 1), -rule.decay);
    if (rule.half_life > 0) {
      const auto age = static_cast<double>(history.times.back() - history.times[event]);
      value *= static_cast<float>(std::exp2(-age / static_cast<double>(rule.half_life)));
    }
    result.push_back({history.items[event], value});
  }
  // Values of one item in a fixed order, so that their sum does not depend on the sort.
  std::sort(result.begin(), result.end(),
            [](const Scored& a, const Scored& b) { return a.row != b.row ? a.row < b.row : a.score > b.score; });
  std::size_t kept = 0;
  for (const Scored& one : result) {
    if (kept == 0 || result[kept - 1].row != one.row) {
      result[kept++] = one;
    } else if (rule.sum) {
      result[kept - 1].score += one.score;
    }
  }
  result.resize(kept);
  return result;
}

}  // namespace souk::recommend
