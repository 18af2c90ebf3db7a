#include "souk/feeds/row_plan.h"

#include <algorithm>

#include "souk/base/config.h"

namespace souk::feeds {
namespace {

std::string known_fields(RecordKind kind) {
  switch (kind) {
    case RecordKind::items:
      return "a field of items: key, title, description, brand, category, attributes.NAME, group, gtin, mpn, condition, "
             "text.LANGUAGE.title, released, price, was, currency, availability, images, url, language, vectors.SPACE, updated";
    case RecordKind::events:
      return "a field of events: id, shopper, session, item, kind, time, value, quantity, currency, order, query, shelf, position, "
             "request, attributes.NAME";
    case RecordKind::reviews:
      return "a field of reviews: id, item, shopper, rating, title, text, language, time, helpful, images, verified, attributes.NAME";
    case RecordKind::shoppers:
      break;
  }
  return "a field of shoppers: key, attributes.NAME, consent.personalise, consent.train, created";
}

Result<FieldUse> use_of(RecordKind kind, const std::string& field, std::string_view unit) {
  FieldUse use{target_named(kind, field), {}, '|'};
  // In JSON the structured fields can be renamed as a whole.
  if (use.target.field == Field::unknown) use.target.field = field_named(kind, field);
  if (use.target.field == Field::unknown) {
    return fail(Error{ErrorKind::invalid, "cannot map to this field", {}, known_fields(kind), field, {}});
  }
  SOUK_TRY(use.unit, TimeUnit::named(unit));
  return use;
}

}  // namespace

Result<RowPlan> RowPlan::compile(RecordKind kind, const FieldMap& map, bool strict, const std::string& currency) {
  RowPlan plan(kind, strict, currency);
  plan.drop_others_ = map.drop_others;
  for (const auto& [field, source] : map.fields) {
    SOUK_TRY(auto use, use_of(kind, field, source.unit));
    use.separator = source.separator;
    if (use.target.field == Field::key) plan.key_column_ = source.column;
    plan.columns_[source.column].fields.push_back(std::move(use));
    plan.taken_.push_back(field);
  }
  const auto slot_of = [&](std::string_view column) {
    const auto found = plan.columns_.find(column);
    ColumnUse& use = found != plan.columns_.end() ? found->second : plan.columns_[std::string(column)];
    // A column that only a template names is used up by it.
    if (use.slot < 0) use.slot = static_cast<std::int32_t>(plan.slots_++);
    return static_cast<std::uint32_t>(use.slot);
  };
  for (const auto& [field, derived] : map.templates) {
    SOUK_TRY(auto use, use_of(kind, field, {}));
    SOUK_TRY(auto text, Template::parse(derived.text, derived.filters, map.lookups, slot_of));
    plan.derived_.push_back(Derived{std::move(use), std::move(text)});
    plan.taken_.push_back(field);
  }
  for (const auto& [field, text] : map.constants) {
    SOUK_TRY(const auto use, use_of(kind, field, {}));
    if (!plan.start_.set_constant(use.target, text, use.unit)) {
      const RowProblem& problem = plan.start_.problem();
      return fail(Error{ErrorKind::invalid, "cannot use the constant", field, problem.expected, problem.found, {}});
    }
  }
  return plan;
}

Status RowPlan::check_header(const std::vector<std::string>& header, const std::string& file) const {
  for (const auto& [column, use] : columns_) {
    if (std::ranges::find(header, column) != header.end()) continue;
    std::string found;
    for (const std::string& name : header) {
      if (found.size() < 200) found += (found.empty() ? "" : ", ") + name;
    }
    const auto nearest = nearest_name(column, header);
    return fail(Error{ErrorKind::invalid, "the mapping names a column that the table does not have", file, "a column \"" + column + "\"",
                      std::move(found), nearest ? "Did you mean \"" + *nearest + "\"?" : "Name a column of the table's first line."});
  }
  return {};
}

const ColumnUse* RowPlan::mapped_column(std::string_view name) const {
  const auto found = columns_.find(name);
  return found == columns_.end() ? nullptr : &found->second;
}

ColumnUse RowPlan::column(std::string_view name) const {
  if (const ColumnUse* mapped = mapped_column(name)) return *mapped;
  ColumnUse use;
  if (drop_others_) return use;
  Target target = target_named(kind_, name);
  use.unknown = target.field == Field::unknown || std::ranges::find(taken_, name) != taken_.end();
  if (use.unknown) target = Target{Field::attributes, std::string(name)};
  use.fields.push_back(FieldUse{std::move(target), {}, '|'});
  return use;
}

bool RowPlan::fill_templates(const std::vector<std::string_view>& slots, RecordBuilder& builder) const {
  std::string text;
  for (const Derived& derived : derived_) {
    derived.text.render(slots, text);
    if (text.empty()) continue;
    // The text is one value: a bar in it does not separate.
    if (derived.use.target.field == Field::category) {
      builder.item().category.push_back(text);
    } else if (derived.use.target.field == Field::attributes) {
      builder.attributes()[derived.use.target.name] = {text};
    } else if (!builder.set(derived.use.target, text, derived.use.unit)) {
      return false;
    }
  }
  return true;
}

}  // namespace souk::feeds
