#include "souk/index/field_values.h"

#include <algorithm>
#include <vector>

#include "souk/index/values.h"
#include "souk/store/records.h"

namespace souk::index {
namespace {

std::string text_of(const Filter::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  return std::get<bool>(value) ? "true" : "false";
}

// NaN, which equals and orders with nothing, for what is no number.
double number_of(const Filter::Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return number_in(std::get<std::string>(value)).value_or(std::nan(""));
}

bool numbers_hold(Filter::Op op, std::span<const double> wanted, double value) {
  switch (op) {
    case Filter::Op::equals:
    case Filter::Op::in:
      return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
    case Filter::Op::less:
      return value < wanted[0];
    case Filter::Op::less_equal:
      return value <= wanted[0];
    case Filter::Op::greater:
      return value > wanted[0];
    case Filter::Op::greater_equal:
      return value >= wanted[0];
    case Filter::Op::range:
      return value >= wanted[0] && value <= wanted[1];
    default:
      return false;
  }
}

void test_keywords(const Filter& filter, const Column& column, std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) {
  std::vector<std::uint8_t> wanted(column.original.size());
  bool any = false;
  for (const Filter::Value& value : filter.values) {
    const Column::Range range = column.find(text_of(value));
    for (std::uint32_t i = range.begin; i < range.end; ++i) wanted[i] = 1;
    any = any || range.begin < range.end;
  }
  if (!any) {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return;
  }
  for (std::size_t i = 0; i < documents.size(); ++i) {
    std::uint8_t holds = 0;
    for (const std::uint32_t ordinal : column.ordinals(documents[i])) holds |= wanted[ordinal];
    out[i] = holds;
  }
}

void test(const Filter& filter, const FieldValues& values, std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) {
  using Kind = FieldValues::Kind;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  if (values.kind() == Kind::missing) return;
  if (filter.op == Filter::Op::exists) {
    for (std::size_t i = 0; i < documents.size(); ++i) out[i] = values.exists(documents[i]) ? 1 : 0;
    return;
  }
  if (values.numeric()) {
    std::vector<double> wanted;
    for (const Filter::Value& value : filter.values) wanted.push_back(number_of(value));
    for (std::size_t i = 0; i < documents.size(); ++i) {
      out[i] = values.any_number(documents[i], [&](double value) { return numbers_hold(filter.op, wanted, value); }) ? 1 : 0;
    }
    return;
  }
  if (filter.op != Filter::Op::equals && filter.op != Filter::Op::in) return;  // words have no order here
  if (values.kind() == Kind::keyword) return test_keywords(filter, values.column(), documents, out);
  std::array<bool, kAvailabilities> wanted{};
  for (const Filter::Value& value : filter.values) {
    for (std::uint32_t state = 0; state < kAvailabilities; ++state) {
      if (text_of(value) == availability_text(state)) wanted[state] = true;
    }
  }
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const OfferRow* row = values.offer(documents[i]);
    out[i] = row != nullptr && wanted[row->availability] ? 1 : 0;
  }
}

}  // namespace

std::string_view availability_text(std::uint32_t state) {
  return store::name_of(static_cast<store::Availability>(state));
}

FieldValues::FieldValues(const View& view, const Schema& schema, std::string_view field, const Circumstances& circumstances)
    : view_(&view), now_(circumstances.now) {
  if (field == "price" || field == "availability") {
    kind_ = field == "price" ? Kind::price : Kind::availability;
    if (circumstances.market.empty()) return;
    market_ = kNone;
    const Strings& markets = view.segment->markets;
    for (std::uint32_t i = 0; i < markets.size(); ++i) {
      if (markets[i] == circumstances.market) market_ = i;
    }
    return;
  }
  for (const StatColumn& stat : circumstances.stats) {
    if (stat.name != field) continue;
    kind_ = Kind::stat;
    stat_ = stat.values;
    return;
  }
  column_ = view.segment->column(field);
  if (column_ == nullptr) return;
  const Field* known = schema.find(field);
  if (column_->kind != ColumnKind::keyword && known != nullptr && known->type == FieldType::keyword) {
    owned_ = view.segment->widened(*column_);
    column_ = owned_.get();
  }
  kind_ = column_->kind == ColumnKind::keyword ? Kind::keyword : Kind::number;
}

bool FieldValues::exists(std::uint32_t document) const {
  switch (kind_) {
    case Kind::missing:
      return false;
    case Kind::keyword:
      return !column_->ordinals(document).empty();
    case Kind::availability:
      return offer(document) != nullptr;
    default:
      return any_number(document, [](double) { return true; });
  }
}

void evaluate(const Filter& filter, const View& view, const Schema& schema, const Circumstances& circumstances,
              std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) {
  using enum Filter::Op;
  if (filter.op != all && filter.op != any && filter.op != none_of) {
    return test(filter, FieldValues(view, schema, filter.field, circumstances), documents, out);
  }
  std::fill(out.begin(), out.end(), filter.op == any ? std::uint8_t{0} : std::uint8_t{1});
  std::vector<std::uint8_t> part(documents.size());
  for (const FilterPtr& child : filter.children) {
    evaluate(*child, view, schema, circumstances, documents, part);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto holds = static_cast<std::uint8_t>(filter.op == none_of ? 1 - part[i] : part[i]);
      out[i] = static_cast<std::uint8_t>(filter.op == any ? out[i] | holds : out[i] & holds);
    }
  }
}

}  // namespace souk::index
