// Facets: counts of values among the documents of a query. A document counts for a facet when every filter holds, that facet's own choice
// aside. Values are counted once a group when variants collapse; numbers are summed over items.
//
// Codes are counted in an array, and turned into values once at the end.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "souk/base/kernels/code_bits.h"
#include "souk/index/lexical_query.h"

namespace souk::index {
namespace {

// Counts by small numbers: an array, and which of its counts were touched where few are.
class Tally {
 public:
  // room: its counts are all zero, and left so. numbers: all below this. additions: how many there will be, or a little less.
  Tally(TallyRoom& room, std::uint32_t numbers, std::size_t additions)
      : counts_(room.counts), touched_(room.touched), numbers_(numbers), few_(additions < numbers / 8) {
    std::vector<std::uint32_t>& counts = counts_;
    touched_.clear();
    if (counts.size() < numbers) counts.resize(numbers);
  }
  void add(std::uint32_t number, std::uint32_t count) {
    if (few_ && counts_[number] == 0) touched_.push_back(number);
    counts_[number] += count;
  }
  void add_codes(const Codes& all, std::span<const std::uint32_t> documents) {
    all.visit([&](auto codes) {
      std::uint32_t* counts = counts_.data();
      if (!few_) {
        for (const std::uint32_t document : documents) ++counts[codes[document]];
        return;
      }
      std::size_t used = touched_.size();
      touched_.resize(used + documents.size() + 1);
      for (const std::uint32_t document : documents) {
        const std::uint32_t code = codes[document];
        touched_[used] = code;
        used += counts[code]++ == 0 ? 1 : 0;
      }
      touched_.resize(used);
    });
  }
  // Calls visit(number, count) for what was counted, and forgets it.
  template <class Visit>
  void take(Visit visit) {
    const auto give = [&](std::uint32_t number) {
      const std::uint32_t count = counts_[number];
      counts_[number] = 0;
      visit(number, count);
    };
    if (!few_) {
      Bits used(bits_for(numbers_));
      kernels::bits_in_range(std::span<const std::uint32_t>(counts_).first(numbers_), 1, UINT32_MAX - 1, used.data());
      append_bits(used, touched_);
    }
    for (const std::uint32_t number : touched_) give(number);
    touched_.clear();
  }

 private:
  std::vector<std::uint32_t>&counts_, &touched_;
  std::uint32_t numbers_;
  bool few_;
};

// The values of one facet over all views: ordinals differ from segment to segment, the folded text does not.
class FacetValues {
 public:
  FacetValues(const LexicalReader& reader, const Field& field, const Circumstances& circumstances) : reader_(reader), field_(field) {
    const auto& parts = reader.parts();
    for (const View& view : parts.views) values_.emplace_back(view, *parts.schema, field.name, circumstances);
  }
  const FieldValues& of(std::size_t view) const { return values_[view]; }

  bool countable(std::size_t view) const {
    const FieldValues::Kind kind = values_[view].kind();
    return kind == FieldValues::Kind::keyword || kind == FieldValues::Kind::availability || kind == FieldValues::Kind::number;
  }
  // Do numbers order as texts?
  bool in_order(std::size_t view) const { return values_[view].kind() == FieldValues::Kind::keyword; }
  // Does code c stand for the value of number c - 1?
  bool code_is_value(std::size_t view, const CodedField& coded) const {
    const FieldValues& values = values_[view];
    return coded.coding.single() && (values.kind() == FieldValues::Kind::availability ||
                                     (values.kind() == FieldValues::Kind::keyword && values.column().one_spelling));
  }
  // The folded form of a value by its number within a view: the first ordinal of the form, a state, or a truth.
  std::string_view text(std::size_t view, std::uint32_t number) const {
    const FieldValues& values = values_[view];
    if (values.kind() == FieldValues::Kind::keyword) return values.column().folded[number];
    if (values.kind() == FieldValues::Kind::availability) return availability_text(number);
    return number != 0 ? "true" : "false";
  }
  // How many numbers there are within a view.
  std::uint32_t size(std::size_t view) const {
    const FieldValues& values = values_[view];
    if (values.kind() == FieldValues::Kind::keyword) return values.column().folded.size();
    return values.kind() == FieldValues::Kind::availability ? kAvailabilities : 2;
  }
  // Calls visit(number) for each value of a document; equal ones may come twice.
  template <class Visit>
  void each(std::size_t view, std::uint32_t document, Visit visit) const {
    const FieldValues& values = values_[view];
    if (values.kind() == FieldValues::Kind::keyword) {
      for (const std::uint32_t ordinal : values.column().ordinals(document)) visit(values.column().heads[ordinal]);
    } else if (values.kind() == FieldValues::Kind::availability) {
      if (const auto row = values.offer(document)) visit(row->availability);
    } else {
      values.any_number(document, [&](double value) {
        visit(value != 0 ? 1U : 0U);
        return false;
      });
    }
  }
  // Calls visit(number) for each value of a code, each once.
  template <class Visit>
  void each_of_code(std::size_t view, const CodedField& coded, std::uint32_t code, Visit visit) const {
    const FieldValues& values = values_[view];
    if (values.kind() == FieldValues::Kind::availability) return visit(code - 1);
    const auto number_of = [&](std::uint32_t ordinal) {
      if (values.kind() == FieldValues::Kind::keyword) return values.column().heads[ordinal];
      return values.column().numbers[ordinal] != 0 ? 1U : 0U;
    };
    const OrdinalList list = coded.coding.of(code);
    for (const std::uint32_t* at = list.begin(); at != list.end(); ++at) {
      const std::uint32_t number = number_of(*at);
      if (std::none_of(list.begin(), at, [&](std::uint32_t before) { return number_of(before) == number; })) visit(number);
    }
  }
  // As the catalogue mostly writes it.
  std::string spelling(std::size_t view, std::uint32_t number) const {
    const FieldValues& values = values_[view];
    if (values_.size() > 1) return most_common_spelling(reader_, field_.name, text(view, number));
    if (values.kind() != FieldValues::Kind::keyword) return std::string(text(view, number));
    const Column& column = values.column();
    std::uint32_t most = number;
    for (std::uint32_t i = number + 1; i < column.heads.size() && column.heads[i] == number; ++i) {
      if (column.counts[i] > column.counts[most]) most = i;
    }
    return std::string(column.original[most]);
  }

 private:
  const LexicalReader& reader_;
  const Field& field_;
  std::vector<FieldValues> values_;
};

// The most frequent values, equal ones by their text. Never many more are kept than wanted.
class BestValues {
 public:
  BestValues(const FacetValues& values, std::size_t views, std::size_t most)
      : values_(values), several_(views != 1), in_order_(!several_ && values.in_order(0)), most_(most) {
    found_.reserve(kRoom);
  }
  void add(std::size_t view, std::uint32_t number, std::uint64_t count) {
    if (several_) return add_to_others(view, number, count);
    if (count < least_) return;
    found_.push_back({count, 0, number});
    if (found_.size() >= 2 * most_ + kRoom) keep_best();
  }
  FacetResult take() {
    keep_best();
    std::ranges::sort(found_, [&](const Value& a, const Value& b) { return before(a, b); });
    FacetResult result;
    result.values.reserve(found_.size());
    for (const Value& value : found_) result.values.push_back({values_.spelling(value.view, value.number), value.count});
    return result;
  }

 private:
  static constexpr std::size_t kRoom = 64;
  struct Value {
    std::uint64_t count;
    std::size_t view;
    std::uint32_t number;
  };
  void add_to_others(std::size_t view, std::uint32_t number, std::uint64_t count) {
    const auto [known, fresh] = places_.try_emplace(values_.text(view, number), found_.size());
    if (fresh) {
      found_.push_back({count, view, number});
    } else {
      found_[known->second].count += count;
    }
  }
  bool before(const Value& a, const Value& b) const {
    if (a.count != b.count) return a.count > b.count;
    if (in_order_) return a.number < b.number;
    return values_.text(a.view, a.number) < values_.text(b.view, b.number);
  }
  void keep_best() {
    if (found_.size() <= most_) return;
    const auto end = found_.begin() + static_cast<std::ptrdiff_t>(most_);
    std::ranges::nth_element(found_, end, [&](const Value& a, const Value& b) { return before(a, b); });
    found_.erase(end, found_.end());
    for (const Value& value : found_) least_ = &value == found_.data() ? value.count : std::min(least_, value.count);
  }

  const FacetValues& values_;
  bool several_, in_order_;
  std::size_t most_;
  std::uint64_t least_ = 0;  // of those kept, once there are enough
  std::vector<Value> found_;
  std::unordered_map<std::string_view, std::size_t> places_;
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
    const OrdinalRange range = column->find(folded);
    for (std::uint32_t i = range.begin; i < range.end; ++i) spellings[column->original[i]] += column->counts[i];
  }
  if (spellings.empty()) return std::string(folded);
  const auto most = std::max_element(spellings.begin(), spellings.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return std::string(most->first);
}

std::span<const std::uint32_t> QueryRun::counted(std::size_t v, std::uint8_t own) {
  const Candidates& found = candidates_[v];
  if (found.verdicts.empty()) return found.documents;
  counted_.clear();
  for (std::size_t i = 0; i < found.documents.size(); ++i) {
    if (found.verdicts[i] == 0 || found.verdicts[i] == own) counted_.push_back(found.documents[i]);
  }
  return counted_;
}

FacetResult QueryRun::count_facet(const std::string& name, std::span<const std::uint32_t> rows) {
  const Field& field = *reader_.parts().schema->find(name);
  const auto choice = std::find(choice_fields_.begin(), choice_fields_.end(), name);
  const auto own = static_cast<std::uint8_t>(choice == choice_fields_.end() ? 0 : choice - choice_fields_.begin() + 1);
  const bool numbers = field.type == FieldType::number || field.type == FieldType::time;
  if (std::ranges::all_of(candidates_, [](const Candidates& found) { return found.documents.empty(); })) {
    FacetResult nothing;
    if (numbers) nothing.stats = FacetStats();
    return nothing;
  }
  if (numbers) return count_numbers(field, own);
  return rows.empty() ? count_words(field, own) : count_groups(field, rows, own);
}

FacetResult QueryRun::count_words(const Field& field, std::uint8_t own) {
  const FacetValues values(reader_, field, circumstances_);
  BestValues best(values, candidates_.size(), query_.facet_values);
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    if (!values.countable(v)) continue;
    const std::span<const std::uint32_t> documents = counted(v, own);
    const auto coded = values.of(v).coded();
    if (!coded) {
      Tally tally(scratch_.codes, values.size(v), documents.size());
      for (const std::uint32_t document : documents) {
        values.each(v, document, [&](std::uint32_t number) { tally.add(number, 1); });  // no more than one: that of an offer
      }
      tally.take([&](std::uint32_t number, std::uint32_t count) { best.add(v, number, count); });
      continue;
    }
    Tally tally(scratch_.codes, coded->coding.codes, documents.size());
    tally.add_codes(*coded->codes, documents);
    if (values.code_is_value(v, *coded)) {
      tally.take([&](std::uint32_t code, std::uint32_t count) {
        if (code != 0) best.add(v, code - 1, count);
      });
      continue;
    }
    Tally by_value(scratch_.values, values.size(v), documents.size());
    tally.take([&](std::uint32_t code, std::uint32_t count) {
      if (code != 0) values.each_of_code(v, *coded, code, [&](std::uint32_t number) { by_value.add(number, count); });
    });
    by_value.take([&](std::uint32_t number, std::uint32_t count) { best.add(v, number, count); });
  }
  return best.take();
}

// rows: those of a group together.
FacetResult QueryRun::count_groups(const Field& field, std::span<const std::uint32_t> rows, std::uint8_t own) {
  const FacetValues values(reader_, field, circumstances_);
  struct Value {
    std::uint32_t view, number;
    std::uint64_t count = 0;
    std::uint32_t last_slot = 0;  // slot + 1 of the last row that counted
  };
  std::vector<Value> counted;
  std::vector<std::vector<std::uint32_t>> places(candidates_.size());  // [view][number] -> place + 1 among the values
  std::unordered_map<std::string_view, std::uint32_t> by_text;
  for (std::size_t v = 0; v < places.size(); ++v) {
    if (values.countable(v)) places[v].resize(values.size(v));
  }
  for (const std::uint32_t r : rows) {
    const Row& row = rows_[r];
    if ((row.verdict != 0 && row.verdict != own) || places[row.view].empty()) continue;
    values.each(row.view, row.document, [&](std::uint32_t number) {
      std::uint32_t& place = places[row.view][number];
      if (place == 0) {
        const auto fresh = static_cast<std::uint32_t>(counted.size() + 1);
        place = places.size() == 1 ? fresh : by_text.try_emplace(values.text(row.view, number), fresh).first->second;
        if (place == fresh) counted.push_back({row.view, number});
      }
      Value& value = counted[place - 1];
      if (value.last_slot == row.slot + 1) return;
      value.last_slot = row.slot + 1;
      ++value.count;
    });
  }
  BestValues best(values, candidates_.size(), query_.facet_values);
  for (const Value& value : counted) best.add(value.view, value.number, value.count);
  return best.take();
}

namespace {

// Before it is counted.
void widen(FacetStats& stats, double number) {
  stats.min = stats.count == 0 ? number : std::min(stats.min, number);
  stats.max = stats.count == 0 ? number : std::max(stats.max, number);
}

// Decimals of single values: sums of ordinals are exact, in whatever order they are made.
void add_decimals(const CodedField& coded, std::span<const std::uint32_t> documents, FacetStats& stats, DecimalSum& sum) {
  coded.codes->visit([&](auto codes) {
    std::uint32_t least = UINT32_MAX, most = 0;
    std::uint64_t total = 0, count = 0;
    for (const std::uint32_t document : documents) {
      const std::uint32_t code = codes[document];
      least = std::min(least, code - 1);  // no value is the greatest number here
      most = std::max(most, code);
      total += code;
      count += code != 0 ? 1 : 0;
    }
    if (count == 0) return;
    const Numbers& numbers = *coded.numbers;
    widen(stats, numbers[least]);
    stats.count += count;
    widen(stats, numbers[most - 1]);
    sum.add(numbers, total - count, count);
  });
}

}  // namespace

FacetResult QueryRun::count_numbers(const Field& field, std::uint8_t own) {
  const FacetValues values(reader_, field, circumstances_);
  FacetStats stats;
  DecimalSum sum;
  for (std::size_t v = 0; v < candidates_.size(); ++v) {
    if (!values.of(v).numeric()) continue;
    const std::span<const std::uint32_t> documents = counted(v, own);
    const auto coded = values.of(v).coded();
    if (coded && coded->coding.single() && coded->numbers->decimal()) {
      add_decimals(*coded, documents, stats, sum);
      continue;
    }
    for (const std::uint32_t document : documents) {
      values.of(v).any_number(document, [&](double number) {
        widen(stats, number);
        ++stats.count;
        sum.add(number);
        return false;
      });
    }
  }
  stats.sum = sum.value();
  FacetResult result;
  result.stats = stats;
  return result;
}

}  // namespace souk::index
