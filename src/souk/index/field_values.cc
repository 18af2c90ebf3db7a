#include "souk/index/field_values.h"

#include "souk/store/records.h"

namespace souk::index {

std::string_view availability_text(std::uint32_t state) {
  return store::name_of(static_cast<store::Availability>(state));
}

FieldValues::FieldValues(const View& view, const Schema& schema, std::string_view field, const Circumstances& circumstances)
    : view_(&view), now_(circumstances.now) {
  if (field == "price" || field == "availability") {
    const Offers& offers = view.segment->offers;
    if (offers.empty()) return;
    if (!circumstances.market.empty()) {
      for (std::uint32_t i = 0; i < offers.markets.size(); ++i) {
        if (offers.markets[i] == circumstances.market) market_ = i;
      }
      if (!market_) return;
    }
    kind_ = field == "price" ? Kind::price : Kind::availability;
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
  if (column_->kind != ColumnKind::keyword) {
    const Field* known = schema.find(field);
    if (known != nullptr && known->type == FieldType::keyword) {
      owned_ = view.segment->widened(*column_);
      column_ = owned_.get();
    }
  }
  kind_ = column_->kind == ColumnKind::keyword ? Kind::keyword : Kind::number;
}

std::optional<CodedField> FieldValues::coded() const {
  const Offers& offers = view_->segment->offers;
  if (kind_ == Kind::keyword || kind_ == Kind::number) {
    return CodedField{&column_->packed.codes(), column_->coding, kind_ == Kind::number ? &column_->numbers : nullptr};
  }
  if ((kind_ != Kind::price && kind_ != Kind::availability) || !offers.plain(market_)) return std::nullopt;
  if (kind_ == Kind::availability) return CodedField{&offers.availability_codes(), {.codes = kAvailabilities + 1}, nullptr};
  return CodedField{&offers.amount_codes(), {.codes = offers.amount_of().size() + 1}, &offers.amount_of()};
}

bool FieldValues::exists(std::uint32_t document) const {
  switch (kind_) {
    case Kind::missing:
      return false;
    case Kind::keyword:
      return !column_->ordinals(document).empty();
    case Kind::availability:
      return offer(document).has_value();
    default:
      return any_number(document, [](double) { return true; });
  }
}

}  // namespace souk::index
