#include "souk/shelf/plan.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <roaring/roaring.hh>
#include <utility>

#include "souk/shelf/combine.h"
#include "souk/shelf/eligible.h"
#include "souk/shelf/graph.h"
#include "souk/shelf/plan_json.h"

namespace souk::shelf {
namespace {

// Candidates retrieved at least when something after the retrieval drops or reorders them.
constexpr std::size_t kDepth = 200;

void cut(Candidates& candidates, std::size_t first, std::size_t count) {
  const std::size_t begin = std::min(first, candidates.size());
  const std::size_t end = begin + std::min(count, candidates.size() - begin);
  if (begin == 0 && end == candidates.size()) return;
  std::vector<std::uint32_t> positions(end - begin);
  std::iota(positions.begin(), positions.end(), static_cast<std::uint32_t>(begin));
  candidates.keep(positions);
}

}  // namespace

struct Plan::Impl {
  ShelfSpec spec;
  std::string filter_text;
  index::FilterPtr filter;
  Graph graph;
  // By node; null where the node's type has none.
  std::vector<std::unique_ptr<Retriever>> retrievers;
  std::vector<std::unique_ptr<Scorer>> scorers;
  std::vector<std::unique_ptr<Arranger>> arrangers;
  std::vector<std::uint32_t> readers;  // of each node's candidates
  bool reorders = false;               // some node drops or reorders what was retrieved

  Status make_nodes(const Registry& registry);
  Request effective(const Request& request) const;
};

Status Plan::Impl::make_nodes(const Registry& registry) {
  const std::size_t count = graph.nodes.size();
  retrievers.resize(count);
  scorers.resize(count);
  arrangers.resize(count);
  readers.assign(count, 0);
  for (std::size_t at = 0; at < count; ++at) {
    const Node& node = graph.nodes[at];
    for (const std::uint32_t input : node.in) ++readers[input];
    Status made;
    const auto keep = [&](auto maker, auto& place) {
      auto result = (registry.*maker)(node.name, node.settings);
      if (result) {
        place = *std::move(result);
      } else {
        made = fail(in_shelf(spec, std::move(result).error(), node.where));
      }
    };
    if (node.type == NodeType::retrieve) keep(&Registry::retriever, retrievers[at]);
    if (node.type == NodeType::score) keep(&Registry::scorer, scorers[at]);
    if (node.type == NodeType::arrange) keep(&Registry::arranger, arrangers[at]);
    SOUK_CHECK(std::move(made));
    reorders = reorders || (node.type != NodeType::retrieve && node.type != NodeType::fill && node.type != NodeType::cut);
  }
  return {};
}

// The request as the nodes see it: with the shelf's filter, and with everything excluded that may not come back.
Request Plan::Impl::effective(const Request& request) const {
  Request result = request;
  result.filter = index::both(filter, request.filter);
  auto& exclude = result.exclude;
  exclude.insert(exclude.end(), request.items.begin(), request.items.end());
  exclude.insert(exclude.end(), request.basket.begin(), request.basket.end());
  if (!spec.repeats) {
    for (const Past& past : request.past) exclude.push_back(past.item);
  }
  std::sort(exclude.begin(), exclude.end());
  exclude.erase(std::unique(exclude.begin(), exclude.end()), exclude.end());
  return result;
}

// One run of a plan: nodes are evaluated on demand from the answer backwards, so that a filler that is not needed costs nothing.
class Plan::Run {
 public:
  Run(const Plan::Impl& plan, const Request& request, const ShopView& view, std::vector<NodeTiming>* timings);
  Result<Candidates> node(std::uint32_t at);

 private:
  using Clock = std::chrono::steady_clock;
  Result<Candidates> evaluate(std::uint32_t at);
  Result<Candidates> retrieve(std::uint32_t at);
  Result<Candidates> join(const Node& node);
  Result<Candidates> filled(const Node& node);
  Result<const Roaring*> allowed();
  void keep_eligible(Candidates& candidates, const Roaring* bitmap) const;

  const Plan::Impl& plan_;
  const Request& request_;
  const ShopView& view_;
  std::vector<NodeTiming>* timings_;
  std::size_t depth_;
  std::vector<std::optional<Candidates>> done_;
  std::vector<std::uint32_t> readers_left_;
  std::optional<Roaring> allowed_;
  Clock::duration inside_{};  // time spent in nodes that are finished, to tell a node's own time
};

Plan::Run::Run(const Plan::Impl& plan, const Request& request, const ShopView& view, std::vector<NodeTiming>* timings)
    : plan_(plan), request_(request), view_(view), timings_(timings), done_(plan.graph.nodes.size()), readers_left_(plan.readers) {
  const std::size_t need = request.offset + request.k;
  depth_ = plan.reorders ? std::max(kDepth, 2 * need) : need;
}

Result<Candidates> Plan::Run::node(std::uint32_t at) {
  if (!done_[at]) {
    const auto inside_before = inside_;
    const auto start = Clock::now();
    SOUK_TRY(done_[at], evaluate(at));
    const auto whole = Clock::now() - start;
    if (timings_ != nullptr) {
      const std::chrono::duration<double, std::milli> own = whole - (inside_ - inside_before);
      timings_->push_back({plan_.graph.nodes[at].id, own.count(), done_[at]->size()});
    }
    inside_ = inside_before + whole;
  }
  if (readers_left_[at] > 1) {
    --readers_left_[at];
    return *done_[at];
  }
  return *std::move(done_[at]);
}

Result<Candidates> Plan::Run::evaluate(std::uint32_t at) {
  const Node& node = plan_.graph.nodes[at];
  switch (node.type) {
    case NodeType::retrieve:
      return retrieve(at);
    case NodeType::blend:
    case NodeType::fuse:
      return join(node);
    case NodeType::fill:
      return filled(node);
    case NodeType::score:
    case NodeType::arrange:
    case NodeType::cut:
      break;
  }
  SOUK_TRY(Candidates candidates, this->node(node.in.front()));
  if (node.type == NodeType::cut) {
    cut(candidates, 0, node.k);
  } else if (node.type == NodeType::arrange) {
    SOUK_CHECK(plan_.arrangers[at]->arrange(request_, candidates, view_));
  } else {
    SOUK_CHECK(plan_.scorers[at]->score(request_, candidates, view_));
    sort_by_score(candidates);
  }
  return candidates;
}

Result<Candidates> Plan::Run::retrieve(std::uint32_t at) {
  const Node& node = plan_.graph.nodes[at];
  const Retriever& retriever = *plan_.retrievers[at];
  const Roaring* bitmap = nullptr;
  if (!retriever.filters_itself()) {
    SOUK_TRY(bitmap, allowed());
  }
  SOUK_TRY(Candidates candidates, retriever.retrieve(request_, node.k > 0 ? node.k : depth_, bitmap, view_));
  keep_eligible(candidates, bitmap);
  return candidates;
}

Result<Candidates> Plan::Run::join(const Node& node) {
  std::vector<Candidates> inputs;
  for (const std::uint32_t input : node.in) {
    SOUK_TRY(Candidates candidates, this->node(input));
    inputs.push_back(std::move(candidates));
  }
  return node.type == NodeType::blend ? blend(std::move(inputs), node.weights) : fuse(std::move(inputs), node.weights);
}

Result<Candidates> Plan::Run::filled(const Node& node) {
  const std::size_t k = node.k > 0 ? node.k : depth_;
  SOUK_TRY(Candidates candidates, this->node(node.in.front()));
  for (std::size_t i = 1; i < node.in.size() && candidates.size() < k; ++i) {
    SOUK_TRY(const Candidates extra, this->node(node.in[i]));
    fill(candidates, extra, k);
  }
  return candidates;
}

// The items for which the filter holds, and what was chosen of the facets: lexical retrieval treats those apart, for its counts.
Result<const Roaring*> Plan::Run::allowed() {
  if (!allowed_) {
    index::FilterPtr filter = request_.filter;
    for (const auto& [field, chosen] : request_.lexical.facet_filters) filter = index::both(std::move(filter), chosen);
    if (filter == nullptr) return nullptr;
    SOUK_TRY(allowed_, view_.lexical->matching(filter, request_.market, request_.now, view_.stats));
  }
  return &*allowed_;
}

void Plan::Run::keep_eligible(Candidates& candidates, const Roaring* bitmap) const {
  const Eligible eligible(request_, bitmap, view_);
  std::vector<std::uint32_t> kept;
  kept.reserve(candidates.size());
  for (std::uint32_t at = 0; at < candidates.size(); ++at) {
    if (eligible(candidates.items[at])) kept.push_back(at);
  }
  if (kept.size() < candidates.size()) candidates.keep(kept);
}

Plan::Plan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Plan::~Plan() = default;

Result<std::shared_ptr<const Plan>> Plan::make(const ShelfSpec& spec, const Registry& registry, const index::Schema& schema) {
  auto impl = std::make_unique<Impl>();
  impl->spec = spec;
  SOUK_TRY(impl->filter_text, spec.source.text("filter", ""));
  auto filter = index::parse_filter(impl->filter_text, schema);
  if (!filter) {
    // The place in the file, and the column inside the expression.
    Error error = std::move(filter).error();
    error.where = error.where.empty() ? spec.source.where("filter") : fmt::format("{}: {}", spec.source.where("filter"), error.where);
    return fail(in_shelf(spec, std::move(error), {}));
  }
  impl->filter = *std::move(filter);
  SOUK_TRY(impl->graph, read_graph(spec));
  SOUK_CHECK(impl->make_nodes(registry));
  return std::shared_ptr<const Plan>(new Plan(std::move(impl)));
}

const ShelfSpec& Plan::spec() const {
  return impl_->spec;
}

Result<Candidates> Plan::run(const Request& request, const ShopView& view, std::vector<NodeTiming>* timings) const {
  if (view.lexical == nullptr) return Candidates{};  // an empty shop: nothing can be shown
  const Request effective = impl_->effective(request);
  Run run(*impl_, effective, view, timings);
  SOUK_TRY(Candidates candidates, run.node(static_cast<std::uint32_t>(impl_->graph.nodes.size() - 1)));
  cut(candidates, request.offset, request.k);
  return candidates;
}

std::string Plan::to_json() const {
  return plan_json(impl_->spec, impl_->filter_text, impl_->graph);
}

}  // namespace souk::shelf
