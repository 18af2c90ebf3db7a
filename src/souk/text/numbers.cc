#include "souk/text/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "souk/text/unicode.h"

namespace souk::text {
namespace {

// Does `separator` group the digits before `end`: 1 to 3 of them, then threes (or, as in India, twos and a last three)?
bool groups(std::string_view digits, char separator) {
  const std::size_t first = digits.find(separator);
  if (first == 0 || first > 3 || (digits[0] == '0')) return false;
  bool threes = true, twos = first <= 2 && separator == ',';
  for (std::size_t at = first; at < digits.size();) {
    const std::size_t next = std::min(digits.find(separator, at + 1), digits.size());
    const std::size_t size = next - at - 1;
    threes = threes && size == 3;
    twos = twos && size == (next == digits.size() ? 3U : 2U);
    at = next;
  }
  return threes || twos;
}

// `run` without `grouping` and with a decimal point for `decimal`.
void canonise(std::string_view run, char grouping, char decimal, std::string& canonical) {
  canonical.clear();
  for (const char c : run) {
    if (c == grouping) continue;
    canonical.push_back(c == decimal ? '.' : c);
  }
}

}  // namespace

NumberKind read_number(std::string_view run, bool decimal_comma, std::string& canonical) {
  const auto count = [&](char c) { return std::count(run.begin(), run.end(), c); };
  canonical = run;
  if (run.front() == '.') {
    canonical.insert(canonical.begin(), '0');
    if (count(',') + count('\'') > 0) return NumberKind::list;
    return count('.') == 1 ? NumberKind::number : NumberKind::version;
  }
  const auto points = count('.'), commas = count(','), apostrophes = count('\'');
  if (points + commas + apostrophes == 0) return NumberKind::number;
  if (count('/') > 0) return commas + apostrophes > 0 ? NumberKind::list : NumberKind::version;
  if (apostrophes > 0) {  // 1'000.50, the Swiss way
    const std::size_t decimal = run.find_first_of(".,");
    if (points + commas > 1 || (decimal != std::string_view::npos && decimal < run.rfind('\''))) return NumberKind::list;
    if (!groups(run.substr(0, decimal), '\'')) return NumberKind::list;
    canonise(run, '\'', ',', canonical);
    return NumberKind::number;
  }
  if (points > 0 && commas > 0) {  // the last one is the decimal, whatever the language
    const char decimal = run.rfind('.') > run.rfind(',') ? '.' : ',', grouping = decimal == '.' ? ',' : '.';
    const std::size_t cut = run.rfind(decimal);
    if (run.find(decimal) != cut || !groups(run.substr(0, cut), grouping)) return NumberKind::list;
    canonise(run, grouping, decimal, canonical);
    return NumberKind::number;
  }
  const char only = points > 0 ? '.' : ',', decimal = decimal_comma ? ',' : '.';
  const bool grouped = groups(run, only);
  if (points + commas > 1) {
    if (!grouped) return only == '.' ? NumberKind::version : NumberKind::list;
    canonise(run, only, '\0', canonical);
  } else {
    canonise(run, grouped && only != decimal ? only : '\0', only, canonical);
  }
  return NumberKind::number;
}

bool is_fraction_slash(std::string_view text, std::size_t slash) {
  constexpr std::array kDenominators = {2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64};
  std::size_t begin = slash, end = slash + 1;
  while (begin > 0 && slash - begin < 3 && is_digit(text[begin - 1])) --begin;
  while (end < text.size() && end - slash < 4 && is_digit(text[end])) ++end;
  if (begin == slash || end == slash + 1) return false;
  constexpr std::string_view kBefore = " -+&";  // else a date, a decimal, a long number, a code
  if (begin > 0 && kBefore.find(text[begin - 1]) == std::string_view::npos) return false;
  constexpr std::string_view kBehind = "./,0123456789";
  if (end + 1 < text.size() && kBehind.find(text[end]) != std::string_view::npos && is_digit(text[end + 1])) return false;
  int above = 0, below = 0;
  std::from_chars(text.data() + begin, text.data() + slash, above);
  std::from_chars(text.data() + slash + 1, text.data() + end, below);
  return above > 0 && above < below && std::find(kDenominators.begin(), kDenominators.end(), below) != kDenominators.end();
}

}  // namespace souk::text
