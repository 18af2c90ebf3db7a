// One unit has many spellings ("oz", "ounces", "Unzen"); here they become one term, so that "5.5 oz" finds "5.5 ounces". Quantities are not
// converted: a shop that sells pints is not searched in litres.
// The table holds what stands in product texts: lengths, weights, volumes, storage, frequencies, electricity, pieces. Spellings are folded.
// Those of the last column are also words, letters or sizes, and units only after a number. Times are left out: "24 h" and "5 hour" are
// parts of names more often than quantities.
#include "souk/text/units.h"

#include <algorithm>
#include <array>
#include <vector>

namespace souk::text {
namespace {

struct Row {
  std::string_view term, always, after_number;
};

constexpr std::array kUnits = {
    Row{"#inch", "inch inches pouces pulgada pulgadas pollici polegada polegadas дюймов",
        "in zoll pouce tum tommer cali"},                      // zoll: customs
    Row{"#foot", "ft", "foot feet fuss pied pieds pie pies"},  // what people stand on; Spanish "pie", in English a cake
    Row{"#yard", "yd yds", "yard yards"},
    Row{"#millimeter", "mm millimeter millimeters millimetre millimetres milimetros мм", ""},
    Row{"#centimeter", "cm centimeter centimeters centimetre centimetres zentimeter centimetro centimetros centimetri см", ""},
    Row{"#meter", "meters metres metri", "m meter metre metro metros м"},  // a meter measures, a metro is a train
    Row{"#kilometer", "km", ""},
    Row{"#squaremeter", "sqm qm", "m2"},                                   // also a slot of mainboards
    Row{"#ounce", "oz ounce ounces unze unzen onza onzas", "once onces"},  // Spanish eleven
    Row{"#pound", "lb lbs", "pound pounds pfund libra libras livres"},     // money, a sign, books
    Row{"#microgram", "mcg μg", "ug"},
    Row{"#milligram", "mg milligram milligrams milligramm", ""},
    Row{"#gram", "gram grams gramm gramme grammes gramo gramos grammi gramas", "g gr gm г гр"},
    Row{"#kilogram", "kg kgs kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos кг", "kilo kilos"},
    Row{"#milliliter", "ml milliliter milliliters millilitre millilitres mililitros мл", ""},
    Row{"#centiliter", "cl", ""},
    Row{"#liter", "ltr liter liters litre litres litro litros litri", "l lt л"},  // a size of clothes
    Row{"#quart", "qt quarts", "quart"},
    Row{"#gallon", "gallon gallons", "gal"},
    Row{"#kilobyte", "kb", "ko"},  // French counts in octets: Ko, Mo, Go, To
    Row{"#megabyte", "mb megabyte megabytes", "mo"},
    Row{"#gigabyte", "gb gigabytes гб", "gigabyte gig gigs go"},  // a maker of mainboards
    Row{"#terabyte", "tb terabyte terabytes тб", "to"},
    Row{"#hertz", "hz", "hertz"},  // a maker of tyres
    Row{"#kilohertz", "khz", ""},
    Row{"#megahertz", "mhz", ""},
    Row{"#gigahertz", "ghz", ""},
    Row{"#megapixel", "mpx mpix megapixel megapixels", "mp"},
    Row{"#watt", "watt watts", "w"},
    Row{"#kilowatt", "kw", ""},
    Row{"#volt", "volt volts", "v"},
    Row{"#ampere", "ampere amperes", "a amp amps"},  // an amplifier
    Row{"#milliamperehour", "mah", ""},
    Row{"#amperehour", "", "ah"},
    Row{"#watthour", "", "wh"},
    Row{"#kilowatthour", "kwh", ""},
    Row{"#decibel", "", "db"},
    Row{"#lumen", "lumen lumens", "lm"},
    Row{"#piece", "pcs stk pz szt шт", "pc piece pieces stuck"},  // a computer
};

// Written apart, with a hyphen, and as one. A query's neighbours are tried as one word anyway, and a hyphen gives both forms; the table is
// for texts that write them apart, so that a query that writes them as one finds them.
constexpr std::array<std::string_view, 29> kOneWord = {
    "blu-ray",     "e-bike",      "e-book",    "e-mail",      "e-reader", "ear-buds",  "hand-bag",     "head-phones",
    "head-set",    "hi-fi",       "key-board", "lap-top",     "micro-sd", "note-book", "play-station", "sci-fi",
    "smart-phone", "smart-watch", "sound-bar", "sun-glasses", "t-shirt",  "t-shirts",  "touch-screen", "type-c",
    "usb-c",       "v-neck",      "web-cam",   "wi-fi",       "x-box",
};

struct Spelling {
  std::string_view word;
  Unit unit;
};

void add_spellings(std::string_view words, const Unit& unit, std::vector<Spelling>& spellings) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    spellings.push_back({words.substr(0, end), unit});
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

std::vector<Spelling> sorted_spellings() {
  std::vector<Spelling> spellings;
  for (const Row& row : kUnits) {
    add_spellings(row.always, {row.term, false}, spellings);
    add_spellings(row.after_number, {row.term, true}, spellings);
  }
  std::sort(spellings.begin(), spellings.end(), [](const Spelling& a, const Spelling& b) { return a.word < b.word; });
  return spellings;
}

}  // namespace

Unit unit_of(std::string_view folded) {
  static const std::vector<Spelling> spellings = sorted_spellings();
  const auto found = std::lower_bound(spellings.begin(), spellings.end(), folded,
                                      [](const Spelling& spelling, std::string_view word) { return spelling.word < word; });
  return found != spellings.end() && found->word == folded ? found->unit : Unit{};
}

bool one_word(std::string_view first, std::string_view second) {
  return std::any_of(kOneWord.begin(), kOneWord.end(), [&](std::string_view word) {
    return word.size() == first.size() + 1 + second.size() && word[first.size()] == '-' && word.starts_with(first) &&
           word.ends_with(second);
  });
}

bool begins_one_word(std::string_view first) {
  return std::any_of(kOneWord.begin(), kOneWord.end(), [&](std::string_view word) {
    return word.size() > first.size() && word[first.size()] == '-' && word.starts_with(first);
  });
}

}  // namespace souk::text
