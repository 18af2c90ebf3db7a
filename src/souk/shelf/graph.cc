#include "souk/shelf/graph.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>

namespace souk::shelf {
namespace {

constexpr std::array<std::string_view, 9> kTypes = {"retrieve", "blend", "fuse", "fill", "filter", "relax", "score", "arrange", "cut"};
constexpr std::int64_t kDeepest = 10'000;
constexpr std::size_t kMostNodes = 100;

std::string meant(std::string_view name, const std::vector<std::string>& known) {
  const auto near = nearest_name(name, known);
  return near ? fmt::format("Did you mean '{}'?", *near) : std::string();
}

Error invalid(std::string what, std::string where, std::string hint = {}) {
  return {
      .kind = ErrorKind::invalid, .what = std::move(what), .where = std::move(where), .expected = {}, .found = {}, .hint = std::move(hint)};
}

Status check_one_each(const Config& config, std::string_view key, std::string_view of, std::size_t expected, std::size_t found) {
  if (expected == found) return {};
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = "wrong number of weights",
                    .where = config.where(key),
                    .expected = fmt::format("{}, one a {}", expected, of),
                    .found = std::to_string(found),
                    .hint = {}});
}

// Weights of `inputs` sources under key "weights": all 1 when absent.
Result<std::vector<float>> read_weights(const Config& config, std::size_t inputs) {
  SOUK_TRY(const auto given, config.numbers("weights", std::vector<double>(inputs, 1.0)));
  SOUK_CHECK(check_one_each(config, "weights", "source", inputs, given.size()));
  std::vector<float> weights;
  for (const double weight : given) {
    if (!(weight > 0))
      return fail(Error{ErrorKind::invalid, "wrong weight", config.where("weights"), "a number above 0", fmt::format("{}", weight), {}});
    weights.push_back(static_cast<float>(weight));
  }
  return weights;
}

// What a node of type score says of its weight: below 0, what the scorer likes goes down.
Result<std::optional<float>> read_score_weight(const Config& config) {
  if (!config.has("weight")) return std::optional<float>();
  SOUK_TRY(const double weight, config.number("weight", 1));
  return std::optional(static_cast<float>(weight));
}

// Where a cut is made, under the keys of `config` (a node, or the table `cut` of the shorthand).
Status read_cut(const Config& config, Node& node) {
  if (config.has("ratio")) {
    SOUK_TRY(const double ratio, config.number("ratio", 0));
    if (!(ratio > 0 && ratio <= 1)) {
      return fail(Error{ErrorKind::invalid,
                        fmt::format("wrong ratio of node '{}'", node.id),
                        config.where("ratio"),
                        "a number above 0, at most 1",
                        fmt::format("{}", ratio),
                        {}});
    }
    node.ratio = static_cast<float>(ratio);
  }
  if (config.has("score")) {
    SOUK_TRY(const double least, config.number("score", 0));
    node.least = static_cast<float>(least);
  }
  if (node.k > 0 || node.ratio || node.least) return {};
  return fail(Error{ErrorKind::invalid,
                    fmt::format("node '{}' does not say where it cuts", node.id),
                    node.where,
                    "k = ..., ratio = ... or score = ...",
                    {},
                    {}});
}

// The usual shelf: retrieve -> blend -> relax -> fill -> score -> cut -> arrange.
class Shorthand {
 public:
  explicit Shorthand(const Config& config) : config_(config) {}

  Result<std::vector<Node>> expand() {
    SOUK_TRY(const auto sources, config_.texts("retrieve", {}));
    SOUK_TRY(const auto fills, config_.texts("fill", {}));
    SOUK_TRY(const auto scorers, config_.texts("score", {}));
    SOUK_TRY(const auto arrangers, config_.texts("arrange", {}));
    if (sources.empty()) {
      return fail(Error{
          ErrorKind::invalid, "the shelf retrieves nothing", config_.where("retrieve"), "retrieve = [\"...\"] or nodes = [...]", {}, {}});
    }
    SOUK_TRY(auto weights, read_weights(config_, sources.size()));
    std::vector<std::string> last = add_all("retrieve", NodeType::retrieve, sources);
    if (last.size() > 1) {
      add("retrieve", "blend", NodeType::blend, {}, std::exchange(last, {"blend"}));
      nodes_.back().weights = std::move(weights);
    }
    SOUK_TRY(const std::string relaxer, config_.text("relax", ""));
    if (!relaxer.empty()) add("relax", relaxer, NodeType::relax, relaxer, std::exchange(last, {relaxer}));
    if (!fills.empty()) {
      for (std::string& id : add_all("fill", NodeType::retrieve, fills)) last.push_back(std::move(id));
      add("fill", "fill", NodeType::fill, {}, std::exchange(last, {"fill"}));
    }
    SOUK_CHECK(add_scorers(scorers, last));
    if (config_.has("cut")) {
      const Config cut = config_.table("cut");
      SOUK_CHECK(cut.only({"ratio", "score"}));
      add("cut", "cut", NodeType::cut, {}, std::exchange(last, {"cut"}));
      SOUK_CHECK(read_cut(cut, nodes_.back()));
    }
    for (const std::string& name : arrangers) add("arrange", name, NodeType::arrange, name, std::exchange(last, {name}));
    return std::move(nodes_);
  }

 private:
  void add(std::string_view key, std::string id, NodeType type, std::string name, std::vector<std::string> reads) {
    Node node;
    node.id = std::move(id);
    node.type = type;
    node.name = std::move(name);
    node.reads = std::move(reads);
    node.where = config_.where(key);
    nodes_.push_back(std::move(node));
  }
  Status add_scorers(const std::vector<std::string>& scorers, std::vector<std::string>& last) {
    SOUK_TRY(const auto weights, config_.numbers("score_weights", {}));
    if (config_.has("score_weights")) {
      SOUK_CHECK(check_one_each(config_, "score_weights", "scorer", scorers.size(), weights.size()));
    }
    for (std::size_t i = 0; i < scorers.size(); ++i) {
      add("score", scorers[i], NodeType::score, scorers[i], std::exchange(last, {scorers[i]}));
      if (!weights.empty()) nodes_.back().weight = static_cast<float>(weights[i]);
    }
    return {};
  }
  std::vector<std::string> add_all(std::string_view key, NodeType type, const std::vector<std::string>& names) {
    for (const std::string& name : names) add(key, name, type, name, {});
    return names;
  }

  const Config& config_;
  std::vector<Node> nodes_;
};

std::vector<std::string_view> keys_of(NodeType type) {
  switch (type) {
    case NodeType::retrieve:
      return {"id", "type", "name", "k"};
    case NodeType::blend:
    case NodeType::fuse:
      return {"id", "type", "in", "weights"};
    case NodeType::fill:
      return {"id", "type", "in", "k"};
    case NodeType::cut:
      return {"id", "type", "in", "k", "ratio", "score"};
    case NodeType::filter:
      return {"id", "type", "in", "filter"};
    case NodeType::score:
      return {"id", "type", "name", "in", "weight"};
    case NodeType::relax:
    case NodeType::arrange:
      break;
  }
  return {"id", "type", "name", "in"};
}

Result<NodeType> read_type(const Config& config) {
  SOUK_TRY(const std::string word, config.text("type", ""));
  const auto found = std::find(kTypes.begin(), kTypes.end(), word);
  if (found != kTypes.end()) return static_cast<NodeType>(found - kTypes.begin());
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = word.empty() ? "a node without type" : "unknown node type",
                    .where = config.where("type"),
                    .expected = fmt::format("one of {}", fmt::join(kTypes, ", ")),
                    .found = word.empty() ? std::string() : fmt::format("'{}'", word),
                    .hint = meant(word, {kTypes.begin(), kTypes.end()})});
}

// Does a node of this type run something of the registry?
bool is_named(NodeType type) {
  return type == NodeType::retrieve || type == NodeType::relax || type == NodeType::score || type == NodeType::arrange;
}

Result<Node> read_node(const Config& config) {
  Node node;
  node.where = config.where();
  SOUK_TRY(node.id, config.text("id", ""));
  if (node.id.empty()) return fail(Error{ErrorKind::invalid, "a node without id", node.where, "id = \"...\"", {}, {}});
  SOUK_TRY(node.type, read_type(config));
  SOUK_CHECK(config.only(keys_of(node.type)));
  SOUK_TRY(node.name, config.text("name", ""));
  SOUK_TRY(node.reads, config.texts("in", {}));
  if (is_named(node.type) && node.name.empty()) {
    return fail(Error{ErrorKind::invalid,
                      fmt::format("node '{}' does not say which {} it runs", node.id, name_of(node.type)),
                      node.where,
                      "name = \"...\"",
                      {},
                      {}});
  }
  if (node.type == NodeType::blend || node.type == NodeType::fuse) {
    SOUK_TRY(node.weights, read_weights(config, node.reads.size()));
  }
  SOUK_TRY(const std::int64_t k, config.integer("k", 0));
  if (config.has("k") && (k < 1 || k > kDeepest)) {
    return fail(Error{ErrorKind::invalid,
                      fmt::format("wrong k of node '{}'", node.id),
                      config.where("k"),
                      fmt::format("a number from 1 to {}", kDeepest),
                      std::to_string(k),
                      {}});
  }
  node.k = static_cast<std::size_t>(k);
  if (node.type == NodeType::cut) SOUK_CHECK(read_cut(config, node));
  if (node.type == NodeType::score) {
    SOUK_TRY(node.weight, read_score_weight(config));
  }
  if (node.type == NodeType::filter) {
    SOUK_TRY(node.filter, config.text("filter", ""));
    if (node.filter.find_first_not_of(" \t\r\n") == std::string::npos) {
      return fail(
          Error{ErrorKind::invalid, fmt::format("node '{}' does not say what it keeps", node.id), node.where, "filter = \"...\"", {}, {}});
    }
  }
  return node;
}

Result<std::vector<Node>> read_nodes(const Config& config) {
  for (const std::string_view key : {"retrieve", "weights", "relax", "fill", "score", "score_weights", "cut", "arrange"}) {
    if (config.has(key)) {
      return fail(invalid(fmt::format("'{}' stands beside 'nodes'", key), config.where(key), "Write the shelf in one of the two forms."));
    }
  }
  const std::vector<Config> tables = config.tables("nodes");
  if (tables.empty() || tables.size() > kMostNodes) {
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "wrong number of nodes",
                      .where = config.where("nodes"),
                      .expected = fmt::format("1 to {}", kMostNodes),
                      .found = std::to_string(tables.size()),
                      .hint = {}});
  }
  std::vector<Node> nodes;
  for (const Config& table : tables) {
    SOUK_TRY(Node node, read_node(table));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// Resolves ids, checks the shape, and orders the nodes so that inputs come first.
class Linker {
 public:
  explicit Linker(std::vector<Node> nodes) : nodes_(std::move(nodes)), state_(nodes_.size(), State::fresh) {}

  Result<Graph> link(const Config& settings) {
    SOUK_CHECK(name_nodes());
    SOUK_CHECK(give_settings(settings));
    SOUK_CHECK(resolve());
    for (std::uint32_t at = 0; at < nodes_.size(); ++at) SOUK_CHECK(visit(at));
    SOUK_CHECK(check_one_answer());
    Graph graph;
    std::vector<std::uint32_t> place(nodes_.size());
    for (const std::uint32_t at : order_) {
      for (std::uint32_t& input : nodes_[at].in) input = place[input];
      place[at] = static_cast<std::uint32_t>(graph.nodes.size());
      graph.nodes.push_back(std::move(nodes_[at]));
    }
    return graph;
  }

 private:
  enum class State : std::uint8_t { fresh, open, done };

  Status name_nodes() {
    for (std::uint32_t at = 0; at < nodes_.size(); ++at) {
      if (!places_.try_emplace(nodes_[at].id, at).second) {
        return fail(invalid(fmt::format("two nodes are called '{}'", nodes_[at].id), nodes_[at].where,
                            "Write the shelf with nodes = [...] to run one retriever twice under different ids."));
      }
      ids_.push_back(nodes_[at].id);
    }
    return {};
  }

  Status give_settings(const Config& settings) {
    for (const std::string& id : settings.keys()) {
      const auto found = places_.find(id);
      if (found == places_.end())
        return fail(invalid(fmt::format("settings of '{}', which is no node of the shelf", id), settings.where(id), meant(id, ids_)));
      Node& node = nodes_[found->second];
      if (node.name.empty()) return fail(invalid(fmt::format("a node of type {} has no settings", name_of(node.type)), settings.where(id)));
    }
    // Every named node gets its table, absent ones an empty one: the maker checks the keys.
    for (Node& node : nodes_) node.settings = settings.table(node.id);
    return {};
  }

  Status resolve() {
    for (Node& node : nodes_) {
      const std::size_t least = node.type == NodeType::retrieve ? 0 : node.type == NodeType::fill ? 2 : 1;
      const bool many = node.type == NodeType::blend || node.type == NodeType::fuse || node.type == NodeType::fill;
      if (node.reads.size() < least || (!many && node.reads.size() > least)) {
        return fail(Error{.kind = ErrorKind::invalid,
                          .what = fmt::format("wrong number of inputs of node '{}' ({})", node.id, name_of(node.type)),
                          .where = node.where,
                          .expected = fmt::format("{}{}", many ? "at least " : "", least),
                          .found = std::to_string(node.reads.size()),
                          .hint = node.type == NodeType::fill ? "The first is what is filled up, the others fill it." : ""});
      }
      for (const std::string& id : node.reads) {
        const auto found = places_.find(id);
        if (found == places_.end())
          return fail(invalid(fmt::format("node '{}' reads '{}', which is no node", node.id, id), node.where, meant(id, ids_)));
        node.in.push_back(found->second);
      }
    }
    return {};
  }

  // Depth first: a node that is met while it is open closes a cycle.
  Status visit(std::uint32_t at) {
    if (state_[at] == State::done) return {};
    path_.push_back(at);
    if (state_[at] == State::open)
      return fail(invalid(fmt::format("the nodes read each other in a circle: {}", circle(at)), nodes_[at].where));
    state_[at] = State::open;
    for (const std::uint32_t input : nodes_[at].in) SOUK_CHECK(visit(input));
    state_[at] = State::done;
    path_.pop_back();
    order_.push_back(at);
    return {};
  }

  std::string circle(std::uint32_t at) const {
    std::vector<std::string> names;
    for (auto step = std::find(path_.begin(), path_.end(), at); step != path_.end(); ++step) names.push_back(nodes_[*step].id);
    return fmt::format("{}", fmt::join(names, " reads "));
  }

  Status check_one_answer() const {
    std::vector<bool> read(nodes_.size(), false);
    for (const Node& node : nodes_) {
      for (const std::uint32_t input : node.in) read[input] = true;
    }
    std::vector<std::string> ends;
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      if (!read[at]) ends.push_back(nodes_[at].id);
    }
    if (ends.size() == 1) return {};
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "the shelf has more than one end",
                      .where = nodes_.front().where,
                      .expected = "one node that no other reads: the answer",
                      .found = fmt::format("{}", fmt::join(ends, ", ")),
                      .hint = "Join them with a node of type blend, fuse or fill."});
  }

  std::vector<Node> nodes_;
  std::map<std::string, std::uint32_t, std::less<>> places_;
  std::vector<std::string> ids_;
  std::vector<State> state_;
  std::vector<std::uint32_t> path_, order_;
};

}  // namespace

std::string_view name_of(NodeType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

Error in_shelf(const ShelfSpec& spec, Error error, const std::string& where) {
  error.what = fmt::format("shelf '{}': {}", spec.name, error.what);
  if (error.where.empty()) error.where = where;
  return error;
}

Result<Graph> read_graph(const ShelfSpec& spec) {
  const Config& config = spec.source;
  auto nodes = config.has("nodes") ? read_nodes(config) : Shorthand(config).expand();
  if (!nodes) return fail(in_shelf(spec, std::move(nodes).error(), config.where()));
  auto graph = Linker(*std::move(nodes)).link(config.table("settings"));
  if (!graph) return fail(in_shelf(spec, std::move(graph).error(), config.where()));
  return graph;
}

}  // namespace souk::shelf
