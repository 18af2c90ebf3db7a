#include <algorithm>
#include <array>
#include <cmath>

#include "souk/base/threads.h"
#include "souk/recommend/models/entries.h"
#include "souk/recommend/rank_model.h"

namespace souk::recommend {
namespace {

// Scores and ranks one history after another; one a thread.
class Ranker {
 public:
  Ranker(const RankModel& model, std::uint32_t items, const TopKOptions& options)
      : model_(model), options_(options), sums_(items), scores_(items), best_(options.k) {}

  std::vector<Scored> operator()(const eval::History& history) {
    known_.clear();
    if (options_.mask_history) known_.assign(history.items.begin(), history.items.end());
    std::sort(known_.begin(), known_.end());
    best_.reset(std::min<std::size_t>(options_.k, scores_.size()));
    if (model_.add_to(history, sums_)) {
      for (const std::uint32_t item : sums_.touched()) offer(item, sums_.sum(item));
      sums_.clear();
    } else {
      std::fill(scores_.begin(), scores_.end(), 0.0F);
      model_.score(history, scores_);
      for (std::uint32_t item = 0; item < scores_.size(); ++item) offer(item, scores_[item]);
    }
    return best_.take();
  }

 private:
  void offer(std::uint32_t item, float score) {
    if (!(score >= best_.threshold()) || score == 0 || std::isinf(score)) return;
    if (!std::binary_search(known_.begin(), known_.end(), item)) best_.offer(item, score);
  }

  const RankModel& model_;
  TopKOptions options_;
  index::SumRow<float> sums_;
  std::vector<float> scores_;  // [items]
  std::vector<std::uint32_t> known_;
  TopK best_;
};

}  // namespace

bool RankModel::add_to(const eval::History&, index::SumRow<float>&) const {
  return false;
}

eval::RankResult RankModel::rank(const eval::Split& split, const eval::RankEvalOptions& options, Progress& progress) const {
  return eval::rank_eval(split, as_score_case(), options, progress);
}

eval::ScoreCase RankModel::as_score_case() const {
  return [this](const eval::Case&, const eval::History& history, std::span<float> scores, unsigned) { score(history, scores); };
}

std::vector<std::vector<Scored>> top_k(const RankModel& model, std::uint32_t items, std::span<const eval::History> histories,
                                       const TopKOptions& options, Progress& progress) {
  std::vector<std::vector<Scored>> lists(histories.size());
  if (options.k == 0 || items == 0) return lists;
  const unsigned threads = std::max(1U, options.threads);
  std::vector<std::unique_ptr<Ranker>> rankers(threads);
  parallel_for(histories.size(), 64, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    if (progress.cancelled()) return;
    if (rankers[thread] == nullptr) rankers[thread] = std::make_unique<Ranker>(model, items, options);
    for (std::size_t i = begin; i < end; ++i) lists[i] = (*rankers[thread])(histories[i]);
  });
  return lists;
}

std::span<const RankModelEntry> rank_models() {
  static const std::array entries = {popularity_entry(), inverse_popularity_entry(), co_visitation_entry(), buy_again_entry(),
                                     item_knn_entry(),   session_knn_entry(),        ease_entry()};
  return entries;
}

Result<const RankModelEntry*> find_rank_model(std::string_view name, const std::string& where) {
  std::vector<std::string> names;
  std::string list;
  for (const auto entries : {rank_models(), learned_models()}) {
    for (const RankModelEntry& entry : entries) {
      if (entry.name == name) return &entry;
      names.emplace_back(entry.name);
      list += (list.empty() ? "" : ", ") + names.back();
    }
  }
  const auto near = nearest_name(name, names);
  return fail(Error{ErrorKind::not_found, "there is no such model", where, "one of " + list, std::string(name),
                    near ? "did you mean '" + *near + "'?" : ""});
}

}  // namespace souk::recommend
