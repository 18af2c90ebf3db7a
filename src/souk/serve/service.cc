#include "souk/serve/service.h"

#include <fmt/format.h>
#include <random>

#include "souk/base/hash.h"
#include "souk/base/log.h"
#include "souk/serve/openapi.h"
#include "souk/serve/url.h"

namespace souk::serve {

namespace {

constexpr std::size_t kMostTargetBytes = 8 * 1024;

Problem problem(int status, std::string type, std::string detail, std::vector<FieldProblem> errors = {}) {
  return Problem{status, std::move(type), std::move(detail), std::move(errors), {}, 0};
}

// What every answer carries, whatever made it.
HttpResponse finished(HttpResponse response) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const auto is_cache_control = [](const auto& header) { return header.first == "Cache-Control"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_cache_control)) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  return response;
}

HttpResponse refusal(const Problem& problem) {
  HttpResponse response = finished(to_response(problem));
  response.close = true;
  return response;
}

HttpResponse options_answer(std::string allow) {
  HttpResponse response;
  response.status = 204;
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

bool exempt_from_rate(std::string_view pattern) {
  return pattern == "/healthz" || pattern == "/readyz" || pattern == "/metrics";
}

}  // namespace

Service::Service(engine::Shop& shop, ServiceOptions options)
    : shop_(shop),
      options_(std::move(options)),
      metrics_(engine::kVersion),
      files_(options_.console_dir, options_.script_dir),
      limiter_(options_.requests_per_second),
      openapi_(std::make_shared<const std::string>(openapi_document())) {
  const bool v6 = options_.address.find(':') != std::string::npos;
  hosts_ = {"localhost", "127.0.0.1", "[::1]", v6 ? "[" + options_.address + "]" : options_.address};
  std::random_device device;
  for (int i = 0; i < 4; ++i) id_seed_ += fmt::format("{:08x}", device());
}

// A page of another site must not reach a server that trusts whoever is on this machine: its own name in Host shows a rebound DNS name,
// its own Origin shows a request across sites.
std::optional<HttpResponse> Service::admit(const HttpRequest& head) {
  if (head.target.size() > kMostTargetBytes) {
    return refusal(problem(414, "uri-too-long", fmt::format("the target of a request may have {} bytes", kMostTargetBytes)));
  }
  const auto target = parse_target(head.target);
  if (!target) return refusal(problem(400, "invalid-request", "the target of the request is no path"));
  if (head.header_count("host") != 1) return refusal(problem(400, "invalid-request", "a request needs exactly one Host header"));
  const std::string_view authority = target->authority.empty() ? *head.header("host") : target->authority;
  const auto host = host_of(authority);
  const auto known = [&](const std::string& name) { return host && same_ignoring_case(*host, name); };
  if (!std::any_of(hosts_.begin(), hosts_.end(), known)) {
    return refusal(problem(403, "foreign-host", "this server answers only under its own address",
                           {{"Host", "localhost, 127.0.0.1 or [::1], with any port", std::string(authority), 0}}));
  }
  if (const auto origin = head.header("origin"); origin && !same_ignoring_case(*origin, fmt::format("http://{}", authority))) {
    return refusal(problem(403, "foreign-origin", "this server answers only its own pages",
                           {{"Origin", fmt::format("http://{}", authority), std::string(*origin), 0}}));
  }
  return std::nullopt;
}

bool Service::may_block(const HttpRequest& request) const {
  const auto target = parse_target(request.target);
  if (!target) return false;
  const Matched matched = match(request.method, target->path);
  return matched.route != nullptr && (matched.route->writes || matched.route->reads_files);
}

HttpResponse Service::handle(const HttpRequest& request) {
  const auto start = Clock::now();
  metrics_.begin();
  const Route* route = nullptr;
  HttpResponse response = finished(answer(request, route));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  // The pattern stands for the path: a path may hold the key of a person or a product, a query what somebody looked for.
  const std::string_view pattern = route == nullptr ? "none" : route->pattern;
  metrics_.end(pattern, response.status, seconds);
  log::debug("{} {} {} {:.2f} ms {} bytes", route == nullptr ? "-" : request.method, pattern, response.status, seconds * 1e3,
             response.content().size());
  return response;
}

HttpResponse Service::answer(const HttpRequest& request, const Route*& route) {
  const Target target = parse_target(request.target).value_or(Target{});
  if (target.path == "*" && request.method == "OPTIONS") return options_answer("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  Matched matched = match(request.method, target.path);
  if (matched.allow.empty()) {
    return to_response(problem(404, "not-found", "there is nothing under this path; /openapi.json lists the routes"));
  }
  if (matched.bad_escape) {
    return to_response(
        Problem::invalid("the path cannot be decoded", {{"path", "percent-encoded UTF-8 without U+0000", std::string(target.path), 0}}));
  }
  if (request.method == "OPTIONS") return options_answer(std::move(matched.allow));
  if (matched.route == nullptr) {
    HttpResponse response = to_response(problem(405, "method-not-allowed", fmt::format("this path answers {}", matched.allow)));
    response.headers.emplace_back("Allow", std::move(matched.allow));
    return response;
  }
  route = matched.route;
  if (const int wait = exempt_from_rate(route->pattern) ? 0 : limiter_.take(request.peer, Clock::now()); wait > 0) {
    Problem many = problem(429, "too-many-requests", fmt::format("more than {:g} requests a second", options_.requests_per_second));
    many.retry_after = wait;
    return to_response(many);
  }
  if (route->writes && options_.read_only)
    return to_response(problem(403, "read-only", "this server only reads: its shop is written elsewhere"));
  return route->handle(*this, Call{request, std::move(matched.values), target.query});
}

HttpResponse Service::refuse(int status, std::string_view detail) {
  Problem out = problem(status, "refused", std::string(detail));
  if (status == 413) {
    out.type = "body-too-large";
    out.detail = fmt::format("a body may have {} bytes", options_.body_bytes);
  } else if (status == 400) {
    out.type = "malformed";
    out.detail = fmt::format("this is no HTTP/1.1 request: {}", detail);
  } else if (status == 431) {
    out.type = "headers-too-large";
    out.detail = "the header of the request is too large";
  } else if (status == 503) {
    out.type = "overloaded";
    out.retry_after = 1;
  }
  metrics_.begin();
  metrics_.end("none", status, 0);
  return finished(to_response(out));
}

std::string Service::fresh_id() {
  return hash128(fmt::format("{}{}", id_seed_, ids_.fetch_add(1))).hex();
}

}  // namespace souk::serve
