#include "souk/base/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <fmt/format.h>

namespace souk {
namespace {

constexpr int kMaxScale = 9;
constexpr std::int64_t kMantissaLimit = 1'000'000'000'000'000'000;  // 10^18: mantissas have at most 18 digits

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

tl::unexpected<Error> not_a_decimal(std::string_view text, std::string_view expected = "a decimal number such as 29.90") {
  return fail(Error{ErrorKind::invalid, "not a decimal number", {}, std::string(expected), fmt::format("\"{}\"", text.substr(0, 64)), {}});
}

// The parts of "[-]digits[.digits][e[+-]digits]". `digits` holds the digits without the point and without leading zeros.
struct Parts {
  bool negative = false;
  std::string digits;
  long scale = 0;  // digits after the point, less the exponent; may be negative
};

bool split(std::string_view text, Parts& parts) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    parts.negative = true;
    ++at;
  }
  const auto take_digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) {
      if (!parts.digits.empty() || text[at] != '0') parts.digits += text[at];
      ++at;
    }
    return at - begin;
  };
  const std::size_t whole = take_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    const std::size_t fraction = take_digits();
    if (fraction == 0) return false;
    parts.scale = static_cast<long>(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && text[at] == '+' && at + 1 < text.size() && is_digit(text[at + 1])) ++at;
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() || exponent > 10'000 || exponent < -10'000) return false;
  parts.scale -= exponent;
  return true;
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
  Parts parts;
  // 1,000 characters are far beyond any amount; the limit keeps hostile input cheap.
  if (text.size() > 1000 || !split(text, parts)) return not_a_decimal(text);
  while (parts.scale > kMaxScale && parts.digits.ends_with('0')) {
    parts.digits.pop_back();
    --parts.scale;
  }
  if (parts.digits.empty()) return Decimal{0, static_cast<std::uint8_t>(std::clamp<long>(parts.scale, 0, kMaxScale))};
  if (parts.scale > kMaxScale) return not_a_decimal(text, "at most 9 digits after the point");
  if (parts.scale < 0) {
    if (-parts.scale > 18) return not_a_decimal(text, "at most 18 digits");
    parts.digits.append(static_cast<std::size_t>(-parts.scale), '0');
    parts.scale = 0;
  }
  if (parts.digits.size() > 18) return not_a_decimal(text, "at most 18 digits");
  std::int64_t mantissa = 0;
  std::from_chars(parts.digits.data(), parts.digits.data() + parts.digits.size(), mantissa);
  return Decimal{parts.negative ? -mantissa : mantissa, static_cast<std::uint8_t>(parts.scale)};
}

std::string Decimal::to_string() const {
  const bool negative = mantissa < 0;
  const auto magnitude = negative ? 0 - static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
  std::string digits = fmt::format("{:0{}}", magnitude, scale + 1);
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return negative ? "-" + digits : digits;
}

Decimal Decimal::normalised() const {
  Decimal result = *this;
  while (result.scale > 0 && result.mantissa % 10 == 0) {
    result.mantissa /= 10;
    --result.scale;
  }
  return result;
}

Result<Decimal> Decimal::with_scale(std::uint8_t digits) const {
  if (digits > kMaxScale) return not_a_decimal(to_string(), "at most 9 digits after the point");
  if (digits >= scale) {
    const std::int64_t factor = power_of_ten(digits - scale);
    const std::int64_t limit = (kMantissaLimit - 1) / factor;
    if (mantissa > limit || mantissa < -limit) return not_a_decimal(to_string(), "at most 18 digits");
    return Decimal{mantissa * factor, digits};
  }
  const std::int64_t divisor = power_of_ten(scale - digits);
  if (mantissa % divisor != 0) return not_a_decimal(to_string(), fmt::format("at most {} digits after the point", digits));
  return Decimal{mantissa / divisor, digits};
}

double Decimal::to_double() const {
  return static_cast<double>(mantissa) / static_cast<double>(power_of_ten(scale));
}

bool is_currency_code(std::string_view text) {
  return text.size() == 3 && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

std::uint8_t currency_digits(std::string_view code) {
  // ISO 4217, table A.1, currencies whose minor unit is not 2.
  constexpr std::array<std::string_view, 17> kNone{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                                   "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
  constexpr std::array<std::string_view, 7> kThree{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  constexpr std::array<std::string_view, 2> kFour{"CLF", "UYW"};
  if (std::ranges::find(kNone, code) != kNone.end()) return 0;
  if (std::ranges::find(kThree, code) != kThree.end()) return 3;
  if (std::ranges::find(kFour, code) != kFour.end()) return 4;
  return 2;
}

}  // namespace souk
