// What a client may send, whole: targets, queries and JSON bodies. Nothing may crash, and every refusal must be a document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "souk/serve/request_json.h"
#include "souk/serve/routes.h"
#include "souk/serve/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::serve;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const AskLimits limits;
  const auto check = [](const auto& outcome) {
    if (!outcome && to_json(outcome.error()).empty()) std::abort();
  };
  check(read_search(text, limits));
  check(read_shelf(text, limits));
  (void)read_key(text);
  (void)parse_media_type(text);
  (void)host_of(text);
  if (const auto target = parse_target(text)) {
    (void)match("GET", target->path);
    if (const auto parameters = parse_query(target->query)) {
      check(read_search(*parameters, limits));
      check(read_shelf(*parameters, limits));
      check(read_suggest(*parameters, limits));
    }
  }
  return 0;
}
