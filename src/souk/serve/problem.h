// Errors as RFC 9457 problem documents, and as HTTP answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/serve/http.h"

namespace souk::serve {

// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, so that what a client sent can always be quoted back.
std::string json_string(std::string_view text);

struct FieldProblem {
  std::string path, expected, found;
  std::uint64_t line = 0;  // of the record in the body, from 1; 0: the request as a whole
};

struct Problem {
  int status = 400;
  std::string type;    // the last part of the type URI: "unknown-field"
  std::string detail;  // one sentence
  std::vector<FieldProblem> errors;
  std::string members;  // further members of the document as JSON text: "\"accepted\":0"
  int retry_after = 0;  // seconds; 0: no header

  static Problem invalid(std::string detail, std::vector<FieldProblem> errors = {});  // 400
};

template <class T>
using Outcome = tl::expected<T, Problem>;

std::string to_json(const Problem& problem);
HttpResponse to_response(const Problem& problem);

// An engine's error: invalid and limit 400, not_found 404, exists 409, busy and cancelled 503, unsupported 422, a full disk 507. Damage,
// other errors of the disk and bugs are 500. These are logged in full, and told without paths.
Problem problem_of(const Error& error);

}  // namespace souk::serve
