#include "souk/serve/problem.h"

#include <fmt/format.h>

#include "souk/base/json_text.h"
#include "souk/base/log.h"

namespace souk::serve {

namespace {

constexpr std::size_t kQuotedBytes = 200;  // of what a client sent

std::string_view shortened(std::string_view text) {
  if (text.size() <= kQuotedBytes) return text;
  std::size_t end = kQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  append_json_string(out, value);
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

Problem Problem::invalid(std::string detail, std::vector<FieldProblem> errors) {
  return Problem{400, "invalid-request", std::move(detail), std::move(errors), {}, 0};
}

std::string to_json(const Problem& problem) {
  std::string out = "{";
  append_member(out, "type", "urn:souk:problem:" + (problem.type.empty() ? "error" : problem.type));
  append_member(out, "title", status_phrase(problem.status));
  out += fmt::format(",\"status\":{}", problem.status);
  append_member(out, "detail", problem.detail);
  out += ",\"errors\":[";
  for (const FieldProblem& error : problem.errors) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('{');
    if (error.line != 0) out += fmt::format("\"line\":{}", error.line);
    append_member(out, "path", error.path);
    append_member(out, "expected", error.expected);
    append_member(out, "found", shortened(error.found));
    out.push_back('}');
  }
  out.push_back(']');
  if (!problem.members.empty()) out += "," + problem.members;
  out.push_back('}');
  return out;
}

HttpResponse to_response(const Problem& problem) {
  HttpResponse response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = to_json(problem);
  if (problem.status == 401) {  // RFC 6750, section 3: a key that was given and is not good is told apart from one that is missing
    response.headers.emplace_back(
        "WWW-Authenticate", problem.type == "key-needed" ? R"(Bearer realm="souk")" : R"(Bearer realm="souk", error="invalid_token")");
  }
  if (problem.retry_after > 0) response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after));
  return response;
}

Problem problem_of(const Error& error) {
  Problem problem;
  problem.detail = error.hint.empty() ? error.what : error.what + ". " + error.hint;
  if (!error.where.empty() || !error.expected.empty() || !error.found.empty()) {
    problem.errors.push_back({error.where, error.expected, error.found, 0});
  }
  switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::limit:
      problem.type = "invalid-request";
      return problem;
    case ErrorKind::not_found:
      problem.status = 404;
      problem.type = "not-found";
      return problem;
    case ErrorKind::exists:
      problem.status = 409;
      problem.type = "exists";
      return problem;
    case ErrorKind::unsupported:
      problem.status = 422;
      problem.type = "unsupported";
      return problem;
    case ErrorKind::busy:
    case ErrorKind::cancelled:
      problem.status = 503;
      problem.type = "unavailable";
      problem.retry_after = 1;
      return problem;
    case ErrorKind::disk_full:
      log::error("{}", error.message());
      return Problem{507,
                     "disk-full",
                     "the server's disk is full: nothing can be written until there is room on it. Send the request again then; what only "
                     "reads is answered meanwhile",
                     {},
                     {},
                     0};
    case ErrorKind::io:
      log::error("{}", error.message());
      return Problem{500,
                     "disk-error",
                     "the server's operating system refused to read or write a file: its log says which, and why. Look at the disk, then "
                     "send the request again",
                     {},
                     {},
                     0};
    case ErrorKind::corrupt:
    case ErrorKind::version:
    case ErrorKind::internal:
      break;
  }
  log::error("{}", error.message());
  return Problem{500, "internal", "the server failed to answer; its log says more", {}, {}, 0};
}

}  // namespace souk::serve
