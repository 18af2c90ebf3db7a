// Basket association: orders are cut and made distinct once, then each item's row is counted over the orders it stands in.
// Sections basket.off/col/val.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "souk/index/accumulate_rows.h"
#include "souk/index/counts.h"

namespace souk::index {
namespace {

struct Orders {  // order g holds the distinct items [offsets[g], offsets[g + 1])
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> items;
  std::size_t size() const { return offsets.size() - 1; }
  std::span<const std::uint32_t> of(std::uint64_t order) const {
    return std::span(items).subspan(offsets[order], offsets[order + 1] - offsets[order]);
  }
};

// An order is what one shopper's events share as their order number; its lines keep the order of the log.
Orders orders_of(const store::Interactions& log, std::uint32_t max_basket) {
  Orders result;
  std::vector<std::uint32_t> lines;                 // event positions of one shopper, by order
  std::vector<std::uint64_t> seen(log.items(), 0);  // 1 + the last order an item was put into
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    lines.clear();
    for (std::uint32_t i = 0; i < row.size(); ++i) {
      if (row.orders[i] != 0) lines.push_back(i);
    }
    std::stable_sort(lines.begin(), lines.end(), [&](std::uint32_t a, std::uint32_t b) { return row.orders[a] < row.orders[b]; });
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::uint64_t mark = result.size() + 1;
      std::size_t end = begin;
      for (; end < lines.size() && row.orders[lines[end]] == row.orders[lines[begin]]; ++end) {
        const std::uint32_t item = row.items[lines[end]];
        if (seen[item] == mark || result.items.size() - result.offsets.back() >= max_basket) continue;
        seen[item] = mark;
        result.items.push_back(item);
      }
      result.offsets.push_back(result.items.size());
      begin = end;
    }
  }
  return result;
}

Occurrences occurrences_of(const Orders& orders, std::uint32_t items) {
  Occurrences result;
  result.offsets.assign(std::size_t{items} + 1, 0);
  for (const std::uint32_t item : orders.items) ++result.offsets[item + 1];
  for (std::size_t i = 0; i < items; ++i) result.offsets[i + 1] += result.offsets[i];
  result.groups.resize(orders.items.size());
  std::vector<std::uint64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (std::uint64_t order = 0; order < orders.size(); ++order) {
    for (const std::uint32_t item : orders.of(order)) result.groups[next[item]++] = order;
  }
  return result;
}

}  // namespace

Basket Basket::fit(const store::Interactions& log, const BasketConfig& config, unsigned threads, Progress& progress) {
  const Orders orders = orders_of(log, config.max_basket);
  const Occurrences occurrences = occurrences_of(orders, log.items());
  std::vector<double> from(log.items()), to(log.items());
  for (std::uint32_t i = 0; i < log.items(); ++i) {
    const auto n = static_cast<double>(occurrences.count(i));
    from[i] = std::pow(n, config.alpha);
    to[i] = std::pow(n, config.beta);
  }
  const auto total = static_cast<double>(orders.size());
  const auto fill = [&](std::uint32_t a, SumRow<double>& row) {
    for (const std::uint64_t order : occurrences.of(a)) {
      for (const std::uint32_t b : orders.of(order)) {
        if (b != a) row.add(b, 1.0);
      }
    }
  };
  const auto score = [&](std::uint32_t a, std::uint32_t b, double together) {
    const double expected = static_cast<double>(occurrences.count(a)) * static_cast<double>(occurrences.count(b)) / total;
    return static_cast<float>((together - expected) / (from[a] * to[b] + config.shrink));
  };
  progress.stage("basket association", log.items(), "items");
  Basket result;
  result.rows_ = accumulate_rows(log.items(), config.keep, threads, progress, fill, score);
  progress.finish();
  return result;
}

void Basket::add_to(SectionWriter& writer) const {
  rows_.add_to(writer, "basket");
}

Result<Basket> Basket::read(const SectionFile& file) {
  Basket result;
  SOUK_TRY(result.rows_, SparseRows::read(file, "basket"));
  if (!result.rows_.columns_below(result.rows_.rows())) {
    return fail(ErrorKind::corrupt, "section basket.col names items that do not exist", file.path().string());
  }
  return result;
}

}  // namespace souk::index
