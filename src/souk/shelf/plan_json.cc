#include "souk/shelf/plan_json.h"

#include <fmt/format.h>

#include "souk/base/json_text.h"

namespace souk::shelf {
namespace {

std::string node_json(const Node& node) {
  std::string json = fmt::format("{{\"id\":{},\"type\":\"{}\"", json_string(node.id), name_of(node.type));
  if (!node.name.empty()) json += fmt::format(",\"name\":{}", json_string(node.name));
  if (!node.reads.empty()) {
    std::vector<std::string> reads;
    for (const std::string& id : node.reads) reads.push_back(json_string(id));
    json += fmt::format(",\"in\":[{}]", fmt::join(reads, ","));
  }
  if (!node.weights.empty()) json += fmt::format(",\"weights\":[{}]", fmt::join(node.weights, ","));
  if (node.k > 0) json += fmt::format(",\"k\":{}", node.k);
  if (!node.filter.empty()) json += fmt::format(",\"filter\":{}", json_string(node.filter));
  if (node.weight) json += fmt::format(",\"weight\":{}", *node.weight);
  if (node.ratio) json += fmt::format(",\"ratio\":{}", *node.ratio);
  if (node.least) json += fmt::format(",\"score\":{}", *node.least);
  if (!node.settings.keys().empty()) json += fmt::format(",\"settings\":{}", node.settings.to_json());
  return json + '}';
}

}  // namespace

std::string plan_json(const ShelfSpec& spec, const std::string& filter, const Graph& graph) {
  std::vector<std::string> nodes;
  for (const Node& node : graph.nodes) nodes.push_back(node_json(node));
  return fmt::format("{{\"shelf\":{},\"context\":\"{}\",\"k\":{},\"truth\":\"{}\",\"repeats\":\"{}\",\"filter\":{},\"nodes\":[{}]}}",
                     json_string(spec.name), name_of(spec.context), spec.k, store::name_of(spec.truth), spec.repeats ? "keep" : "mask",
                     json_string(filter), fmt::join(nodes, ","));
}

}  // namespace souk::shelf
