#include "souk/learn/negatives.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace souk::learn {
namespace {

constexpr int kDraws = 64;  // until an own positive is accepted

}  // namespace

Result<NegativeSampler> NegativeSampler::make(const NegativesConfig& config, std::span<const std::uint32_t> counts) {
  const bool all = config.in_batch == NegativesConfig::kAll;
  if (counts.size() < 2) return fail(ErrorKind::invalid, fmt::format("negatives need two items or more, the log has {}", counts.size()));
  if (config.uniform == 0 && config.popular == 0 && config.in_batch == 0) return fail(ErrorKind::invalid, "negatives: none are asked for");
  if (all && config.scope != NegativesConfig::Scope::batch) {
    return fail(ErrorKind::invalid, "negatives: all positives of a batch can be shared by the whole batch only");
  }
  if (!std::isfinite(config.popularity)) return fail(ErrorKind::invalid, fmt::format("negatives: popularity is {}", config.popularity));

  NegativeSampler sampler;
  sampler.config_ = config;
  std::vector<double> frequent(counts.begin(), counts.end()), popular(counts.size());
  std::ranges::transform(counts, popular.begin(), [&](std::uint32_t n) { return n == 0 ? 0 : std::pow(n, config.popularity); });
  if (config.popular > 0) {
    SOUK_TRY(sampler.popular_, AliasTable::of(popular));
  }
  if (config.in_batch > 0) {
    SOUK_TRY(sampler.frequent_, AliasTable::of(frequent));
  }
  // Of kAll the number is known with the batch only; it is alone then, or so many that the others hardly count.
  const double by_uniform = all ? 0 : config.uniform, by_popular = all ? 0 : config.popular, by_batch = all ? 1 : config.in_batch;
  const double drawn = by_uniform + by_popular + by_batch;
  const double of_popular = std::max(1.0, std::accumulate(popular.begin(), popular.end(), 0.0));
  const double of_frequent = std::max(1.0, std::accumulate(frequent.begin(), frequent.end(), 0.0));
  sampler.log_q_.resize(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double q =
        by_uniform / static_cast<double>(counts.size()) + by_popular * popular[i] / of_popular + by_batch * frequent[i] / of_frequent;
    // An item that is never drawn gets what one chosen less than once would: a finite correction, should it come as a positive.
    sampler.log_q_[i] = static_cast<float>(std::log(q > 0 ? q / drawn : 0.5 / of_frequent));
  }
  return sampler;
}

// Where the negatives of one group come from.
struct NegativeSampler::Group {
  std::span<const std::uint32_t> own;            // sorted: what to avoid
  std::span<const std::uint32_t> before, after;  // the batch's positives, but for those of the group's own session
};

void NegativeSampler::fill(const Group& group, Random& random, std::uint32_t* out) const {
  const auto drawn = [&](auto draw) {
    std::uint32_t item = draw();
    for (int i = 1; i < kDraws && std::ranges::binary_search(group.own, item); ++i) item = draw();
    return item;
  };
  for (std::uint32_t i = 0; i < config_.uniform; ++i) {
    *out++ = drawn([&] { return static_cast<std::uint32_t>(random.below(log_q_.size())); });
  }
  for (std::uint32_t i = 0; i < config_.popular; ++i) *out++ = drawn([&] { return popular_.draw(random); });
  if (config_.in_batch == NegativesConfig::kAll) {
    std::ranges::copy(group.after, std::ranges::copy(group.before, out).out);
    return;
  }
  const std::size_t others = group.before.size() + group.after.size();
  const auto of_batch = [&] {
    if (others == 0) return frequent_.draw(random);
    const std::size_t at = random.below(others);
    return at < group.before.size() ? group.before[at] : group.after[at - group.before.size()];
  };
  // Shared by the batch, each of them is somebody's own.
  const bool shared = config_.scope == NegativesConfig::Scope::batch;
  for (std::uint32_t i = 0; i < config_.in_batch; ++i) *out++ = shared ? of_batch() : drawn(of_batch);
}

void NegativeSampler::draw(std::span<const std::uint32_t> positives, std::span<const std::uint32_t> begin, Random& random,
                           Negatives& out) const {
  assert(!begin.empty() && begin.front() == 0 && begin.back() == positives.size());
  using Scope = NegativesConfig::Scope;
  const bool all = config_.in_batch == NegativesConfig::kAll;
  out.each = config_.uniform + config_.popular + (all ? static_cast<std::uint32_t>(positives.size()) : config_.in_batch);
  const std::size_t groups = config_.scope == Scope::batch ? 1 : config_.scope == Scope::session ? begin.size() - 1 : positives.size();
  out.items.resize(groups * out.each);
  std::vector<std::uint32_t> own;
  const auto avoid = [&](std::span<const std::uint32_t> items) {
    own.clear();
    if (!config_.avoid_own) return;
    own.assign(items.begin(), items.end());
    std::ranges::sort(own);
  };
  if (config_.scope == Scope::batch) {
    avoid(positives);
    fill({own, positives, {}}, random, out.items.data());
  } else {
    std::uint32_t* at = out.items.data();
    for (std::size_t s = 0; s + 1 < begin.size(); ++s) {
      avoid(positives.subspan(begin[s], begin[s + 1] - begin[s]));
      const Group group{own, positives.first(begin[s]), positives.subspan(begin[s + 1])};
      const std::size_t repeats = config_.scope == Scope::session ? 1 : begin[s + 1] - begin[s];
      for (std::size_t i = 0; i < repeats; ++i, at += out.each) fill(group, random, at);
    }
  }
  out.log_q.resize(out.items.size());
  std::ranges::transform(out.items, out.log_q.begin(), [&](std::uint32_t item) { return log_q_[item]; });
}

}  // namespace souk::learn
