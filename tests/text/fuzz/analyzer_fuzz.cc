// Any bytes in any language: tokens in order, inside the text, at borders of characters, one word at a position, with terms that are not
// empty; folding reaches a fixed point.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "souk/text/analyzer.h"
#include "souk/text/unicode.h"

namespace {

using souk::text::Analyzer;

// The languages whose rules differ; German with the words of a small shop, and with its accents; English, and whatever else a text is in.
const Analyzer& analyzer_of(std::uint8_t choice) {
  static const auto analyzers = [] {
    std::array<std::shared_ptr<const Analyzer>, 12> made;
    constexpr std::array<const char*, 9> kLanguages = {"en", "fr", "es", "tr", "hu", "fi", "zh", "th", ""};
    for (std::size_t i = 0; i < kLanguages.size(); ++i) made[i] = Analyzer::for_language(kLanguages[i]);
    const std::vector<souk::text::WordCount> counts = {{"kaffee", 50}, {"maschine", 40}, {"strassen", 9}, {"bahn", 9}, {"haus", 30}};
    souk::text::AnalyzerSettings settings;
    settings.compounds = souk::text::Compounds::learn("de", counts);
    made[9] = Analyzer::for_language("de", settings);
    settings.folds = false;
    made[10] = Analyzer::for_language("de", settings);
    souk::text::AnalyzerSettings detecting;
    detecting.detects = true;
    made[11] = Analyzer::for_language("en", detecting);
    return made;
  }();
  return *analyzers[choice % analyzers.size()];
}

std::vector<bool> borders_of(std::string_view text) {
  std::vector<bool> borders(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); souk::text::next_character(text, i)) borders[i] = true;
  borders[text.size()] = true;
  return borders;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::uint32_t position = 0, begin = 0, words = 0;
  const std::vector<bool> borders = borders_of(text);
  for (const souk::text::Token& token : analyzer_of(data[0]).analyze(text)) {
    if (token.begin >= token.end || token.end > text.size() || token.term.empty() || token.surface.empty()) std::abort();
    if (token.position != position && token.position != position + 1) std::abort();
    if (token.position == position ? token.begin < begin : words != position + 1) std::abort();
    if (!borders[token.begin] || !borders[token.end]) std::abort();
    position = token.position;
    begin = token.begin;
    words += token.extra ? 0 : 1;
  }
  const std::string folded = souk::text::fold(text);
  if (souk::text::fold(folded) != folded) std::abort();
  return 0;
}
