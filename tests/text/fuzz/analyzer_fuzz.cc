// Any bytes: tokens in order, inside the text, with terms that are not empty; folding reaches a fixed point.
#include <cstdint>
#include <cstdlib>

#include "souk/text/analyzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto analyzer = souk::text::Analyzer::for_language("en");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::uint32_t done = 0;
  for (const souk::text::Token& token : analyzer->analyze(text)) {
    if (token.begin < done || token.end <= token.begin || token.end > size || token.term.empty()) std::abort();
    done = token.end;
  }
  const std::string folded = souk::text::fold(text);
  if (souk::text::fold(folded) != folded) std::abort();
  return 0;
}
