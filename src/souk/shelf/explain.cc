#include "souk/shelf/explain.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "souk/shelf/combine.h"

namespace souk::shelf {

Explainer::Explainer(const Graph& graph, std::span<const std::unique_ptr<Retriever>> retrievers, std::span<const NodeTrace> traces,
                     const ShopView& view)
    : graph_(graph), retrievers_(retrievers), traces_(traces), view_(view), places_(traces.size()) {
  for (std::size_t at = 0; at < traces.size(); ++at) {
    const std::vector<ItemId>& items = traces[at].after.items;
    for (std::uint32_t i = 0; i < items.size(); ++i) places_[at].try_emplace(index_of(items[i]), i);
  }
}

std::optional<std::uint32_t> Explainer::place(std::uint32_t at, ItemId item) const {
  const auto found = places_[at].find(index_of(item));
  return found == places_[at].end() ? std::nullopt : std::optional(found->second);
}

float Explainer::score(std::uint32_t at, ItemId item) const {
  const auto stands = place(at, item);
  return stands ? traces_[at].after.scores[*stands] : 0;
}

Result<index::Explanation> Explainer::explain(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  switch (node.type) {
    case NodeType::retrieve:
      return source(at, item);
    case NodeType::blend:
    case NodeType::fuse:
      return joined(at, item);
    case NodeType::fill:
      return filled(at, item);
    case NodeType::score:
      return scored(at, item);
    case NodeType::arrange:
      return arranged(at, item);
    case NodeType::filter:
    case NodeType::relax:
    case NodeType::cut:
      break;
  }
  return explain(node.in.front(), item);
}

Result<index::Explanation> Explainer::source(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  index::Explanation whole{score(at, item), fmt::format("{}, in its own scale", node.id), {}};
  if (!traces_[at].asked) return whole;
  SOUK_TRY(auto own, retrievers_[at]->explain(*traces_[at].asked, item, view_));
  if (!own) return whole;
  whole.what = fmt::format("{}: {}", node.id, own->what);
  whole.parts = std::move(own->parts);
  return whole;
}

Result<index::Explanation> Explainer::joined(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  index::Explanation whole{score(at, item), {}, {}};
  if (traces_[at].passed) {
    for (const std::uint32_t input : node.in) {
      if (traces_[input].after.lexical) return explain(input, item);
    }
  }
  for (std::size_t i = 0; i < node.in.size(); ++i) {
    const std::uint32_t input = node.in[i];
    const auto stands = place(input, item);
    if (!stands) continue;
    index::Explanation part;
    if (node.type == NodeType::blend) {
      const std::vector<float>& scores = traces_[input].after.scores;
      const float best = *std::max_element(scores.begin(), scores.end()), own = scores[*stands];
      part.value = best > 0 ? node.weights[i] * own / best : 0;
      part.what = fmt::format("weight {} x {} / {}, the best of {}", node.weights[i], own, best, graph_.nodes[input].id);
    } else {
      part.value = node.weights[i] / (kRankConstant + static_cast<float>(*stands + 1));
      part.what = fmt::format("weight {} / ({} + {}), place {} of {}", node.weights[i], kRankConstant, *stands + 1, *stands + 1,
                              graph_.nodes[input].id);
    }
    SOUK_TRY(auto below, explain(input, item));
    part.parts.push_back(std::move(below));
    whole.parts.push_back(std::move(part));
  }
  whole.what = fmt::format("{}, the sum of {}", node.id, node.type == NodeType::blend ? "weighted shares of the best" : "reciprocal ranks");
  return whole;
}

Result<index::Explanation> Explainer::filled(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  if (place(node.in.front(), item)) return explain(node.in.front(), item);
  index::Explanation whole{score(at, item), fmt::format("{}, a place left empty, never above those before it", node.id), {}};
  for (std::size_t i = 1; i < node.in.size(); ++i) {
    if (!place(node.in[i], item)) continue;
    SOUK_TRY(auto below, explain(node.in[i], item));
    whole.parts.push_back(std::move(below));
    break;
  }
  return whole;
}

Result<index::Explanation> Explainer::scored(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  SOUK_TRY(auto below, explain(node.in.front(), item));
  const auto own = traces_[at].own.find(index_of(item));
  if (own == traces_[at].own.end()) return below;  // passed on as it was
  index::Explanation whole{score(at, item), {}, {}};
  if (node.weight) {
    whole.what = "sum";
    whole.parts.push_back(std::move(below));
    whole.parts.push_back({*node.weight * own->second, fmt::format("weight {} x {}, by {}", *node.weight, own->second, node.id), {}});
  } else {
    whole.what = fmt::format("{}, instead of", node.id);
    whole.parts.push_back(std::move(below));
  }
  return whole;
}

Result<index::Explanation> Explainer::arranged(std::uint32_t at, ItemId item) const {
  const Node& node = graph_.nodes[at];
  const std::uint32_t input = node.in.front();
  SOUK_TRY(auto below, explain(input, item));
  const auto before = place(input, item), after = place(at, item);
  if (!before || !after || score(input, item) == score(at, item)) return below;
  index::Explanation whole{score(at, item), {}, {}};
  whole.what = fmt::format("{}, from place {} to {}; the scores stay with the places", node.id, *before + 1, *after + 1);
  whole.parts.push_back(std::move(below));
  return whole;
}

}  // namespace souk::shelf
