#include "souk/feeds/fields.h"

#include <array>
#include <charconv>

#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

using store::Value;

struct Named {
  std::string_view name;
  Field field;
};
constexpr std::array kItemFields = {Named{"key", Field::key},
                                    Named{"title", Field::title},
                                    Named{"description", Field::description},
                                    Named{"brand", Field::brand},
                                    Named{"category", Field::category},
                                    Named{"attributes", Field::attributes},
                                    Named{"group", Field::group},
                                    Named{"gtin", Field::gtin},
                                    Named{"mpn", Field::mpn},
                                    Named{"condition", Field::condition},
                                    Named{"text", Field::text},
                                    Named{"released", Field::released},
                                    Named{"offers", Field::offers},
                                    Named{"images", Field::images},
                                    Named{"url", Field::url},
                                    Named{"language", Field::language},
                                    Named{"vectors", Field::vectors},
                                    Named{"updated", Field::updated},
                                    Named{"price", Field::price},
                                    Named{"was", Field::was},
                                    Named{"currency", Field::currency},
                                    Named{"availability", Field::availability}};
constexpr std::array kEventFields = {Named{"id", Field::id},
                                     Named{"shopper", Field::shopper},
                                     Named{"session", Field::session},
                                     Named{"item", Field::item},
                                     Named{"kind", Field::kind},
                                     Named{"time", Field::time},
                                     Named{"value", Field::value},
                                     Named{"quantity", Field::quantity},
                                     Named{"currency", Field::currency},
                                     Named{"order", Field::order},
                                     Named{"query", Field::query},
                                     Named{"shelf", Field::shelf},
                                     Named{"position", Field::position},
                                     Named{"request", Field::request},
                                     Named{"attributes", Field::attributes},
                                     Named{"received", Field::received}};
constexpr std::array kShopperFields = {Named{"key", Field::key}, Named{"attributes", Field::attributes}, Named{"consent", Field::consent},
                                       Named{"created", Field::created}};

constexpr std::array kReviewFields = {Named{"id", Field::id},
                                      Named{"item", Field::item},
                                      Named{"shopper", Field::shopper},
                                      Named{"rating", Field::rating},
                                      Named{"title", Field::title},
                                      Named{"text", Field::body},
                                      Named{"language", Field::language},
                                      Named{"time", Field::time},
                                      Named{"helpful", Field::helpful},
                                      Named{"images", Field::images},
                                      Named{"verified", Field::verified},
                                      Named{"attributes", Field::attributes}};

template <std::size_t N>
Field find_field(const std::array<Named, N>& fields, std::string_view name) {
  for (const Named& named : fields) {
    if (named.name == name) return named.field;
  }
  return Field::unknown;
}

template <std::size_t N>
std::string_view find_name(const std::array<Named, N>& fields, Field field) {
  for (const Named& named : fields) {
    if (named.field == field) return named.name;
  }
  return {};
}

bool dotted(Field field) {
  return field == Field::attributes || field == Field::text || field == Field::vectors || field == Field::consent;
}

// Splits at the separator, leaving empty parts out.
template <class Use>
void each_part(std::string_view text, char separator, const Use& use) {
  while (!text.empty()) {
    const auto bar = text.find(separator);
    if (bar != 0) use(text.substr(0, bar));
    if (bar == std::string_view::npos) return;
    text.remove_prefix(bar + 1);
  }
}

// A cell is a number when the number is written as the cell is: 007, 1.10 and 20-digit numbers stay texts.
Value typed_value(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  constexpr std::size_t kLongestNumber = 24;  // 17 digits, a sign, a point and zeros before the digits
  double number = 0;
  if (text.size() > kLongestNumber || text.find_first_not_of("-.0123456789") != std::string_view::npos) return std::string(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !reads_back(text, number)) return std::string(text);
  return number;
}

}  // namespace

Field field_named(RecordKind kind, std::string_view name) {
  switch (kind) {
    case RecordKind::items:
      return find_field(kItemFields, name);
    case RecordKind::events:
      return find_field(kEventFields, name);
    case RecordKind::reviews:
      return find_field(kReviewFields, name);
    case RecordKind::shoppers:
      break;
  }
  return find_field(kShopperFields, name);
}

Target target_named(RecordKind kind, std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) {
    const Field field = field_named(kind, name);
    return dotted(field) ? Target{} : Target{field, {}};
  }
  const Field field = field_named(kind, name.substr(0, dot));
  if (!dotted(field) || dot + 1 == name.size()) return {};
  const std::string_view rest = name.substr(dot + 1);
  if (field == Field::text && !rest.ends_with(".title") && !rest.ends_with(".description")) return {};
  if (field == Field::consent && rest != "personalise" && rest != "train") return {};
  return Target{field, std::string(rest)};
}

std::string path_of(const Target& target) {
  std::string_view name = find_name(kItemFields, target.field);
  if (name.empty()) name = find_name(kEventFields, target.field);
  if (name.empty()) name = find_name(kShopperFields, target.field);
  if (name.empty()) name = find_name(kReviewFields, target.field);
  return target.name.empty() ? std::string(name) : std::string(name) + "." + target.name;
}

std::optional<Decimal> read_decimal(std::string_view text) {
  // At most 18 digits, at most 9 after the point, nothing else: the form that nearly all values have.
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view body = text.substr(negative ? 1 : 0);
  std::int64_t mantissa = 0;
  std::size_t digits = 0, point = std::string_view::npos;
  for (std::size_t i = 0; i < body.size() && body.size() <= 19; ++i) {
    if (body[i] >= '0' && body[i] <= '9') {
      mantissa = mantissa * 10 + (body[i] - '0');
      ++digits;
    } else if (body[i] == '.' && point == std::string_view::npos && i > 0) {
      point = i;
    } else {
      break;
    }
  }
  const std::size_t scale = point == std::string_view::npos ? 0 : body.size() - point - 1;
  const bool plain = digits > 0 && digits <= 18 && digits + (point == std::string_view::npos ? 0 : 1) == body.size() && scale <= 9 &&
                     (point == std::string_view::npos || scale > 0);
  if (plain) return Decimal{negative ? -mantissa : mantissa, static_cast<std::uint8_t>(scale)};
  auto parsed = Decimal::parse(text);
  if (!parsed) return std::nullopt;
  return *parsed;
}

std::string found_text(std::string_view text, bool quoted) {
  constexpr std::size_t kLongest = 80;
  const bool cut = text.size() > kLongest;
  if (cut) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string found(text);
  if (quoted) found = "\"" + found + (cut ? "…" : "") + "\"";
  return found;
}

RecordBuilder::RecordBuilder(RecordKind kind, std::string currency) : kind_(kind), currency_(std::move(currency)) {
  event_start_.kind = store::EventKind::other;  // without a name: finish() asks for one
}

void RecordBuilder::begin() {
  switch (kind_) {
    case RecordKind::items:
      item_ = item_start_;
      shorthand_ = shorthand_start_;
      return;
    case RecordKind::events:
      event_ = event_start_;
      return;
    case RecordKind::shoppers:
      shopper_ = shopper_start_;
      return;
    case RecordKind::reviews:
      review_ = review_start_;
      return;
  }
}

bool RecordBuilder::set_constant(const Target& target, std::string_view text, const TimeUnit& unit) {
  begin();
  if (!set(target, text, unit)) return false;
  item_start_ = item_;
  event_start_ = event_;
  shopper_start_ = shopper_;
  review_start_ = review_;
  shorthand_start_ = shorthand_;
  return true;
}

bool RecordBuilder::set(const Target& target, std::string_view text, const TimeUnit& unit, char separator) {
  switch (kind_) {
    case RecordKind::items:
      return set_item(target, text, unit, separator);
    case RecordKind::events:
      return set_event(target, text, unit, separator);
    case RecordKind::reviews:
      return set_review(target, text, unit, separator);
    case RecordKind::shoppers:
      break;
  }
  return set_shopper(target, text, unit, separator);
}

store::Attributes& RecordBuilder::attributes() {
  switch (kind_) {
    case RecordKind::items:
      return item_.attributes;
    case RecordKind::events:
      return event_.attributes;
    case RecordKind::reviews:
      return review_.attributes;
    case RecordKind::shoppers:
      break;
  }
  return shopper_.attributes;
}

bool RecordBuilder::refuse(std::string path, std::string expected, std::string found) {
  problem_ = RowProblem{0, std::move(path), std::move(expected), std::move(found)};
  return false;
}

bool RecordBuilder::refuse(const Target& target, std::string expected, std::string_view found_value) {
  return refuse(path_of(target), std::move(expected), found_text(found_value));
}

bool RecordBuilder::set_item(const Target& target, std::string_view text, const TimeUnit& unit, char separator) {
  switch (target.field) {
    case Field::key:
      return set_key(item_.key, target, text);
    case Field::title:
      item_.title = text;
      return true;
    case Field::description:
      item_.description = text;
      return true;
    case Field::brand:
      item_.brand = text;
      return true;
    case Field::group:
      item_.group = text;
      return true;
    case Field::gtin:
      item_.gtin = text;
      return true;
    case Field::mpn:
      item_.mpn = text;
      return true;
    case Field::condition:
      item_.condition = text;
      return true;
    case Field::url:
      item_.url = text;
      return true;
    case Field::language:
      item_.language = text;
      return true;
    case Field::category:
      each_part(text, separator, [&](std::string_view part) { item_.category.emplace_back(part); });
      return true;
    case Field::images:
      each_part(text, separator, [&](std::string_view part) { item_.images.emplace_back(part); });
      return true;
    case Field::attributes:
      set_attribute(item_.attributes, target.name, text, separator);
      return true;
    case Field::text:
      return set_local_text(target, text);
    case Field::vectors:
      return set_vector(target, text, separator);
    case Field::released:
      return set_time(item_.released, target, text, unit);
    case Field::updated:
      return set_time(item_.updated, target, text, unit);
    case Field::price: {
      // "29.90 EUR", as shopping feeds write it, names its currency.
      const auto space = text.find(' ');
      if (space != std::string_view::npos && text.size() - space == 4) {
        shorthand_.currency = text.substr(space + 1);
        text = text.substr(0, space);
      }
      return set_amount(shorthand_.price.emplace(), text, "price");
    }
    case Field::was:
      return set_amount(shorthand_.was.emplace(), text, "was");
    case Field::currency:
      shorthand_.currency = text;
      return check_currency(text, "currency");
    case Field::availability:
      shorthand_.availability = store::availability_named(text);
      if (shorthand_.availability) return true;
      return refuse(target, "in_stock, out_of_stock, preorder, backorder or discontinued", text);
    default:
      return refuse(target, "a field of items", text);
  }
}

bool RecordBuilder::set_event(const Target& target, std::string_view text, const TimeUnit& unit, char separator) {
  switch (target.field) {
    case Field::id:
      return set_key(event_.id, target, text);
    case Field::shopper:
      return set_key(event_.shopper, target, text);
    case Field::session:
      return set_key(event_.session, target, text);
    case Field::item:
      return set_key(event_.item, target, text);
    case Field::order:
      return set_key(event_.order, target, text);
    case Field::request:
      return set_key(event_.request, target, text);
    case Field::kind:
      return set_kind(text);
    case Field::time:
      return set_time(event_.time, target, text, unit);
    case Field::received:
      return set_time(event_.received, target, text, unit);
    case Field::value:
      return set_decimal(event_.value, target, text);
    case Field::quantity:
      return set_decimal(event_.quantity, target, text);
    case Field::currency:
      event_.currency = text;
      return check_currency(text, "currency");
    case Field::query:
      event_.query = text;
      return true;
    case Field::shelf:
      event_.shelf = text;
      return true;
    case Field::position:
      return set_position(target, text);
    case Field::attributes:
      set_attribute(event_.attributes, target.name, text, separator);
      return true;
    default:
      return refuse(target, "a field of events", text);
  }
}

bool RecordBuilder::set_shopper(const Target& target, std::string_view text, const TimeUnit& unit, char separator) {
  switch (target.field) {
    case Field::key:
      return set_key(shopper_.key, target, text);
    case Field::attributes:
      set_attribute(shopper_.attributes, target.name, text, separator);
      return true;
    case Field::consent:
      return set_flag(target.name == "train" ? shopper_.train : shopper_.personalise, target, text);
    case Field::created:
      return set_time(shopper_.created, target, text, unit);
    default:
      return refuse(target, "a field of shoppers", text);
  }
}

bool RecordBuilder::set_review(const Target& target, std::string_view text, const TimeUnit& unit, char separator) {
  switch (target.field) {
    case Field::id:
      return set_key(review_.id, target, text);
    case Field::item:
      return set_key(review_.item, target, text);
    case Field::shopper:
      return set_key(review_.shopper, target, text);
    case Field::rating:
      return set_decimal(review_.rating, target, text);
    case Field::title:
      review_.title = text;
      return true;
    case Field::body:
      review_.text = text;
      return true;
    case Field::language:
      review_.language = text;
      return true;
    case Field::time:
      return set_time(review_.time, target, text, unit);
    case Field::helpful: {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), review_.helpful);
      if (error == std::errc() && end == text.data() + text.size()) return true;
      return refuse(target, "a whole number from 0", text);
    }
    case Field::images:
      each_part(text, separator, [&](std::string_view part) { review_.images.emplace_back(part); });
      return true;
    case Field::verified:
      return set_flag(review_.verified, target, text);
    case Field::attributes:
      set_attribute(review_.attributes, target.name, text, separator);
      return true;
    default:
      return refuse(target, "a field of reviews", text);
  }
}

bool RecordBuilder::set_decimal(std::optional<Decimal>& field, const Target& target, std::string_view text) {
  field = read_decimal(text);
  return field ? true : refuse(target, "a decimal number such as 29.90, at most 18 digits and 9 after the point", text);
}

bool RecordBuilder::set_key(std::string& field, const Target& target, std::string_view text) {
  if (auto status = store::check_key(text, {}); !status) {
    return refuse(path_of(target), std::move(status.error().expected), std::move(status.error().found));
  }
  field = text;
  return true;
}

bool RecordBuilder::set_time(std::optional<Timestamp>& field, const Target& target, std::string_view text, const TimeUnit& unit) {
  Timestamp time = 0;
  const std::string_view expected = unit.read(text, time);
  if (!expected.empty()) return refuse(target, std::string(expected), text);
  field = time;
  return true;
}

bool RecordBuilder::set_kind(std::string_view text) {
  event_.kind_name.clear();
  if (const auto kind = store::event_kind_named(text)) {
    event_.kind = *kind;
    return true;
  }
  event_.kind = store::EventKind::other;
  return set_key(event_.kind_name, Target{Field::kind, {}}, text);
}

bool RecordBuilder::set_position(const Target& target, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), event_.position);
  if (error == std::errc() && end == text.data() + text.size() && event_.position > 0) return true;
  return refuse(target, "a whole number from 1", text);
}

bool RecordBuilder::set_flag(bool& field, const Target& target, std::string_view text) {
  if (text != "true" && text != "false" && text != "1" && text != "0") return refuse(target, "true or false", text);
  field = text == "true" || text == "1";
  return true;
}

bool RecordBuilder::set_local_text(const Target& target, std::string_view text) {
  const std::string_view name = target.name;
  const auto dot = name.rfind('.');
  store::LocalText& local = item_.text[std::string(name.substr(0, dot))];
  (name.substr(dot) == ".title" ? local.title : local.description) = text;
  return true;
}

bool RecordBuilder::set_vector(const Target& target, std::string_view text, char separator) {
  std::vector<float>& vector = item_.vectors[target.name];
  vector.clear();
  bool good = true;
  each_part(text, separator, [&](std::string_view part) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), vector.emplace_back());
    good = good && error == std::errc() && end == part.data() + part.size() && vector.back() - vector.back() == 0;
  });
  return good ? true
              : refuse(target, std::string("numbers separated by ") + (separator == ' ' ? "blanks" : std::string(1, separator)), text);
}

void RecordBuilder::set_attribute(store::Attributes& attributes, const std::string& name, std::string_view text, char separator) {
  std::vector<Value>& values = attributes[name];
  values.clear();
  each_part(text, separator, [&](std::string_view part) { values.push_back(typed_value(part)); });
  if (values.empty()) attributes.erase(name);
}

bool RecordBuilder::check_currency(std::string_view code, const std::string& path) {
  return is_currency_code(code) ? true : refuse(path, "an ISO 4217 code such as EUR", found_text(code));
}

bool RecordBuilder::set_amount(Decimal& amount, std::string_view text, const std::string& path) {
  const auto parsed = read_decimal(text);
  if (!parsed || parsed->mantissa < 0) return refuse(path, "an amount of 0 or more, such as 29.90", found_text(text));
  amount = *parsed;
  return true;
}

bool RecordBuilder::fit_amount(Decimal& amount, std::string_view currency, const std::string& path) {
  const std::uint8_t digits = currency_digits(currency);
  const auto fitted = amount.with_scale(digits);
  if (!fitted) {
    return refuse(path, "at most " + std::to_string(digits) + " digits after the point, as " + std::string(currency) + " has",
                  amount.to_string());
  }
  amount = *fitted;
  return true;
}

bool RecordBuilder::join_shorthand() {
  if (!item_.offers.empty()) return refuse("price", "either offers, or price, was, currency and availability", "both");
  if (!shorthand_.price) {
    // A currency alone says nothing; a constant often stands beside prices that are absent.
    if (!shorthand_.was && !shorthand_.availability) return true;
    return refuse("price", "a price beside was or availability", "nothing");
  }
  store::Offer offer;
  offer.currency = shorthand_.currency.empty() ? currency_ : shorthand_.currency;
  if (!check_currency(offer.currency, "currency")) return false;
  offer.amount = *shorthand_.price;
  offer.was = shorthand_.was;
  offer.availability = shorthand_.availability.value_or(store::Availability::in_stock);
  if (!fit_amount(offer.amount, offer.currency, "price")) return false;
  if (offer.was && !fit_amount(*offer.was, offer.currency, "was")) return false;
  item_.offers.push_back(std::move(offer));
  return true;
}

bool RecordBuilder::finish_event() {
  using store::EventKind;
  const EventKind kind = event_.kind;
  if (kind == EventKind::other && event_.kind_name.empty()) return refuse("kind", "a kind such as view or purchase", "nothing");
  if (kind == EventKind::refund && event_.value && event_.value->mantissa < 0) {
    return refuse("value", "the positive amount returned", event_.value->to_string());
  }
  if (event_.shopper.empty() && event_.session.empty()) return refuse("shopper", "a shopper or a session", "neither");
  if (event_.shopper.starts_with(store::kVisitorPrefix)) {
    return refuse("shopper", "a key that does not begin with \"session:\", which names visitors", found_text(event_.shopper));
  }
  if (event_.shopper.empty() && event_.session.size() > 504) {  // "session:" and it make the visitor's key
    return refuse("session", "at most 504 bytes", std::to_string(event_.session.size()) + " bytes");
  }
  if (event_.item.empty() && kind != EventKind::search && kind != EventKind::filter && kind != EventKind::checkout) {
    return refuse("item", "an item, as every event but search, filter and checkout has", "nothing");
  }
  return true;
}

bool RecordBuilder::finish_review() {
  if (review_.item.empty()) return refuse("item", "the item that the review is of", "nothing");
  if (review_.shopper.starts_with(store::kVisitorPrefix)) {
    return refuse("shopper", "a key that does not begin with \"session:\", which names visitors", found_text(review_.shopper));
  }
  if (review_.rating || !review_.title.empty() || !review_.text.empty()) return true;
  return refuse("rating", "a rating, a title or a text", "nothing");
}

bool RecordBuilder::finish() {
  switch (kind_) {
    case RecordKind::items:
      if (item_.key.empty()) return refuse("key", "a key", "nothing");
      return shorthand_.any() ? join_shorthand() : true;
    case RecordKind::events:
      return finish_event();
    case RecordKind::reviews:
      return finish_review();
    case RecordKind::shoppers:
      break;
  }
  return shopper_.key.empty() ? refuse("key", "a key", "nothing") : true;
}

}  // namespace souk::feeds
