#include "souk/recommend/rank_model.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "souk/recommend/models/entries.h"

namespace souk::recommend {

eval::ScoreCase RankModel::as_score_case() const {
  return [this](const eval::Case&, const eval::History& history, std::span<float> scores, unsigned) { score(history, scores); };
}

std::span<const RankModelEntry> rank_models() {
  static const std::array entries = {popularity_entry(), inverse_popularity_entry(), co_visitation_entry(), buy_again_entry()};
  return entries;
}

Result<const RankModelEntry*> find_rank_model(std::string_view name, const std::string& where) {
  const auto entries = rank_models();
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const RankModelEntry& entry) { return entry.name == name; });
  if (found != entries.end()) return &*found;
  std::vector<std::string> names;
  std::string list;
  for (const RankModelEntry& entry : entries) {
    names.emplace_back(entry.name);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const auto near = nearest_name(name, names);
  return fail(Error{ErrorKind::not_found, "there is no such model", where, "one of " + list, std::string(name),
                    near ? "did you mean '" + *near + "'?" : ""});
}

}  // namespace souk::recommend
