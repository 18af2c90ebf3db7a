#include "souk/eval/sampled.h"

#include <algorithm>
#include <string_view>

#include "souk/base/hash.h"
#include "souk/base/random.h"

namespace souk::eval {

NegativeSampler::NegativeSampler(const Split& split, const SampledRanking& options) : options_(options), below_(split.log.items() + 1U) {
  if (options.by == SampledRanking::By::popularity) {
    for (const std::uint32_t item : split.train.event_items()) ++below_[item + 1];
  } else {
    std::fill(below_.begin() + 1, below_.end(), 1);
  }
  for (std::size_t i = 1; i < below_.size(); ++i) below_[i] += below_[i - 1];
}

void NegativeSampler::draw(std::size_t which, std::span<const std::uint32_t> truth, std::span<const std::uint32_t> known, Workspace& work,
                           std::vector<std::uint32_t>& out) const {
  const std::uint64_t number = which;
  Random random(hash64({reinterpret_cast<const char*>(&number), sizeof(number)}, options_.seed));
  const std::size_t items = below_.size() - 1, begin = out.size();
  work.taken.assign(items, 0);
  for (const std::uint32_t item : truth) work.taken[item] = 1;
  for (const std::uint32_t item : known) work.taken[item] = 1;
  const auto full = [&] { return out.size() - begin == options_.negatives; };
  const auto take = [&](std::uint32_t item) {
    work.taken[item] = 1;
    out.push_back(item);
  };
  // Drawing again what was drawn before is cheap while most of the weight is left, and gives the same distribution as drawing from what
  // is left.
  std::size_t attempts = below_.back() == 0 ? 0 : 20 * std::size_t{options_.negatives};
  for (; attempts > 0 && !full(); --attempts) {
    const auto above = std::ranges::upper_bound(below_, random.below(below_.back()));
    const auto item = static_cast<std::uint32_t>(above - below_.begin() - 1);
    if (work.taken[item] == 0) take(item);
  }
  if (full()) return;
  work.left.clear();
  std::uint64_t weights = 0;
  for (std::uint32_t item = 0; item < items; ++item) {
    if (work.taken[item] != 0 || weight(item) == 0) continue;
    work.left.push_back(item);
    weights += weight(item);
  }
  while (!full() && !work.left.empty()) {
    std::uint64_t rest = random.below(weights);
    std::size_t at = 0;
    while (rest >= weight(work.left[at])) rest -= weight(work.left[at++]);
    weights -= weight(work.left[at]);
    take(work.left[at]);
    work.left.erase(work.left.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

}  // namespace souk::eval
