#include "souk/recommend/models/learned.h"

#include <array>
#include <fmt/format.h>

#include "souk/learn/library.h"
#include "souk/recommend/models/reweighed.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

// The settings of models of the next item (next_item.h), and a model's own.
template <class... Own>
constexpr auto next_item_settings(Own... own) {
  constexpr std::size_t kShared = 11;
  return std::array<std::string_view, kShared + sizeof...(Own)>{"dim",    "length",   "dropout", "loss", "negatives",  "calibration",
                                                                "epochs", "patience", "batch",   "rate", "max_memory", own...};
}

constexpr auto kSasrec = next_item_settings("layers", "heads");

Result<std::unique_ptr<RankModel>> fit_by_library(std::string_view name, std::span<const std::string_view> settings,
                                                  const FitInput& input) {
  SOUK_CHECK(only_settings(input.settings, settings));
  const auto library = learn::models();
  if (!library) {
    Error error = library.error();
    error.what = fmt::format("'{}' cannot be trained: {}", name, error.what);
    return fail(std::move(error));
  }
  const auto* const model = (*library)->find<LearnedModel>(name);
  if (model == nullptr) return fail(ErrorKind::internal, fmt::format("'{}' is not in its library", name), learn::library_path().string());
  return fit_reweighed(input, model->fit);
}

}  // namespace

std::span<const RankModelEntry> learned_models() {
  static const std::array entries = {
      RankModelEntry{"sasrec", "a causal Transformer over the history, trained to say what comes next", kSasrec,
                     [](const FitInput& input) { return fit_by_library("sasrec", kSasrec, input); }},
  };
  return entries;
}

}  // namespace souk::recommend
