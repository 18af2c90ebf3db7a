// Numbers as texts write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::text {

enum class NumberKind : std::uint8_t {
  number,   // one number; canonical: no grouping, decimal point, "0.5" for ".5"
  version,  // "1.2.3", a date, an address: no number, written with points
  list,     // "1,2,3" or "6'2": several
};

// run: ASCII digits with . , ' / between them, or a point first. A point or comma with three digits behind it groups thousands or begins
// decimals, as the language has it; else it begins decimals.
NumberKind read_number(std::string_view run, bool decimal_comma, std::string& canonical);

// Is the slash at `slash` that of a proper fraction such as 3/4 or 11/16? Not of a date, nor of two numbers ("50/60 Hz").
bool is_fraction_slash(std::string_view text, std::size_t slash);

}  // namespace souk::text
