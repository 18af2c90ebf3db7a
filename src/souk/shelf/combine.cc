#include "souk/shelf/combine.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace souk::shelf {
namespace {

// Collects items of several inputs, each once, with the sums of their scores and all their reasons.
class Merger {
 public:
  void open(Candidates& input) {
    sources_.clear();
    for (const std::string& name : input.source_names) sources_.push_back(merged_.source(name));
    if (!input.lexical || merged_.lexical) return;
    merged_.lexical = std::move(input.lexical);
    merged_.total_exact = input.total_exact;
  }

  void add(ItemId item, float score, std::span<const Reason> reasons) {
    const auto [place, fresh] = places_.try_emplace(index_of(item), merged_.size());
    if (fresh) {
      merged_.items.push_back(item);
      merged_.scores.push_back(0);
      merged_.reasons.emplace_back();
    }
    merged_.scores[place->second] += score;
    for (Reason reason : reasons) {
      reason.source = sources_[reason.source];
      merged_.reasons[place->second].push_back(reason);
    }
  }

  Candidates take() {
    sort_by_score(merged_);
    return std::move(merged_);
  }

 private:
  Candidates merged_;
  std::vector<std::uint16_t> sources_;  // of the open input -> of merged_
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

}  // namespace

Candidates blend(std::vector<Candidates> inputs, std::span<const float> weights) {
  Merger merger;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Candidates& input = inputs[i];
    merger.open(input);
    const float best = input.scores.empty() ? 0 : *std::max_element(input.scores.begin(), input.scores.end());
    for (std::size_t c = 0; c < input.size(); ++c) {
      merger.add(input.items[c], best > 0 ? weights[i] * input.scores[c] / best : 0, input.reasons[c]);
    }
  }
  return merger.take();
}

Candidates fuse(std::vector<Candidates> inputs, std::span<const float> weights) {
  Merger merger;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Candidates& input = inputs[i];
    merger.open(input);
    for (std::size_t c = 0; c < input.size(); ++c) {
      merger.add(input.items[c], weights[i] / (kRankConstant + static_cast<float>(c + 1)), input.reasons[c]);
    }
  }
  return merger.take();
}

void fill(Candidates& main, const Candidates& extra, std::size_t k) {
  if (main.size() >= k || extra.size() == 0) return;
  std::vector<std::uint32_t> present;
  present.reserve(main.size());
  for (const ItemId item : main.items) present.push_back(index_of(item));
  std::sort(present.begin(), present.end());
  std::vector<std::uint16_t> sources;
  for (const std::string& name : extra.source_names) sources.push_back(main.source(name));

  const float best = extra.scores.front();
  const bool first = main.size() == 0;
  const float last = first ? best : main.scores.back();
  const float scale = best > last && best > 0 ? std::max(last, 0.0F) / best : 1;
  for (std::size_t c = 0; c < extra.size() && main.size() < k; ++c) {
    if (std::binary_search(present.begin(), present.end(), index_of(extra.items[c]))) continue;
    main.items.push_back(extra.items[c]);
    main.scores.push_back(std::min(extra.scores[c] * scale, last));
    main.reasons.push_back(extra.reasons[c]);
    for (Reason& reason : main.reasons.back()) reason.source = sources[reason.source];
  }
}

void sort_by_score(Candidates& candidates) {
  std::vector<std::uint32_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return candidates.scores[a] > candidates.scores[b]; });
  candidates.keep(order);
}

}  // namespace souk::shelf
