// How the scores of an answer came about: what each node of a run gave, and the tree that is read from it, from the answer back to the
// sources.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "souk/shelf/graph.h"
#include "souk/shelf/shelf.h"

namespace souk::shelf {

// What one node did in a run that is to be explained.
struct NodeTrace {
  Candidates after;
  std::optional<Request> asked;                  // of retrieve: the request as it saw it
  std::unordered_map<std::uint32_t, float> own;  // of score: what the scorer said, by item
  bool passed = false;                           // of blend and fuse: passed on its first input with a lexical answer
};

class Explainer {  // borrows its arguments
 public:
  // By node: retrievers (null for other nodes), traces.
  Explainer(const Graph& graph, std::span<const std::unique_ptr<Retriever>> retrievers, std::span<const NodeTrace> traces,
            const ShopView& view);
  // Of an item that node `at` answered; its value is the score it had there.
  Result<index::Explanation> explain(std::uint32_t at, ItemId item) const;

 private:
  using Places = std::unordered_map<std::uint32_t, std::uint32_t>;  // item -> place
  std::optional<std::uint32_t> place(std::uint32_t at, ItemId item) const;
  float score(std::uint32_t at, ItemId item) const;
  Result<index::Explanation> source(std::uint32_t at, ItemId item) const;
  Result<index::Explanation> joined(std::uint32_t at, ItemId item) const;
  Result<index::Explanation> filled(std::uint32_t at, ItemId item) const;
  Result<index::Explanation> scored(std::uint32_t at, ItemId item) const;
  Result<index::Explanation> arranged(std::uint32_t at, ItemId item) const;

  const Graph& graph_;
  std::span<const std::unique_ptr<Retriever>> retrievers_;
  std::span<const NodeTrace> traces_;
  const ShopView& view_;
  std::vector<Places> places_;  // by node
};

}  // namespace souk::shelf
