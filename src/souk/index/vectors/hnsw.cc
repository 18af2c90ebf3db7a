#include "souk/index/vectors/hnsw.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "souk/base/random.h"
#include "souk/base/threads.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxLevel = 16;
constexpr std::size_t kBatchShare = 32;       // a batch is at most this share of the rows that stand in the graph already
constexpr std::size_t kRowsOnOneThread = 64;  // so few rows are not worth a second thread

struct Link {  // `to` gains `from` as a neighbour
  std::uint32_t to, from;
  friend auto operator<=>(const Link&, const Link&) = default;
};

// What a thread needs besides the walk's own scratch.
struct BuildScratch {
  WalkScratch walk;
  ReadyQuery other;
  std::vector<Scored> candidates, alive;
  std::vector<std::uint32_t> rows;
  std::vector<float> scores;
};

class HnswBuilder {
 public:
  HnswBuilder(const Quantizer& quantizer, const std::byte* codes, std::size_t rows, const HnswConfig& config, unsigned threads)
      : quantizer_(quantizer), codes_(codes), config_(config), threads_(std::max(threads, 1U)), scratch_(threads_) {
    graph_.rows = static_cast<std::uint32_t>(rows);
    graph_.degree = config.degree;
    draw_levels();
  }

  Hnsw build(Progress& progress) {
    const std::vector<std::uint32_t> order = insertion_order();
    if (!order.empty()) graph_.entry = order.front();
    for (std::size_t done = std::min<std::size_t>(order.size(), 1); done < order.size();) {
      const std::size_t count = std::min(order.size() - done, std::max<std::size_t>(1, done / kBatchShare));
      insert(std::span(order).subspan(done, count));
      done += count;
      progress.add(count);
    }
    return std::move(graph_);
  }

 private:
  void draw_levels() {
    Random random(config_.seed);
    const double scale = 1 / std::log(static_cast<double>(config_.degree));
    graph_.upper_at.assign(graph_.rows + std::size_t{1}, 0);
    for (std::size_t r = 0; r < graph_.rows; ++r) {
      const double level = std::floor(-std::log(1 - random.uniform()) * scale);
      graph_.upper_at[r + 1] = graph_.upper_at[r] + static_cast<std::uint32_t>(std::min(level, double{kMaxLevel}));
    }
    graph_.upper.assign(std::size_t{graph_.upper_at.back()} * config_.degree, kNoRow);
    graph_.base = Lines(std::size_t{graph_.rows} * 2 * config_.degree * sizeof(std::uint32_t));
    std::fill_n(base(), std::size_t{graph_.rows} * 2 * config_.degree, kNoRow);
  }

  std::vector<std::uint32_t> insertion_order() const {
    if (!config_.sequence.empty()) return {config_.sequence.begin(), config_.sequence.end()};
    std::vector<std::uint32_t> order(graph_.rows);
    std::iota(order.begin(), order.end(), 0U);
    if (config_.order == InsertionOrder::random) {
      Random random(config_.seed + 1);
      random.shuffle(std::span(order));
    }
    return order;
  }

  std::uint32_t* base() { return reinterpret_cast<std::uint32_t*>(graph_.base.data()); }
  std::span<std::uint32_t> list(std::uint32_t row, std::size_t level) {
    const auto found = graph_.view().list(row, level);
    return {const_cast<std::uint32_t*>(found.data()), found.size()};
  }
  std::size_t levels(std::uint32_t row) const { return graph_.view().levels(row); }
  WalkOver over() const { return {&quantizer_, codes_, graph_.rows, {}}; }

  void insert(std::span<const std::uint32_t> batch) {
    const unsigned threads = batch.size() < kRowsOnOneThread ? 1 : threads_;
    parallel_for(batch.size(), 8, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
      for (std::size_t i = begin; i < end; ++i) find_neighbours(batch[i], scratch_[thread]);
    });
    for (std::size_t level = 0; level <= levels(graph_.entry); ++level) link_back(batch, level, threads);
    for (const std::uint32_t row : batch) {
      if (levels(row) > levels(graph_.entry)) graph_.entry = row;
    }
  }

  // Fills the lists of a row that nobody can reach yet, reading the graph as it stood before the batch.
  void find_neighbours(std::uint32_t row, BuildScratch& scratch) {
    WalkScratch& own = scratch.walk;
    quantizer_.prepare_code(codes_, row, own.query);
    Scored at{graph_.entry, 0};
    quantizer_.score(own.query, codes_, std::span(&at.row, 1), &at.score);
    const std::size_t top = levels(graph_.entry), mine = levels(row);
    for (std::size_t level = top; level > mine; --level) {
      at = descend(
          over(), [&](std::uint32_t r) { return graph_.view().list(r, level); }, at, own);
    }
    for (std::size_t level = std::min(top, mine) + 1; level-- > 0;) {
      walk(
          over(), [&](std::uint32_t r) { return graph_.view().list(r, level); }, std::span(&at, 1), config_.breadth, own);
      scratch.candidates.clear();
      for (std::size_t i = 0; i < own.beam.size(); ++i) scratch.candidates.push_back(own.beam[i]);
      at = scratch.candidates.front();
      choose(scratch, config_.degree, list(row, level));
    }
  }

  // The diversity heuristic (algorithm 4): of the candidates, best first, those that are nearer to the row than to any already chosen.
  // Each chosen one is compared with all candidates that are left at once; the comparisons are those of the paper's loop.
  void choose(BuildScratch& scratch, std::size_t places, std::span<std::uint32_t> out) {
    scratch.alive = scratch.candidates;
    std::size_t chosen = 0;
    while (!scratch.alive.empty() && chosen < places) {
      const std::uint32_t best = scratch.alive.front().row;
      out[chosen++] = best;
      scratch.alive.erase(scratch.alive.begin());
      if (chosen == places || scratch.alive.empty()) break;
      quantizer_.prepare_code(codes_, best, scratch.other);
      scratch.rows.clear();
      for (const Scored& candidate : scratch.alive) scratch.rows.push_back(candidate.row);
      scratch.scores.resize(scratch.rows.size());
      quantizer_.score(scratch.other, codes_, scratch.rows, scratch.scores.data());
      std::size_t kept = 0;
      for (std::size_t i = 0; i < scratch.alive.size(); ++i) {
        if (!(scratch.scores[i] > scratch.alive[i].score)) scratch.alive[kept++] = scratch.alive[i];
      }
      scratch.alive.resize(kept);
    }
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(chosen), out.end(), kNoRow);
  }

  // The rows that those of the batch chose get them as neighbours in turn.
  void link_back(std::span<const std::uint32_t> batch, std::size_t level, unsigned threads) {
    links_.clear();
    for (const std::uint32_t row : batch) {
      if (levels(row) < level) continue;
      for (const std::uint32_t neighbour : list(row, level)) {
        if (neighbour == kNoRow) break;
        links_.push_back({neighbour, row});
      }
    }
    std::ranges::sort(links_);
    group_.clear();
    for (std::size_t i = 0; i < links_.size(); ++i) {
      if (i == 0 || links_[i].to != links_[i - 1].to) group_.push_back(i);
    }
    group_.push_back(links_.size());
    parallel_for(group_.size() - 1, 16, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
      for (std::size_t g = begin; g < end; ++g) {
        add_links(std::span(links_).subspan(group_[g], group_[g + 1] - group_[g]), level, scratch_[thread]);
      }
    });
  }

  // All links are to one row: appended while there is room, else the list is chosen anew from all.
  void add_links(std::span<const Link> links, std::size_t level, BuildScratch& scratch) {
    const std::uint32_t row = links.front().to;
    const std::span<std::uint32_t> neighbours = list(row, level);
    const auto used = static_cast<std::size_t>(std::ranges::find(neighbours, kNoRow) - neighbours.begin());
    if (used + links.size() <= neighbours.size()) {
      for (std::size_t i = 0; i < links.size(); ++i) neighbours[used + i] = links[i].from;
      return;
    }
    scratch.rows.assign(neighbours.begin(), neighbours.begin() + static_cast<std::ptrdiff_t>(used));
    for (const Link& link : links) scratch.rows.push_back(link.from);
    quantizer_.prepare_code(codes_, row, scratch.other);
    scratch.scores.resize(scratch.rows.size());
    quantizer_.score(scratch.other, codes_, scratch.rows, scratch.scores.data());
    scratch.candidates.clear();
    for (std::size_t i = 0; i < scratch.rows.size(); ++i) scratch.candidates.push_back({scratch.rows[i], scratch.scores[i]});
    std::sort(scratch.candidates.begin(), scratch.candidates.end(), Better());
    choose(scratch, neighbours.size(), neighbours);
  }

  const Quantizer& quantizer_;
  const std::byte* codes_;
  HnswConfig config_;
  unsigned threads_;
  std::vector<BuildScratch> scratch_;  // a thread
  Hnsw graph_;
  std::vector<Link> links_;
  std::vector<std::size_t> group_;  // where the links to each row begin, and their end
};

}  // namespace

Hnsw build_hnsw(const Quantizer& quantizer, const std::byte* codes, std::size_t rows, const HnswConfig& config, unsigned threads,
                Progress& progress) {
  assert(rows < (std::size_t{1} << 31U) && config.degree >= 2);
  assert(config.sequence.empty() ? config.order != InsertionOrder::by_dimension : config.sequence.size() == rows);
  return HnswBuilder(quantizer, codes, rows, config, threads).build(progress);
}

void search_hnsw(const HnswView& graph, WalkOver over, std::size_t breadth, WalkScratch& scratch) {
  scratch.beam.reset(std::max<std::size_t>(breadth, 1));
  if (graph.entry >= graph.rows) return;
  const AllowedRows allowed = over.allowed;
  over.allowed = {};
  Scored at{graph.entry, 0};
  over.quantizer->score(scratch.query, over.codes, std::span(&at.row, 1), &at.score);
  for (std::size_t level = std::min(graph.levels(graph.entry), kMaxLevel); level > 0; --level) {
    at = descend(
        over, [&](std::uint32_t row) { return graph.levels(row) < level ? std::span<const std::uint32_t>() : graph.list(row, level); }, at,
        scratch);
  }
  over.allowed = allowed;
  walk(
      over, [&](std::uint32_t row) { return graph.list(row, 0); }, std::span(&at, 1), breadth, scratch);
}

}  // namespace souk::index
