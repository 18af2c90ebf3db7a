// The plan graph of a shelf as data: read from its declaration, shorthand expanded, inputs linked and checked. Nothing is made yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/result.h"
#include "souk/shelf/plan.h"

namespace souk::shelf {

enum class NodeType : std::uint8_t { retrieve, blend, fuse, fill, filter, relax, score, arrange, cut };
std::string_view name_of(NodeType type);

struct Node {
  std::string id;  // unique in the graph
  NodeType type = NodeType::retrieve;
  std::string name;                // of the retriever, relaxer, scorer or arranger; else empty
  std::vector<std::string> reads;  // ids of the inputs
  std::vector<std::uint32_t> in;   // the same as positions in Graph::nodes, filled by linking
  std::vector<float> weights;      // of blend and fuse: one an input
  std::size_t k = 0;               // 0: as many as the request needs
  std::string filter;              // of a filter node
  std::optional<float> weight;     // of score: times the scorer's scores is added; none: they replace the old ones
  std::optional<float> ratio;      // of cut: the least share of the best score, above 0, at most 1
  std::optional<float> least;      // of cut: the least score
  Config settings;
  std::string where;  // file, line and column of the declaration, for messages
};

struct Graph {
  std::vector<Node> nodes;  // inputs stand before their readers; the last node is the answer
};

// Errors name the shelf, the place in the file and the node: unknown types and keys, inputs that do not exist, cycles, nodes nobody
// reads, settings of no node, weights that do not match.
Result<Graph> read_graph(const ShelfSpec& spec);

// Puts the shelf's name before an error's text and fills its place when it has none.
Error in_shelf(const ShelfSpec& spec, Error error, const std::string& where);

}  // namespace souk::shelf
