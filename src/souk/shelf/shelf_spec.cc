#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "souk/shelf/plan.h"

namespace souk::shelf {
namespace {

constexpr std::int64_t kMostItems = 1000;
constexpr std::array<std::string_view, 5> kContexts = {"none", "shopper", "item", "basket", "query"};

tl::unexpected<Error> wrong_word(const Config& config, std::string_view key, const std::string& found, std::vector<std::string> known) {
  const auto near = nearest_name(found, known);
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = fmt::format("wrong value for {}", key),
                    .where = config.where(key),
                    .expected = fmt::format("one of {}", fmt::join(known, ", ")),
                    .found = fmt::format("'{}'", found),
                    .hint = near ? fmt::format("Did you mean '{}'?", *near) : std::string()});
}

Result<Context> read_context(const Config& config) {
  SOUK_TRY(const std::string word, config.text("context", "none"));
  const auto found = std::find(kContexts.begin(), kContexts.end(), word);
  if (found == kContexts.end()) return wrong_word(config, "context", word, {kContexts.begin(), kContexts.end()});
  return static_cast<Context>(found - kContexts.begin());
}

Result<store::EventKind> read_truth(const Config& config) {
  SOUK_TRY(const std::string word, config.text("truth", "purchase"));
  if (const auto kind = store::event_kind_named(word)) return *kind;
  std::vector<std::string> known;
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(store::EventKind::other); ++kind) {
    known.emplace_back(store::name_of(static_cast<store::EventKind>(kind)));
  }
  return wrong_word(config, "truth", word, std::move(known));
}

Result<bool> read_repeats(const Config& config) {
  SOUK_TRY(const std::string word, config.text("repeats", "keep"));
  if (word != "keep" && word != "mask") return wrong_word(config, "repeats", word, {"keep", "mask"});
  return word == "keep";
}

}  // namespace

std::string_view name_of(Context context) {
  return kContexts[static_cast<std::size_t>(context)];
}

Result<ShelfSpec> ShelfSpec::from_config(const std::string& name, const Config& config) {
  SOUK_CHECK(config.only({"context", "retrieve", "weights", "relax", "fill", "filter", "score", "score_weights", "cut", "arrange", "nodes",
                          "settings", "k", "truth", "repeats"}));
  ShelfSpec spec;
  spec.name = name;
  spec.source = config;
  SOUK_TRY(spec.context, read_context(config));
  SOUK_TRY(spec.truth, read_truth(config));
  SOUK_TRY(spec.repeats, read_repeats(config));
  SOUK_TRY(const std::int64_t k, config.integer("k", static_cast<std::int64_t>(spec.k)));
  if (k < 1 || k > kMostItems) {
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "wrong value for k",
                      .where = config.where("k"),
                      .expected = fmt::format("a number from 1 to {}", kMostItems),
                      .found = std::to_string(k),
                      .hint = {}});
  }
  spec.k = static_cast<std::size_t>(k);
  return spec;
}

}  // namespace souk::shelf
