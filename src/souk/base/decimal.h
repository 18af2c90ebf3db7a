// Exact decimal numbers for money and quantities: mantissa * 10^-scale. Amounts are never held as binary floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "souk/base/result.h"

namespace souk {

struct Decimal {
  std::int64_t mantissa = 0;
  std::uint8_t scale = 0;  // digits after the point, 0 to 9

  // "29.90", "-3", "1e3" (exponents as JSON writes them). At most 18 significant digits; more is an error, never rounded.
  static Result<Decimal> parse(std::string_view text);
  std::string to_string() const;                          // keeps the scale: "29.90"
  Decimal normalised() const;                             // without trailing zeros after the point
  Result<Decimal> with_scale(std::uint8_t digits) const;  // refuses to lose digits that are not zero
  double to_double() const;

  friend bool operator==(const Decimal&, const Decimal&) = default;  // 1.0 and 1 differ; compare normalised() for value
};

// Whether it has the form of an ISO 4217 code: three capital letters.
bool is_currency_code(std::string_view text);
// ISO 4217 minor digits: EUR 2, JPY 0, KWD 3. Unknown codes have 2.
std::uint8_t currency_digits(std::string_view code);

}  // namespace souk
