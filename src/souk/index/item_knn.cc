// Fit of the item neighbourhoods, and its sections (itemknn.cfg: the ItemKnnConfig as it stands in memory; itemknn.off/col/val).
#include "souk/index/item_knn.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "souk/index/accumulate_rows.h"
#include "souk/index/user_items.h"

namespace souk::index {
namespace {

static_assert(sizeof(ItemKnnConfig) == 36, "itemknn.cfg is written as nine 4-byte fields");
static_assert(std::endian::native == std::endian::little);

// Weights the values of X in place.
void weigh(SparseRows& x, std::uint32_t items, const ItemKnnConfig& config) {
  if (config.weighting == ItemKnnConfig::Weighting::none || items == 0) return;
  std::vector<double> mass(items, 0.0);
  double total = 0;
  for (std::uint32_t u = 0; u < x.rows(); ++u) {
    const SparseRows::Row row = x.row(u);
    for (std::size_t e = 0; e < row.size(); ++e) {
      mass[row.columns[e]] += static_cast<double>(row.values[e]);
      total += static_cast<double>(row.values[e]);
    }
  }
  const double mean = total / items;
  const double k1 = config.k1, b = config.b;
  const std::span<float> values = x.values();
  std::size_t at = 0;
  for (std::uint32_t u = 0; u < x.rows(); ++u) {
    const SparseRows::Row row = x.row(u);
    const double idf = std::max(0.0, std::log(static_cast<double>(items)) - std::log1p(static_cast<double>(row.size())));
    for (std::size_t e = 0; e < row.size(); ++e, ++at) {
      const double value = values[at];
      const double weighted = config.weighting == ItemKnnConfig::Weighting::tf_idf
                                  ? std::sqrt(value)
                                  : value * (k1 + 1) / (value + k1 * (1 - b + b * mass[row.columns[e]] / mean));
      values[at] = static_cast<float>(weighted * idf);
    }
  }
}

}  // namespace

ItemKnn ItemKnn::fit(const store::Interactions& log, const ItemKnnConfig& config, unsigned threads, Progress& progress) {
  const std::uint32_t items = log.items();
  SparseRows users = user_items(log, {config.sum != 0, config.longest});
  weigh(users, items, config);
  const SparseRows by_item = users.transposed(items);
  std::vector<double> norms(items, 0.0);
  for (std::uint32_t a = 0; a < items; ++a) {
    for (const float value : by_item.row(a).values) norms[a] += static_cast<double>(value) * static_cast<double>(value);
  }
  const std::vector<double> from = powers(norms, config.alpha), to = powers(norms, config.beta);
  const auto fill = [&](std::uint32_t a, SumRow<double>& row) {
    const SparseRows::Row shoppers = by_item.row(a);
    for (std::size_t s = 0; s < shoppers.size(); ++s) {
      const SparseRows::Row choices = users.row(shoppers.columns[s]);
      const double own = shoppers.values[s];
      for (std::size_t e = 0; e < choices.size(); ++e) row.add(choices.columns[e], own * static_cast<double>(choices.values[e]));
    }
  };
  const double shrink = config.shrink;
  const auto score = [&](std::uint32_t a, std::uint32_t b, double together) {
    return a == b ? 0.0F : static_cast<float>(together / (from[a] * to[b] + shrink));
  };
  progress.stage("item neighbours", items, "items");
  ItemKnn result;
  result.config_ = config;
  result.rows_ = accumulate_rows(items, config.keep, threads, progress, fill, score);
  progress.finish();
  return result;
}

void ItemKnn::add_to(SectionWriter& writer) const {
  std::string config(sizeof(ItemKnnConfig), '\0');
  std::memcpy(config.data(), &config_, sizeof(ItemKnnConfig));
  writer.add_owned("itemknn.cfg", std::move(config));
  rows_.add_to(writer, "itemknn");
}

Result<ItemKnn> ItemKnn::read(const SectionFile& file) {
  SOUK_TRY(const auto config, file.bytes("itemknn.cfg"));
  ItemKnn result;
  if (config.size() != sizeof(ItemKnnConfig)) {
    return fail(ErrorKind::corrupt, "section itemknn.cfg has the wrong size", file.path().string());
  }
  std::memcpy(&result.config_, config.data(), sizeof(ItemKnnConfig));
  SOUK_TRY(result.rows_, SparseRows::read(file, "itemknn"));
  if (!result.rows_.columns_below(result.rows_.rows())) {
    return fail(ErrorKind::corrupt, "section itemknn.col names items that do not exist", file.path().string());
  }
  return result;
}

}  // namespace souk::index
