// What a client may send, whole: headers, targets, queries, JSON bodies and tokens. Nothing may crash, every refusal must be a document,
// and where a header ends does not depend on how its bytes arrive.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "souk/engine/api_keys.h"
#include "souk/serve/auth.h"
#include "souk/serve/request_json.h"
#include "souk/serve/routes.h"
#include "souk/serve/static_files.h"
#include "souk/serve/url.h"
#include "souk/serve/wire.h"

#include "tests/support/fuzz_file.h"

namespace {

void check_head(std::string_view text) {
  souk::serve::HeadScan whole, drip;
  const std::size_t end = whole.end(text);
  std::size_t found = 0;
  for (std::size_t i = 0; i <= text.size() && found == 0 && drip.fault().empty(); ++i) found = drip.end(text.substr(0, i));
  if (found != end || drip.fault() != whole.fault() || (end != 0 && !text.substr(0, end).ends_with("\r\n\r\n"))) std::abort();
}

void check_token(std::string_view text) {
  souk::engine::ApiKey key;
  key.token_secret = "secret";
  if (souk::engine::KeyRing({key}).check_token(text, "shopper", 0) == souk::engine::TokenState::good) std::abort();
}

// No path of a request leads out of the folder.
void check_path(std::string_view path) {
  static const souk::testing::FuzzFolder folder;
  static const souk::fs::path root = souk::fs::canonical(folder.path());
  static const bool filled = souk::write_file(root / "a", "") && souk::fs::create_directory(root / "b");
  if (!filled) std::abort();
  const auto file = souk::serve::file_below(root, path);
  if (file && *file != root / "a") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::serve;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const AskLimits limits;
  const auto check = [](const auto& outcome) {
    if (!outcome && to_json(outcome.error()).empty()) std::abort();
  };
  check(read_search(text, limits));
  check(read_shelf(text, limits));
  check(read_session(text));
  (void)read_key(text);
  (void)parse_media_type(text);
  (void)host_of(text);
  (void)unguessable(text);
  (void)chunk_extension_fault(text);
  check_head(text);
  check_token(text);
  check_path(text);
  if (const auto target = parse_target(text)) {
    for (const std::string& value : match("GET", target->path).values) check_path(value);
    if (const auto parameters = parse_query(target->query)) {
      check(read_search(*parameters, limits));
      check(read_shelf(*parameters, limits));
      check(read_suggest(*parameters, limits));
      check(read_page(*parameters));
    }
  }
  return 0;
}
