// Any bytes, marked and cut: no markup of the text survives, and the window holds.
#include <cstdint>
#include <cstdlib>

#include "souk/text/analyzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto analyzer = souk::text::Analyzer::for_language("en");
  if (size == 0) return 0;
  const std::size_t max_bytes = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<std::string> terms;
  for (souk::text::Token& token : analyzer->analyze(text.substr(0, 16))) terms.push_back(std::move(token.term));
  const std::string marked = souk::text::highlight(*analyzer, text, terms, true, "", "", max_bytes);
  if (marked.find_first_of("<>\"'") != std::string::npos) std::abort();
  if (max_bytes > 0 && marked.size() > 6 * max_bytes + 6) std::abort();
  return 0;
}
