// The fields of records, by name, and the one place where a text becomes a field's value: cells of tables, constants and templates go
// through RecordBuilder::set as they are, scalars of JSON after their type was checked (record_reader.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/feeds/record_json.h"
#include "souk/store/records.h"

namespace souk::feeds {

enum class Field : std::uint8_t {
  // items
  key,
  title,
  description,
  brand,
  category,
  attributes,
  group,
  gtin,
  mpn,
  condition,
  text,
  released,
  offers,
  images,
  url,
  language,
  vectors,
  updated,
  price,
  was,
  currency,
  availability,  // shorthand for one offer; currency is an event's too
  // events
  id,
  shopper,
  session,
  item,
  kind,
  time,
  value,
  quantity,
  order,
  query,
  shelf,
  position,
  request,
  received,
  // shoppers
  consent,
  created,
  // reviews
  rating,
  body,  // "text" of a review
  helpful,
  verified,
  unknown,
};

// A field as a column or a mapping names it: "title", "attributes.size" (name = "size"), "text.de.title" (name = "de.title").
struct Target {
  Field field = Field::unknown;
  std::string name;
};
Field field_named(RecordKind kind, std::string_view name);
Target target_named(RecordKind kind, std::string_view name);

// How numbers and zoneless texts of a time column are read.
class TimeUnit {
 public:
  // "" (RFC 3339, or milliseconds of 1e11 and more), "s", "ms", "us", "ns", "yyyymmdd" (a day: 20170131), or a zone for local times:
  // "America/New_York".
  static Result<TimeUnit> named(std::string_view name);
  // Empty: `time` is set. Else what was expected.
  std::string_view read(std::string_view text, Timestamp& time) const;

 private:
  std::string_view read_number(std::string_view text, Timestamp& time) const;
  std::string_view read_text(std::string_view text, Timestamp& time) const;
  struct Zone;
  std::int64_t per_second_ = 0;  // 0: automatic
  bool days_ = false;            // yyyymmdd
  std::shared_ptr<const Zone> zone_;
};

// Reads "12", "0.5", "-3.10" without the cost of the general form, which it falls back to.
std::optional<Decimal> read_decimal(std::string_view text);

// The text of a value for messages: cut to 80 bytes at a character's border, quoted when `quoted`.
std::string found_text(std::string_view text, bool quoted = true);

// Fills one record, field by field. One a thread.
class RecordBuilder {
 public:
  RecordBuilder(RecordKind kind, std::string currency);

  RecordKind kind() const { return kind_; }
  void begin();  // starts the next record, as the constants left it
  // Sets a field from a text that is valid UTF-8 without NUL; list fields split at the separator. False: see problem().
  bool set(const Target& target, std::string_view text, const TimeUnit& unit = {}, char separator = '|');
  // Sets a field for every record that follows.
  bool set_constant(const Target& target, std::string_view text, const TimeUnit& unit = {});
  // Joins the shorthands and checks what a record as a whole must have.
  bool finish();

  bool refuse(std::string path, std::string expected, std::string found);
  bool refuse(const Target& target, std::string expected, std::string_view found_value);
  RowProblem& problem() { return problem_; }

  store::Item& item() { return item_; }
  store::Event& event() { return event_; }
  store::Shopper& shopper() { return shopper_; }
  store::Review& review() { return review_; }
  std::vector<std::string>& images() { return kind_ == RecordKind::reviews ? review_.images : item_.images; }
  store::Attributes& attributes();  // of the record

  // The record's values that are not in the record itself.
  struct Shorthand {
    std::optional<Decimal> price, was;
    std::string currency;
    std::optional<store::Availability> availability;
    bool any() const { return price || was || !currency.empty() || availability; }
  };
  Shorthand& shorthand() { return shorthand_; }
  // An amount in its currency's minor digits; false: refused under `path`.
  bool set_amount(Decimal& amount, std::string_view text, const std::string& path);
  bool fit_amount(Decimal& amount, std::string_view currency, const std::string& path);
  bool check_currency(std::string_view code, const std::string& path);
  const std::string& default_currency() const { return currency_; }

 private:
  bool set_item(const Target& target, std::string_view text, const TimeUnit& unit, char separator);
  bool set_event(const Target& target, std::string_view text, const TimeUnit& unit, char separator);
  bool set_shopper(const Target& target, std::string_view text, const TimeUnit& unit, char separator);
  bool set_review(const Target& target, std::string_view text, const TimeUnit& unit, char separator);
  bool set_decimal(std::optional<Decimal>& field, const Target& target, std::string_view text);
  bool set_key(std::string& field, const Target& target, std::string_view text);
  bool set_time(std::optional<Timestamp>& field, const Target& target, std::string_view text, const TimeUnit& unit);
  bool set_kind(std::string_view text);
  bool set_position(const Target& target, std::string_view text);
  bool set_flag(bool& field, const Target& target, std::string_view text);
  bool set_local_text(const Target& target, std::string_view text);
  bool set_vector(const Target& target, std::string_view text, char separator);
  void set_attribute(store::Attributes& attributes, const std::string& name, std::string_view text, char separator);
  bool join_shorthand();
  bool finish_event();
  bool finish_review();

  RecordKind kind_;
  std::string currency_;
  store::Item item_, item_start_;
  store::Event event_, event_start_;
  store::Shopper shopper_, shopper_start_;
  store::Review review_, review_start_;
  Shorthand shorthand_, shorthand_start_;
  RowProblem problem_;
};

std::string path_of(const Target& target);

}  // namespace souk::feeds
