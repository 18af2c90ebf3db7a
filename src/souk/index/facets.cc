// Facets: counts of values among the rows of a query. A row counts for a facet when every filter holds, that facet's own choice aside.
// Values are counted once a group when variants collapse; numbers are summed over items.
#include <algorithm>
#include <map>

#include "souk/index/lexical_query.h"

namespace souk::index {
namespace {

struct Counted {
  std::string_view folded;
  std::uint64_t count = 0;
};

// Numbers the values of a facet over all views: ordinals differ from segment to segment, the folded text does not.
class ValueNumbers {
 public:
  ValueNumbers(std::size_t views, std::vector<Counted>& values) : several_(views > 1), values_(values) {}
  std::uint32_t number(std::string_view folded) {
    if (!several_) return append(folded);
    const auto [found, fresh] = numbers_.try_emplace(folded, static_cast<std::uint32_t>(values_.size()));
    return fresh ? append(folded) : found->second;
  }

 private:
  std::uint32_t append(std::string_view folded) {
    values_.push_back({folded, 0});
    return static_cast<std::uint32_t>(values_.size() - 1);
  }
  bool several_;
  std::vector<Counted>& values_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

// The values of one field in one view as facet numbers.
class ViewValues {
 public:
  ViewValues(const View& view, const Schema& schema, const std::string& field, const Circumstances& circumstances)
      : values_(view, schema, field, circumstances) {
    if (values_.kind() == FieldValues::Kind::keyword) seen_.assign(values_.column().original.size(), kNone);
  }
  template <class Visit>
  void each(std::uint32_t document, ValueNumbers& numbers, Visit visit) {
    switch (values_.kind()) {
      case FieldValues::Kind::keyword: {
        const Column& column = values_.column();
        for (const std::uint32_t ordinal : column.ordinals(document)) {
          std::uint32_t& number = seen_[column.heads[ordinal]];
          if (number == kNone) number = numbers.number(column.folded[ordinal]);
          visit(number);
        }
        return;
      }
      case FieldValues::Kind::availability:
        if (const OfferRow* row = values_.offer(document))
          visit(remember(row->availability, availability_text(row->availability), numbers));
        return;
      case FieldValues::Kind::number:
        values_.any_number(document, [&](double value) {
          visit(remember(value != 0 ? 1 : 0, value != 0 ? "true" : "false", numbers));
          return false;
        });
        return;
      default:
        return;
    }
  }

 private:
  std::uint32_t remember(std::uint32_t state, std::string_view text, ValueNumbers& numbers) {
    if (seen_.empty()) seen_.assign(kAvailabilities, kNone);
    if (seen_[state] == kNone) seen_[state] = numbers.number(text);
    return seen_[state];
  }
  FieldValues values_;
  std::vector<std::uint32_t> seen_;
};

}  // namespace

std::string most_common_spelling(const LexicalReader& reader, std::string_view field, std::string_view folded) {
  std::map<std::string_view, std::uint64_t> spellings;
  std::vector<std::shared_ptr<const Column>> owned;
  for (const View& view : reader.parts().views) {
    const Column* column = view.segment->column(field);
    if (column == nullptr) continue;
    if (column->kind != ColumnKind::keyword) {
      owned.push_back(view.segment->widened(*column));
      column = owned.back().get();
    }
    const Column::Range range = column->find(folded);
    for (std::uint32_t i = range.begin; i < range.end; ++i) spellings[column->original[i]] += column->counts[i];
  }
  if (spellings.empty()) return std::string(folded);
  const auto most = std::max_element(spellings.begin(), spellings.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return std::string(most->first);
}

FacetResult QueryRun::count_facet(const std::string& name, std::span<const std::uint32_t> rows) const {
  const Field& field = *reader_.parts().schema->find(name);
  const auto choice = std::find(choice_fields_.begin(), choice_fields_.end(), name);
  const auto own = static_cast<std::uint8_t>(choice == choice_fields_.end() ? 0 : choice - choice_fields_.begin() + 1);
  const bool numbers = field.type == FieldType::number || field.type == FieldType::time;
  return numbers ? count_numbers(field, own) : count_words(field, rows, own);
}

FacetResult QueryRun::count_words(const Field& field, std::span<const std::uint32_t> rows, std::uint8_t own) const {
  const auto& parts = reader_.parts();
  std::vector<Counted> counted;
  ValueNumbers numbers(parts.views.size(), counted);
  std::vector<ViewValues> values;
  for (const View& view : parts.views) values.emplace_back(view, *parts.schema, field.name, circumstances_);
  std::vector<std::uint32_t> last_slot;  // by value: slot + 1 of the last row that counted
  const auto count = [&](std::uint32_t view, std::uint32_t document, std::uint32_t slot) {
    values[view].each(document, numbers, [&](std::uint32_t number) {
      if (number >= last_slot.size()) last_slot.resize(number + 1);
      if (last_slot[number] == slot + 1) return;
      last_slot[number] = slot + 1;
      ++counted[number].count;
    });
  };
  if (rows_.empty()) {
    std::uint32_t slot = 0;
    each_counted(own, [&](std::uint32_t view, std::uint32_t document) { count(view, document, slot++); });
  }
  for (const std::uint32_t r : rows) {
    const Row& row = rows_[r];
    if (row.verdict == 0 || row.verdict == own) count(row.view, row.document, row.slot);
  }
  const std::size_t kept = std::min(query_.facet_values, counted.size());
  std::partial_sort(counted.begin(), counted.begin() + static_cast<std::ptrdiff_t>(kept), counted.end(),
                    [](const Counted& a, const Counted& b) { return a.count != b.count ? a.count > b.count : a.folded < b.folded; });
  FacetResult result;
  for (std::size_t i = 0; i < kept; ++i) {
    result.values.push_back({most_common_spelling(reader_, field.name, counted[i].folded), counted[i].count});
  }
  return result;
}

FacetResult QueryRun::count_numbers(const Field& field, std::uint8_t own) const {
  const auto& parts = reader_.parts();
  std::vector<FieldValues> values;
  for (const View& view : parts.views) values.emplace_back(view, *parts.schema, field.name, circumstances_);
  FacetStats stats;
  each_counted(own, [&](std::uint32_t view, std::uint32_t document) {
    values[view].any_number(document, [&](double number) {
      stats.min = stats.count == 0 ? number : std::min(stats.min, number);
      stats.max = stats.count == 0 ? number : std::max(stats.max, number);
      stats.sum += number;
      ++stats.count;
      return false;
    });
  });
  FacetResult result;
  result.stats = stats;
  return result;
}

}  // namespace souk::index
