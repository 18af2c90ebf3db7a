// A shelf is data: a graph of plan nodes. The usual shelf is written in shorthand and expanded to such a graph.
//
//   [shelves.for-you]
//   context  = "shopper"                      shopper | item | basket | query | none
//   retrieve = ["buy-again", "co-visit"]      each becomes a node of type "retrieve"
//   weights  = [1.0, 0.5]                     of the sources in the blend; default 1
//   relax    = "drop-words"                   what to ask instead when the sources find too little
//   fill     = ["popular"]                    only where the sources above leave places empty
//   filter   = "availability = in_stock"      joined with the request's filter
//   score    = ["popularity"]                 scorers, one after the other; each replaces the scores, or with
//   score_weights = [0.5]                     adds this much of its own to them
//   cut      = {ratio = 0.2}                  drops what scores less than this share of the best
//   arrange  = ["one-per-group"]   k = 10
//   truth    = "purchase"   repeats = "keep"  how it is judged
//   [shelves.for-you.settings.co-visit]       settings of a node, by its name
// or, in full:
//   nodes = [{id = "a", type = "retrieve", name = "co-visit", k = 200}, {id = "b", type = "blend", in = ["a", ...], weights = [...]}, ...]
//
// Node types: retrieve, blend (score / best score of the source, times weight, summed), fuse (reciprocal rank), fill (the first input,
// completed by the others in order), filter (keeps what an expression holds for), relax (asks its input again, for less, when it finds too
// little), score, arrange, cut (the first k, what scores at least `score`, or `ratio` times the best). The one node that no other reads is
// the answer.
//
// A request may choose the order itself (sort): then nodes that would change it pass on what they get: score, arrangers that reorder, cuts
// by score; blend and fuse pass on their first input with a lexical answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/result.h"
#include "souk/index/schema.h"
#include "souk/shelf/shelf.h"

namespace souk::shelf {

enum class Context : std::uint8_t { none, shopper, item, basket, query };
std::string_view name_of(Context context);

struct ShelfSpec {  // a shelf as declared: checked, not yet made
  std::string name;
  Context context = Context::none;
  std::size_t k = 10;
  store::EventKind truth = store::EventKind::purchase;
  bool repeats = true;  // "keep": items of the history may be shown (and are judged)
  Config source;
  static Result<ShelfSpec> from_config(const std::string& name, const Config& config);
};

struct NodeTiming {
  std::string node;
  double milliseconds = 0;  // of its own, without its inputs
  std::size_t candidates = 0;
};

constexpr std::size_t kExplained = 100;  // candidates of an answer at most: each explanation takes as long as finding the words again

struct RunReport {
  bool explain = false;                  // asked of the run: fill explanations
  std::size_t next = 0;                  // the place of the whole answer behind the last candidate
  std::vector<NodeTiming> timings = {};  // of the nodes that ran, inputs first
  std::vector<index::Explanation> explanations =
      {};  // of the first kExplained candidates: how each score came about, from the answer back to the sources
};

class Plan {  // immutable, thread-safe
 public:
  // Errors name the shelf, the line and what is unknown (nodes, retrievers, fields of the filter).
  static Result<std::shared_ptr<const Plan>> make(const ShelfSpec& spec, const Registry& registry, const index::Schema& schema);
  ~Plan();
  const ShelfSpec& spec() const;
  // Runs the graph: at most request.k candidates from the place that offset and after say. report may be null.
  Result<Candidates> run(const Request& request, const ShopView& view, RunReport* report = nullptr) const;
  std::string to_json() const;  // the graph, as /v1/config/shelves shows it

 private:
  struct Impl;
  class Run;
  explicit Plan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::shelf
