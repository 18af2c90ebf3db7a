#include "souk/serve/media.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/serve/url.h"

namespace souk::serve {

namespace {

std::vector<std::string_view> taken(BodyKind kind) {
  std::vector<std::string_view> types{"application/json"};
  if (kind == BodyKind::question) return types;
  types.insert(types.end(), {"application/x-ndjson", "application/ndjson", "application/jsonl"});
  if (kind == BodyKind::patches) types.emplace_back("application/merge-patch+json");
  if (kind == BodyKind::events) types.emplace_back("text/plain");
  return types;
}

Problem unsupported(std::string path, std::string expected, std::string_view found) {
  return Problem{415,
                 "unsupported-media-type",
                 "the body has a form that this route does not take",
                 {{std::move(path), std::move(expected), std::string(found), 0}},
                 {},
                 0};
}

}  // namespace

std::optional<Problem> refused_media(const HttpRequest& request, BodyKind kind) {
  if (const auto encoding = request.header("content-encoding"); encoding && !same_ignoring_case(*encoding, "identity")) {
    return unsupported("Content-Encoding", "no compression", *encoding);
  }
  const auto header = request.header("content-type");
  if (!header || header->empty()) return std::nullopt;
  const MediaType media = parse_media_type(*header);
  const auto types = taken(kind);
  if (std::find(types.begin(), types.end(), media.type) == types.end()) {
    return unsupported("Content-Type", fmt::format("{}", fmt::join(types, ", ")), *header);
  }
  if (!media.charset.empty() && media.charset != "utf-8" && media.charset != "us-ascii") {
    return unsupported("Content-Type", "charset=utf-8", *header);
  }
  return std::nullopt;
}

}  // namespace souk::serve
