// Which forms of body a route takes.
#pragma once

#include <cstdint>
#include <optional>

#include "souk/serve/http.h"
#include "souk/serve/problem.h"

namespace souk::serve {

enum class BodyKind : std::uint8_t {
  question,  // application/json
  records,   // also NDJSON
  patches,   // also application/merge-patch+json
  events,    // records, also text/plain: what a browser's beacon can send
};

// 415 when the Content-Type names another form, a charset other than UTF-8, or the body is compressed. A missing Content-Type is JSON.
std::optional<Problem> refused_media(const HttpRequest& request, BodyKind kind);

}  // namespace souk::serve
