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
#include "souk/shelf/explain.h"
#include "souk/shelf/graph.h"
#include "souk/shelf/paging.h"
#include "souk/shelf/plan_json.h"

namespace souk::shelf {
namespace {

// Candidates retrieved at least when something after the retrieval drops or reorders them.
constexpr std::size_t kDepth = 200;
// How far the end of the page before may have moved down since, at least.
constexpr std::size_t kDrift = 200;

void cut(Candidates& candidates, std::size_t count) {
  if (count >= candidates.size()) return;
  std::vector<std::uint32_t> positions(count);
  std::iota(positions.begin(), positions.end(), 0U);
  candidates.keep(positions);
}

// How many candidates, which stand best first, reach the bar of a cut. A best score that is not positive is no measure for the others.
std::size_t above_bar(const Node& node, const Candidates& candidates) {
  const std::vector<float>& scores = candidates.scores;
  const float best = scores.empty() ? 0 : scores.front();
  const auto is_low = [&](float score) {
    return (node.least && score < *node.least) || (node.ratio && best > 0 && score < *node.ratio * best);
  };
  return static_cast<std::size_t>(std::find_if(scores.begin(), scores.end(), is_low) - scores.begin());
}

// Cuts, and keeps the total in step: below the bar nothing can follow; above it, what was not retrieved may stand on either side.
void cut_at(const Node& node, bool by_score, Candidates& candidates) {
  const std::size_t before = candidates.size();
  if (by_score) cut(candidates, above_bar(node, candidates));
  const bool below = candidates.size() < before;
  if (node.k > 0) cut(candidates, node.k);
  if (!candidates.lexical) return;
  std::uint64_t& total = candidates.lexical->total;
  if (by_score && !below && before < total) candidates.total_exact = false;
  if (below) total = candidates.size();
  if (node.k > 0) total = std::min<std::uint64_t>(total, node.k);
}

// Keeps the total in step when a node dropped some of `before` candidates. `all`: it may drop others of those that were not retrieved.
void count_dropped(Candidates& candidates, std::size_t before, bool all) {
  if (!candidates.lexical) return;
  std::uint64_t& total = candidates.lexical->total;
  const std::size_t dropped = before - candidates.size();
  if (before < total && (dropped > 0 || all)) candidates.total_exact = false;
  total = before < total ? total - dropped : dropped > 0 ? candidates.size() : total;
}

std::size_t found_by(const Candidates& candidates) {
  return candidates.lexical ? candidates.lexical->total : candidates.size();
}

// The place of an expression in the file, and the column inside the expression.
Error in_filter(const ShelfSpec& spec, Error error, const std::string& where) {
  error.where = error.where.empty() ? where : fmt::format("{}: {}", where, error.where);
  return in_shelf(spec, std::move(error), {});
}

}  // namespace

struct Plan::Impl {
  ShelfSpec spec;
  std::string filter_text;
  index::FilterPtr filter;
  Graph graph;
  // By node; null where the node's type has none.
  std::vector<std::unique_ptr<Retriever>> retrievers;
  std::vector<std::unique_ptr<Relaxer>> relaxers;
  std::vector<std::unique_ptr<Scorer>> scorers;
  std::vector<std::unique_ptr<Arranger>> arrangers;
  std::vector<index::FilterPtr> filters;
  std::vector<std::uint32_t> readers;  // of each node's candidates
  bool reorders = false;               // some node drops or reorders what was retrieved

  Status make_nodes(const Registry& registry, const index::Schema& schema);
  Request effective(const Request& request) const;
};

Status Plan::Impl::make_nodes(const Registry& registry, const index::Schema& schema) {
  const std::size_t count = graph.nodes.size();
  retrievers.resize(count);
  relaxers.resize(count);
  filters.resize(count);
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
    if (node.type == NodeType::relax) keep(&Registry::relaxer, relaxers[at]);
    if (node.type == NodeType::score) keep(&Registry::scorer, scorers[at]);
    if (node.type == NodeType::arrange) keep(&Registry::arranger, arrangers[at]);
    SOUK_CHECK(std::move(made));
    if (node.type == NodeType::filter) {
      auto parsed = index::parse_filter(node.filter, schema);
      if (!parsed) return fail(in_filter(spec, std::move(parsed).error(), node.where));
      filters[at] = *std::move(parsed);
    }
    const bool orderly = node.type == NodeType::retrieve || node.type == NodeType::fill || node.type == NodeType::relax;
    const bool only_first = node.type == NodeType::cut && !node.ratio && !node.least;
    reorders = reorders || !(orderly || only_first);
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
  // report and traces (one a node) may be null.
  Run(const Plan::Impl& plan, const Request& request, const ShopView& view, RunReport* report, std::vector<NodeTrace>* traces);
  Result<Candidates> node(std::uint32_t at);

 private:
  using Clock = std::chrono::steady_clock;
  Result<Candidates> evaluate(std::uint32_t at);
  Result<Candidates> retrieve(std::uint32_t at);
  Result<Candidates> join(std::uint32_t at);
  Result<Candidates> filled(const Node& node);
  Result<Candidates> relaxed(std::uint32_t at);
  Result<Candidates> asked_otherwise(std::uint32_t input, const Request& request);
  Status change(std::uint32_t at, Candidates& candidates);
  Status rescore(std::uint32_t at, Candidates& candidates);
  Result<const Roaring*> allowed();
  void keep_eligible(Candidates& candidates, const Roaring* bitmap) const;
  void note(std::uint32_t at, Clock::duration own);
  bool ordered() const { return !request_.lexical.sort.empty(); }

  const Plan::Impl& plan_;
  const Request& request_;
  const ShopView& view_;
  RunReport* report_;
  std::vector<NodeTrace>* traces_;
  std::size_t depth_;
  std::vector<std::optional<Candidates>> done_;
  std::vector<std::uint32_t> readers_left_;
  std::optional<Roaring> allowed_;
  Clock::duration inside_{};  // time spent in nodes that are finished, to tell a node's own time
};

Plan::Run::Run(const Plan::Impl& plan, const Request& request, const ShopView& view, RunReport* report, std::vector<NodeTrace>* traces)
    : plan_(plan),
      request_(request),
      view_(view),
      report_(report),
      traces_(traces),
      done_(plan.graph.nodes.size()),
      readers_left_(plan.readers) {
  const std::size_t drift = request.after.empty() ? 0 : std::max(kDrift, request.offset / 4);
  const std::size_t need = request.offset + request.k + drift;
  depth_ = plan.reorders ? std::max(kDepth, 2 * need) : need;
}

Result<Candidates> Plan::Run::node(std::uint32_t at) {
  if (!done_[at]) {
    const auto inside_before = inside_;
    const auto start = Clock::now();
    SOUK_TRY(done_[at], evaluate(at));
    const auto whole = Clock::now() - start;
    note(at, whole - (inside_ - inside_before));
    inside_ = inside_before + whole;
  }
  if (readers_left_[at] > 1) {
    --readers_left_[at];
    return *done_[at];
  }
  return *std::move(done_[at]);
}

// A node that a relax node ran twice counts once, with what it gave at last.
void Plan::Run::note(std::uint32_t at, Clock::duration own) {
  if (traces_ != nullptr) (*traces_)[at].after = *done_[at];
  if (report_ == nullptr) return;
  const std::string& id = plan_.graph.nodes[at].id;
  auto timing = std::find_if(report_->timings.begin(), report_->timings.end(), [&](const NodeTiming& known) { return known.node == id; });
  if (timing == report_->timings.end()) timing = report_->timings.insert(timing, NodeTiming{id, 0, 0});
  timing->milliseconds += std::chrono::duration<double, std::milli>(own).count();
  timing->candidates = done_[at]->size();
}

Result<Candidates> Plan::Run::evaluate(std::uint32_t at) {
  const Node& node = plan_.graph.nodes[at];
  switch (node.type) {
    case NodeType::retrieve:
      return retrieve(at);
    case NodeType::blend:
    case NodeType::fuse:
      return join(at);
    case NodeType::fill:
      return filled(node);
    case NodeType::relax:
      return relaxed(at);
    case NodeType::filter:
    case NodeType::score:
    case NodeType::arrange:
    case NodeType::cut:
      break;
  }
  SOUK_TRY(Candidates candidates, this->node(node.in.front()));
  SOUK_CHECK(change(at, candidates));
  return candidates;
}

// What the nodes with one input do to it.
Status Plan::Run::change(std::uint32_t at, Candidates& candidates) {
  const Node& node = plan_.graph.nodes[at];
  const std::size_t before = candidates.size();
  if (node.type == NodeType::cut) {
    cut_at(node, !ordered() && (node.ratio || node.least), candidates);
  } else if (node.type == NodeType::filter) {
    SOUK_TRY(const Roaring bitmap, view_.lexical->matching(plan_.filters[at], request_.market, request_.now, view_.stats));
    keep_eligible(candidates, &bitmap);
    count_dropped(candidates, before, true);
  } else if (node.type == NodeType::arrange) {
    const Arranger& arranger = *plan_.arrangers[at];
    if (ordered() && !arranger.keeps_order()) return {};
    SOUK_CHECK(arranger.arrange(request_, candidates, view_));
    count_dropped(candidates, before, false);
  } else if (!ordered()) {
    SOUK_CHECK(rescore(at, candidates));
  }
  return {};
}

Status Plan::Run::rescore(std::uint32_t at, Candidates& candidates) {
  const Node& node = plan_.graph.nodes[at];
  const std::vector<float> before = candidates.scores;
  SOUK_CHECK(plan_.scorers[at]->score(request_, candidates, view_));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    float& score = candidates.scores[i];
    if (traces_ != nullptr) (*traces_)[at].own[index_of(candidates.items[i])] = score;
    if (node.weight) score = before[i] + *node.weight * score;
  }
  sort_by_score(candidates);
  return {};
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
  if (traces_ != nullptr) (*traces_)[at].asked = request_;
  return candidates;
}

Result<Candidates> Plan::Run::join(std::uint32_t at) {
  const Node& node = plan_.graph.nodes[at];
  std::vector<Candidates> inputs;
  for (const std::uint32_t input : node.in) {
    SOUK_TRY(Candidates candidates, this->node(input));
    if (ordered() && candidates.lexical) {
      if (traces_ != nullptr) (*traces_)[at].passed = true;
      return candidates;
    }
    inputs.push_back(std::move(candidates));
  }
  return node.type == NodeType::blend ? blend(std::move(inputs), node.weights) : fuse(std::move(inputs), node.weights);
}

// All of the concepts first. Only when that finds too little, the relaxer is asked what to ask instead. A request that says itself how to
// match is left as it is, as is one whose words nobody read.
Result<Candidates> Plan::Run::relaxed(std::uint32_t at) {
  const std::uint32_t input = plan_.graph.nodes[at].in.front();
  if (request_.lexical.match != index::Match::automatic || request_.concepts.empty()) return node(input);
  Request strict = request_;
  strict.lexical.match = index::Match::all;
  SOUK_TRY(Candidates candidates, asked_otherwise(input, strict));
  const Relaxer& relaxer = *plan_.relaxers[at];
  const std::size_t found = found_by(candidates);
  if (found >= relaxer.enough()) return candidates;
  const auto count = [&](const Request& changed, std::size_t enough) -> Result<std::size_t> {
    Request asked = changed;
    asked.offset = 0;
    asked.k = enough;
    asked.after.clear();
    asked.lexical.facets.clear();
    SOUK_TRY(const Candidates hits, Run(plan_, asked, view_, nullptr, nullptr).node(input));
    return found_by(hits);
  };
  SOUK_TRY(const auto instead, relaxer.relax(strict, found, view_, count));
  if (!instead) return candidates;
  SOUK_TRY(candidates, asked_otherwise(input, instead->request));
  if (candidates.lexical) {
    auto& dropped = candidates.lexical->dropped;
    dropped.insert(dropped.begin(), instead->dropped.begin(), instead->dropped.end());
  }
  return candidates;
}

Result<Candidates> Plan::Run::asked_otherwise(std::uint32_t input, const Request& request) {
  Run run(plan_, request, view_, report_, traces_);
  auto candidates = run.node(input);
  inside_ += run.inside_;
  return candidates;
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
  if (!filter) return fail(in_filter(spec, std::move(filter).error(), spec.source.where("filter")));
  impl->filter = *std::move(filter);
  SOUK_TRY(impl->graph, read_graph(spec));
  SOUK_CHECK(impl->make_nodes(registry, schema));
  return std::shared_ptr<const Plan>(new Plan(std::move(impl)));
}

const ShelfSpec& Plan::spec() const {
  return impl_->spec;
}

Result<Candidates> Plan::run(const Request& request, const ShopView& view, RunReport* report) const {
  if (view.lexical == nullptr) return Candidates{};  // an empty shop: nothing can be shown
  const Request effective = impl_->effective(request);
  const auto answer = static_cast<std::uint32_t>(impl_->graph.nodes.size() - 1);
  const bool explain = report != nullptr && report->explain;
  std::vector<NodeTrace> traces(explain ? impl_->graph.nodes.size() : 0);
  Run run(*impl_, effective, view, report, explain ? &traces : nullptr);
  SOUK_TRY(Candidates candidates, run.node(answer));
  const std::vector<std::uint32_t> page = page_of(candidates.items, request.after, request.offset, request.k);
  if (report != nullptr) report->next = page.empty() ? candidates.size() : page.back() + std::size_t{1};
  if (page.size() < candidates.size()) candidates.keep(page);
  if (!explain) return candidates;
  const Explainer explainer(impl_->graph, impl_->retrievers, traces, view);
  for (const ItemId item : std::span(candidates.items).first(std::min(candidates.size(), kExplained))) {
    SOUK_TRY(auto explanation, explainer.explain(answer, item));
    report->explanations.push_back(std::move(explanation));
  }
  return candidates;
}

std::string Plan::to_json() const {
  return plan_json(impl_->spec, impl_->filter_text, impl_->graph);
}

}  // namespace souk::shelf
