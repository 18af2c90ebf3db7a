// Values of recipes as TOML text, and the grids made of them.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "souk/base/json_text.h"
#include "souk/lab/recipe.h"

namespace souk::lab {
namespace {

using SortedJson = nlohmann::json;  // keys in bytewise order

constexpr std::uint64_t kMostCombinations = 1'000'000;

// Scalars and arrays of them are written alike in JSON and TOML.
void flatten(const SortedJson& table, const std::string& below, Values& values) {
  for (const auto& [key, value] : table.items()) {
    if (value.is_object()) {
      flatten(value, below + key + ".", values);
    } else {
      values.emplace_back(below + key, value.dump());
    }
  }
}

}  // namespace

Values values_of(const Config& table) {
  Values values;
  flatten(SortedJson::parse(table.to_json()), "", values);
  return values;
}

Result<Grid> read_grid(const Config& tune) {
  SOUK_CHECK(tune.only({"settings", "budget", "trials", "cases", "split", "splits"}));
  Grid grid;
  const Config settings = tune.table("settings");
  for (const auto& [key, text] : values_of(settings)) {
    const SortedJson value = SortedJson::parse(text);
    const auto wrong = [&] {
      return fail(Error{ErrorKind::invalid, "cannot tune so", settings.where(key), "an array of values to try", text, {}});
    };
    if (!value.is_array() || value.empty()) return wrong();
    Grid::Axis axis{"settings." + key, {}};
    for (const SortedJson& one : value) {
      if (one.is_structured()) return wrong();
      axis.values.push_back(one.dump());
    }
    grid.axes.push_back(std::move(axis));
  }
  if (grid.size() > kMostCombinations) {
    return fail(Error{ErrorKind::limit,
                      "too many combinations to try",
                      tune.where("settings"),
                      fmt::format("at most {}", kMostCombinations),
                      std::to_string(grid.size()),
                      {}});
  }
  return grid;
}

std::uint64_t Grid::size() const {
  if (axes.empty()) return 0;
  std::uint64_t product = 1;
  for (const Axis& axis : axes) product = std::min<std::uint64_t>(product * axis.values.size(), 1'000'000'000);
  return product;
}

Values Grid::combination(std::uint64_t which) const {
  Values values(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    values[i] = {axes[i].key, axes[i].values[which % axes[i].values.size()]};
    which /= axes[i].values.size();
  }
  return values;
}

std::string Grid::to_json() const {
  std::string json = "{";
  for (const Axis& axis : axes) {
    if (json.size() > 1) json += ",";
    json += fmt::format("{}:[{}]", json_string(axis.key), fmt::join(axis.values, ","));
  }
  return json + "}";
}

}  // namespace souk::lab
