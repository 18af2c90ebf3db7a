#include "souk/index/user_items.h"

#include <algorithm>
#include <utility>

namespace souk::index {
namespace {

struct Choice {
  std::uint32_t item = 0;
  std::uint32_t last = 0;  // position of its last event in the row
  float value = 0;
};

// One entry an item, by item.
void merge(std::vector<Choice>& choices, bool sum) {
  std::sort(choices.begin(), choices.end(),
            [](const Choice& a, const Choice& b) { return a.item != b.item ? a.item < b.item : a.last < b.last; });
  std::size_t kept = 0;
  for (const Choice& choice : choices) {
    if (kept > 0 && choices[kept - 1].item == choice.item) {
      Choice& same = choices[kept - 1];
      same.last = choice.last;
      same.value = sum ? same.value + choice.value : std::max(same.value, choice.value);
    } else {
      choices[kept++] = choice;
    }
  }
  choices.resize(kept);
}

void keep_last(std::vector<Choice>& choices, std::uint32_t longest) {
  if (longest == 0 || choices.size() <= longest) return;
  std::nth_element(choices.begin(), choices.begin() + longest, choices.end(),
                   [](const Choice& a, const Choice& b) { return a.last > b.last; });
  choices.resize(longest);
  std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.item < b.item; });
}

}  // namespace

SparseRows user_items(const store::Interactions& log, const UserItemsRule& rule) {
  std::vector<std::uint64_t> offsets(1, 0);
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  offsets.reserve(log.offsets().size());
  columns.reserve(log.events());
  values.reserve(log.events());
  std::vector<Choice> choices;
  for (std::uint32_t shopper = 0; shopper + 1 < log.offsets().size(); ++shopper) {
    const auto row = log.row(shopper);
    choices.clear();
    for (std::uint32_t i = 0; i < row.size(); ++i) {
      if (row.weights[i] > 0) choices.push_back({row.items[i], i, row.weights[i]});
    }
    merge(choices, rule.sum);
    keep_last(choices, rule.longest);
    for (const Choice& choice : choices) {
      columns.push_back(choice.item);
      values.push_back(choice.value);
    }
    offsets.push_back(columns.size());
  }
  return SparseRows(std::move(offsets), std::move(columns), std::move(values));
}

}  // namespace souk::index
