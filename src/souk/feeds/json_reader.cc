#include "souk/feeds/json_reader.h"

#include <cmath>

#include "souk/feeds/json_text.h"
#include "souk/feeds/json_values.h"

namespace souk::feeds {
namespace {

using simdjson::ondemand::json_type;

constexpr std::size_t kLargestRecord = 16u << 20;

bool takes_numbers(Field field) {
  switch (field) {
    case Field::released:
    case Field::updated:
    case Field::time:
    case Field::received:
    case Field::created:
    case Field::price:
    case Field::was:
    case Field::value:
    case Field::quantity:
    case Field::rating:
      return true;
    default:
      return false;
  }
}

bool takes_whole_numbers(Field field) {
  switch (field) {
    case Field::key:
    case Field::id:
    case Field::shopper:
    case Field::session:
    case Field::item:
    case Field::order:
    case Field::request:
    case Field::group:
    case Field::gtin:
    case Field::mpn:
    case Field::position:
    case Field::helpful:
      return true;
    default:
      return false;
  }
}

bool takes_texts(Field field) {
  return field != Field::position && field != Field::helpful;
}

std::string_view expected_scalar(Field field) {
  if (field == Field::position) return "a whole number from 1";
  if (field == Field::helpful) return "a whole number from 0";
  if (takes_numbers(field)) return "a number or a text";
  return takes_whole_numbers(field) ? "a text or a whole number" : "a text";
}

}  // namespace

struct JsonReader::Impl {
  const RowPlan& plan;
  RecordBuilder builder;
  JsonValues values{builder};
  simdjson::ondemand::parser parser;
  std::vector<char> padded;
  std::vector<std::string> unknown;
  std::vector<std::string> slot_texts;
  std::vector<std::string_view> slots;
  bool merging = false;

  explicit Impl(const RowPlan& row_plan)
      : plan(row_plan), builder(row_plan.builder()), slot_texts(row_plan.slots()), slots(row_plan.slots()) {}

  bool parse(std::string_view json, JsonObject& object, simdjson::ondemand::document& document);
  bool read(std::string_view json);
  bool read_field(std::string_view name, JsonValue value);
  bool scalar_text(std::string_view name, JsonValue value, std::string& out, bool& number);
  bool set(const FieldUse& use, const std::string& path, JsonValue value);
  bool set_scalar(const FieldUse& use, const std::string& path, JsonValue value);
  bool clear(const Target& target);

  bool local_texts(const std::string& path, JsonValue value);
  bool offers(const std::string& path, JsonValue value);
  bool offer(const std::string& path, JsonObject object, store::Offer& out);
  bool offer_field(const std::string& at, std::string_view name, std::string_view words, store::Offer& out);
  bool vectors(const std::string& path, JsonValue value);
  bool consent(const std::string& path, JsonValue value);
  bool patch_offer();

  // Shows the refused number as it stood, without the quotes of a text.
  bool refused_number(std::string_view token) {
    RowProblem& problem = builder.problem();
    if (problem.found == found_text(token)) problem.found = found_text(token, false);
    return false;
  }
};

bool JsonReader::Impl::local_texts(const std::string& path, JsonValue value) {
  JsonObject languages;
  if (!values.object(path, value, languages)) return false;
  auto& out = builder.item().text;
  if (!merging) out.clear();
  return values.each_member(path, languages, [&](std::string_view language, JsonValue inner) {
    const std::string at = path + "." + std::string(language);
    const std::string key(language);
    if (is_null(inner)) {
      out.erase(key);
      return true;
    }
    JsonObject fields;
    if (!values.object(at, inner, fields)) return false;
    store::LocalText& local = out[key];
    return values.each_member(at, fields, [&](std::string_view name, JsonValue field) {
      const std::string field_path = at + "." + std::string(name);
      if (name != "title" && name != "description") return builder.refuse(field_path, "title or description", found_text(name));
      std::string& target = name == "title" ? local.title : local.description;
      target.clear();
      std::string_view words;
      if (is_null(field)) return true;
      if (!values.text(field_path, field, words)) return false;
      target = words;
      return true;
    });
  });
}

bool JsonReader::Impl::offer_field(const std::string& at, std::string_view name, std::string_view words, store::Offer& out) {
  const auto time = [&](std::optional<Timestamp>& field) {
    const std::string_view expected = TimeUnit().read(words, field.emplace());
    return expected.empty() ? true : builder.refuse(at, std::string(expected), found_text(words));
  };
  if (name == "market") return out.market = words, true;
  if (name == "amount") return builder.set_amount(out.amount, words, at);
  if (name == "was") return builder.set_amount(out.was.emplace(), words, at);
  if (name == "currency") return out.currency = words, builder.check_currency(words, at);
  if (name == "from") return time(out.from);
  if (name == "until") return time(out.until);
  if (name != "availability") {
    return builder.refuse(at, "market, amount, currency, was, availability, from or until", found_text(name));
  }
  const auto availability = store::availability_named(words);
  if (!availability) return builder.refuse(at, "in_stock, out_of_stock, preorder, backorder or discontinued", found_text(words));
  out.availability = *availability;
  return true;
}

bool JsonReader::Impl::offer(const std::string& path, JsonObject object, store::Offer& out) {
  bool priced = false;
  const bool good = values.each_member(path, object, [&](std::string_view name, JsonValue value) {
    const std::string at = path + "." + std::string(name);
    if (is_null(value)) return true;
    std::string_view words;
    json_type type{};
    if (!values.type(at, value, type)) return false;
    double ignored = 0;
    const bool number = type == json_type::number && name != "market" && name != "currency" && name != "availability";
    if (!(number ? values.number(at, value, words, ignored) : values.text(at, value, words))) return false;
    priced = priced || name == "amount";
    if (offer_field(at, name, words, out)) return true;
    return number ? refused_number(words) : false;
  });
  if (!good) return false;
  if (!priced) return builder.refuse(path + ".amount", "an amount such as 29.90", "nothing");
  if (out.currency.empty()) out.currency = builder.default_currency();
  if (!builder.fit_amount(out.amount, out.currency, path + ".amount")) return false;
  return !out.was || builder.fit_amount(*out.was, out.currency, path + ".was");
}

bool JsonReader::Impl::offers(const std::string& path, JsonValue value) {
  builder.item().offers.clear();
  return values.each_element(path, value, "a list of offers", [&](const std::string& at, JsonValue element) {
    JsonObject object;
    return values.object(at, element, object) && offer(at, object, builder.item().offers.emplace_back());
  });
}

bool JsonReader::Impl::vectors(const std::string& path, JsonValue value) {
  JsonObject spaces;
  if (!values.object(path, value, spaces)) return false;
  auto& out = builder.item().vectors;
  if (!merging) out.clear();
  return values.each_member(path, spaces, [&](std::string_view space, JsonValue inner) {
    const std::string at = path + "." + std::string(space);
    std::vector<float> vector;
    if (!is_null(inner)) {
      const bool good = values.each_element(at, inner, "a list of numbers", [&](const std::string& where, JsonValue element) {
        std::string_view token;
        double component = 0;
        if (!values.number(where, element, token, component)) return false;
        vector.push_back(static_cast<float>(component));
        return std::isfinite(vector.back()) ? true : builder.refuse(where, "a number that a 32-bit float holds", found_text(token, false));
      });
      if (!good) return false;
    }
    if (vector.empty()) {
      out.erase(std::string(space));
    } else {
      out[std::string(space)] = std::move(vector);
    }
    return true;
  });
}

bool JsonReader::Impl::consent(const std::string& path, JsonValue value) {
  JsonObject object;
  if (!values.object(path, value, object)) return false;
  return values.each_member(path, object, [&](std::string_view name, JsonValue inner) {
    const std::string at = path + "." + std::string(name);
    if (name != "personalise" && name != "train") return builder.refuse(at, "personalise or train", found_text(name));
    bool& flag = name == "train" ? builder.shopper().train : builder.shopper().personalise;
    flag = true;
    if (is_null(inner)) return true;
    if (inner.get_bool().get(flag)) return values.wrong_type(at, "true or false", inner);
    return true;
  });
}

bool JsonReader::Impl::set_scalar(const FieldUse& use, const std::string& path, JsonValue value) {
  const Field field = use.target.field;
  json_type type{};
  if (!values.type(path, value, type)) return false;
  std::string_view token;
  if (type == json_type::string && takes_texts(field)) {
    if (!values.text(path, value, token)) return false;
    if (token.empty() && !takes_whole_numbers(field)) return true;  // empty is absent; an empty key is a mistake
  } else if (type == json_type::number && (takes_numbers(field) || takes_whole_numbers(field))) {
    double ignored = 0;
    if (!values.number(path, value, token, ignored)) return false;
    if (!takes_numbers(field) && !is_whole_number(token)) {
      return builder.refuse(path, std::string(expected_scalar(field)), found_text(token, false));
    }
  } else {
    return values.wrong_type(path, expected_scalar(field), value);
  }
  if (builder.set(use.target, token, use.unit)) return true;
  return type == json_type::number ? refused_number(token) : false;
}

bool JsonReader::Impl::clear(const Target& target) {
  store::Item& item = builder.item();
  switch (target.field) {
    case Field::title:
      item.title.clear();
      break;
    case Field::description:
      item.description.clear();
      break;
    case Field::brand:
      item.brand.clear();
      break;
    case Field::category:
      item.category.clear();
      break;
    case Field::attributes:
      item.attributes.clear();
      break;
    case Field::group:
      item.group.clear();
      break;
    case Field::gtin:
      item.gtin.clear();
      break;
    case Field::mpn:
      item.mpn.clear();
      break;
    case Field::condition:
      item.condition.clear();
      break;
    case Field::text:
      item.text.clear();
      break;
    case Field::released:
      item.released.reset();
      break;
    case Field::offers:
    case Field::price:
      item.offers.clear();
      break;
    case Field::was:
      if (!item.offers.empty()) item.offers.front().was.reset();
      break;
    case Field::images:
      item.images.clear();
      break;
    case Field::url:
      item.url.clear();
      break;
    case Field::language:
      item.language.clear();
      break;
    case Field::vectors:
      item.vectors.clear();
      break;
    case Field::updated:
      item.updated.reset();
      break;
    case Field::key:
      return builder.refuse("key", "a key: it cannot be removed", "null");
    default:
      break;
  }
  return true;
}

bool JsonReader::Impl::set(const FieldUse& use, const std::string& path, JsonValue value) {
  if (is_null(value)) return merging ? clear(use.target) : true;
  switch (use.target.field) {
    case Field::category:
      return values.texts(path, value, builder.item().category);
    case Field::images:
      return values.texts(path, value, builder.images());
    case Field::offers:
      return offers(path, value);
    case Field::text:
      return local_texts(path, value);
    case Field::vectors:
      return vectors(path, value);
    case Field::consent:
      return consent(path, value);
    case Field::verified:
      return value.get_bool().get(builder.review().verified) ? values.wrong_type(path, "true or false", value) : true;
    case Field::attributes: {
      store::Attributes& out = builder.attributes();
      return use.target.name.empty() ? values.attributes(path, value, out, merging)
                                     : values.attribute(path, use.target.name, value, out, merging);
    }
    default:
      return set_scalar(use, path, value);
  }
}

bool JsonReader::Impl::scalar_text(std::string_view name, JsonValue value, std::string& out, bool& number) {
  json_type type{};
  if (!values.type(std::string(name), value, type)) return false;
  number = type == json_type::number;
  if (number) {  // its digits as they stand: 1000000 is not 1e+06
    std::string_view token;
    double ignored = 0;
    if (!values.number(std::string(name), value, token, ignored)) return false;
    out = token;
    return true;
  }
  std::vector<store::Value> read;
  if (!values.attribute_value(std::string(name), value, read)) return false;
  out.clear();
  if (read.empty()) return true;
  if (const auto* words = std::get_if<std::string>(&read.front())) {
    out = *words;
  } else {
    out = std::get<bool>(read.front()) ? "true" : "false";
  }
  return true;
}

bool JsonReader::Impl::read_field(std::string_view name, JsonValue value) {
  const ColumnUse* column = plan.mapped() ? plan.mapped_column(name) : nullptr;
  if (column == nullptr && !plan.drops_others()) {
    const Field field = field_named(plan.kind(), name);
    if (field != Field::unknown) {
      const FieldUse use{Target{field, {}}, {}};
      return set(use, std::string(name), value);
    }
    if (plan.strict()) return builder.refuse(std::string(name), "a known field", "an unknown one");
    unknown.emplace_back(name);
    if (is_null(value) && !merging) return true;
    return values.attribute(std::string(name), std::string(name), value, builder.attributes(), merging);
  }
  if (column == nullptr) {  // dropped, but still held to be JSON
    std::string ignored;
    return values.json(std::string(name), value, ignored, 1);
  }
  // A value can be read once: what several uses share is read as a text.
  if (column->fields.size() == 1 && column->slot < 0) return set(column->fields.front(), std::string(name), value);
  std::string scratch;
  std::string& words = column->slot < 0 ? scratch : slot_texts[static_cast<std::size_t>(column->slot)];
  bool number = false;
  if (!scalar_text(name, value, words, number)) return false;
  if (words.empty()) return true;
  for (const FieldUse& use : column->fields) {
    if (!builder.set(use.target, words, use.unit)) return number ? refused_number(words) : false;
  }
  return true;
}

bool JsonReader::Impl::parse(std::string_view json, JsonObject& object, simdjson::ondemand::document& document) {
  if (json.size() > kLargestRecord) return builder.refuse("", "a record of at most 16 MiB", std::to_string(json.size()) + " bytes");
  padded.resize(json.size() + simdjson::SIMDJSON_PADDING);
  json.copy(padded.data(), json.size());
  const simdjson::padded_string_view view(padded.data(), json.size(), padded.size());
  if (const auto error = parser.iterate(view).get(document)) return values.broken("", error);
  const auto error = document.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) return builder.refuse("", "a JSON object", found_text(json));
  return error ? values.broken("", error) : true;
}

bool JsonReader::Impl::patch_offer() {
  RecordBuilder::Shorthand& shorthand = builder.shorthand();
  if (builder.item().offers.empty() || !shorthand.any()) return true;  // finish() makes the offer
  store::Offer& offer = builder.item().offers.front();
  if (!shorthand.currency.empty()) offer.currency = shorthand.currency;
  if (shorthand.price) offer.amount = *shorthand.price;
  if (shorthand.was) offer.was = *shorthand.was;
  if (shorthand.availability) offer.availability = *shorthand.availability;
  shorthand = {};
  if (!builder.check_currency(offer.currency, "currency") || !builder.fit_amount(offer.amount, offer.currency, "price")) return false;
  return !offer.was || builder.fit_amount(*offer.was, offer.currency, "was");
}

bool JsonReader::Impl::read(std::string_view json) {
  unknown.clear();
  for (std::string& slot : slot_texts) slot.clear();
  simdjson::ondemand::document document;
  JsonObject object;
  if (!parse(json, object, document)) return false;
  const bool good = values.each_member("", object, [&](std::string_view name, JsonValue value) { return read_field(name, value); });
  if (!good) return false;
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) return builder.refuse("", "one JSON object a line", "more text after it");
  if (merging && !patch_offer()) return false;
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = slot_texts[i];
  return plan.fill_templates(slots, builder) && builder.finish();
}

JsonReader::JsonReader(const RowPlan& plan) : impl_(std::make_unique<Impl>(plan)) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;

bool JsonReader::read(std::string_view json) {
  impl_->merging = false;
  impl_->builder.begin();
  return impl_->read(json);
}

bool JsonReader::patch(const store::Item& item, std::string_view patch) {
  impl_->merging = true;
  impl_->builder.begin();
  impl_->builder.item() = item;
  if (!impl_->read(patch)) return false;
  if (item.key.empty() || impl_->builder.item().key == item.key) return true;
  return impl_->builder.refuse("key", "the item's own key", found_text(impl_->builder.item().key));
}

RecordBuilder& JsonReader::builder() {
  return impl_->builder;
}
const std::vector<std::string>& JsonReader::unknown() const {
  return impl_->unknown;
}

std::string JsonReader::text_of(std::string_view json, std::string_view name) {
  simdjson::ondemand::document document;
  JsonObject object;
  if (!impl_->parse(json, object, document)) return {};
  JsonValue value;
  if (object.find_field_unordered(name).get(value)) return {};
  std::string_view token;
  if (value.get_string().get(token) == simdjson::SUCCESS) return std::string(token);
  token = trimmed_token(value.raw_json_token());
  return is_whole_number(token) ? std::string(token) : std::string();
}

std::vector<std::string> JsonReader::names_of(std::string_view json) {
  simdjson::ondemand::document document;
  JsonObject object;
  std::vector<std::string> names;
  if (!impl_->parse(json, object, document)) return names;
  impl_->values.each_member("", object, [&](std::string_view name, JsonValue value) {
    names.emplace_back(name);
    std::string ignored;
    return impl_->values.json({}, value, ignored, 1);
  });
  return names;
}

}  // namespace souk::feeds
