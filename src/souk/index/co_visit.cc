// Decayed co-visitation: fit, score, and its sections (covisit.cfg: the CoVisitConfig as it stands in memory; covisit.off/col/val).
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "souk/index/accumulate_rows.h"
#include "souk/index/counts.h"

namespace souk::index {
namespace {

static_assert(sizeof(CoVisitConfig) == 40, "covisit.cfg is written as ten 4-byte fields");
static_assert(std::endian::native == std::endian::little);

// The event numbers at which each item stands.
Occurrences occurrences_of(const store::Interactions& log) {
  const auto items = log.event_items();
  Occurrences result;
  result.offsets.assign(std::size_t{log.items()} + 1, 0);
  for (const std::uint32_t item : items) ++result.offsets[item + 1];
  for (std::size_t i = 0; i < log.items(); ++i) result.offsets[i + 1] += result.offsets[i];
  result.groups.resize(items.size());
  std::vector<std::uint64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (std::size_t event = 0; event < items.size(); ++event) result.groups[next[items[event]]++] = event;
  return result;
}

// n of each item: its events, or the sum of their weights.
std::vector<double> masses(const Occurrences& occurrences, std::uint32_t items, std::span<const float> weights) {
  std::vector<double> result(items, 0.0);
  for (std::uint32_t i = 0; i < items; ++i) {
    if (weights.empty()) {
      result[i] = static_cast<double>(occurrences.count(i));
    } else {
      for (const std::uint64_t event : occurrences.of(i)) result[i] += static_cast<double>(weights[event]);
    }
  }
  return result;
}

}  // namespace

CoVisit CoVisit::fit(const store::Interactions& log, const CoVisitConfig& config, unsigned threads, Progress& progress) {
  const Occurrences occurrences = occurrences_of(log);
  const std::span<const float> weights = config.weighted != 0 ? log.event_weights() : std::span<const float>();
  const std::vector<double> mass = masses(occurrences, log.items(), weights);
  const std::vector<double> from = powers(mass, config.alpha), to = powers(mass, config.beta);
  const auto offsets = log.offsets();
  const auto items = log.event_items();
  std::vector<double> after(std::size_t{config.window} + 1, 0.0), before(after);  // what a pair counts by its distance
  for (std::uint32_t d = 1; d <= config.window; ++d) {
    after[d] = std::pow(static_cast<double>(d), -static_cast<double>(config.distance));
    before[d] = after[d] * static_cast<double>(config.backward);
  }

  const auto fill = [&](std::uint32_t a, SumRow<double>& row) {
    std::size_t shopper = 0;  // of the current event; events ascend, so the search goes on from the last one
    const auto add = [&](std::uint64_t event, std::uint64_t other, double value) {
      if (!weights.empty()) value *= static_cast<double>(weights[event]) * static_cast<double>(weights[other]);
      if (items[other] != a && value > 0) row.add(items[other], value);
    };
    for (const std::uint64_t event : occurrences.of(a)) {
      const auto end = std::upper_bound(offsets.begin() + static_cast<std::ptrdiff_t>(shopper), offsets.end(), event);
      shopper = static_cast<std::size_t>(end - offsets.begin()) - 1;
      const std::uint64_t back = std::min<std::uint64_t>(config.window, event - offsets[shopper]);
      const std::uint64_t ahead = std::min<std::uint64_t>(config.window, offsets[shopper + 1] - 1 - event);
      for (std::uint64_t d = 1; d <= back; ++d) add(event, event - d, before[d]);
      for (std::uint64_t d = 1; d <= ahead; ++d) add(event, event + d, after[d]);
    }
    if (config.self > 0 && mass[a] > 0) row.add(a, static_cast<double>(config.self) * mass[a]);
  };
  const auto score = [&](std::uint32_t a, std::uint32_t b, double w) { return static_cast<float>(w / (from[a] * to[b])); };
  progress.stage("co-visitation", log.items(), "items");
  CoVisit result;
  result.config_ = config;
  result.rows_ = accumulate_rows(log.items(), config.keep, threads, progress, fill, score);
  progress.finish();
  return result;
}

float CoVisit::recency(std::size_t i) const {
  const auto place = static_cast<float>(i + 1);
  return config_.decay == 1 ? 1 / place : std::pow(place, -config_.decay);
}

void CoVisit::score(std::span<const std::uint32_t> history, std::span<float> scores) const {
  const std::size_t used = std::min<std::size_t>(history.size(), config_.history);
  for (std::size_t i = 0; i < used; ++i) {
    const SparseRows::Row row = rows_.row(history[history.size() - 1 - i]);
    const float weight = recency(i);
    for (std::size_t e = 0; e < row.size(); ++e) scores[row.columns[e]] += weight * row.values[e];
  }
}

void CoVisit::add_to(SectionWriter& writer) const {
  std::string config(sizeof(CoVisitConfig), '\0');
  std::memcpy(config.data(), &config_, sizeof(CoVisitConfig));
  writer.add_owned("covisit.cfg", std::move(config));
  rows_.add_to(writer, "covisit");
}

Result<CoVisit> CoVisit::read(const SectionFile& file) {
  SOUK_TRY(const auto config, file.bytes("covisit.cfg"));
  CoVisit result;
  if (config.size() != sizeof(CoVisitConfig)) {
    return fail(ErrorKind::corrupt, "section covisit.cfg has the wrong size", file.path().string());
  }
  std::memcpy(&result.config_, config.data(), sizeof(CoVisitConfig));
  SOUK_TRY(result.rows_, SparseRows::read(file, "covisit"));
  if (!result.rows_.columns_below(result.rows_.rows())) {
    return fail(ErrorKind::corrupt, "section covisit.col names items that do not exist", file.path().string());
  }
  return result;
}

}  // namespace souk::index
