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
constexpr std::size_t kLeastIdBytes = 16, kMostIdBytes = 64;  // of a client's id: longer than a telephone's number

Problem problem(int status, std::string type, std::string detail, std::vector<FieldProblem> errors = {}) {
  return Problem{status, std::move(type), std::move(detail), std::move(errors), {}, 0};
}

HttpResponse closing(const Problem& problem) {
  HttpResponse response = to_response(problem);
  response.close = true;
  return response;
}

// The name that the request was sent to. The request has a target that can be read and one Host header.
std::string_view authority_of(const HttpRequest& request, const Target& target) {
  return target.authority.empty() ? *request.header("host") : target.authority;
}

bool exempt_from_rate(std::string_view pattern) {
  return pattern == "/healthz" || pattern == "/readyz" || pattern == "/metrics";
}

// The client's own id of the request, when it is one that may stand in headers and logs: one drawn by a machine, such as a UUID or the id
// of a trace. The access log holds nothing of a person, and a client may call its requests by names, addresses or words.
std::optional<std::string_view> sane_id(const HttpRequest& request) {
  const auto id = request.header("x-request-id");
  const auto drawn = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-'; };
  if (!id || id->size() < kLeastIdBytes || id->size() > kMostIdBytes || !std::all_of(id->begin(), id->end(), drawn)) return std::nullopt;
  return id;
}

}  // namespace

Service::Service(engine::Shop& shop, ServiceOptions options, Sites sites, AccessLog* log)
    : shop_(shop),
      options_(std::move(options)),
      sites_(std::move(sites)),
      auth_(shop.api_keys(), options_.loopback),
      log_(log),
      metrics_(engine::kVersion),
      files_(options_.console_dir, options_.script_dir),
      openapi_(std::make_shared<const std::string>(openapi_document())) {
  std::random_device device;
  for (int i = 0; i < 4; ++i) id_seed_ += fmt::format("{:08x}", device());
}

std::optional<HttpResponse> Service::admit(const HttpRequest& head) {
  Passage passage;
  passage.request = &head;
  auto refused = refusal(head, passage);
  if (!refused) return std::nullopt;
  metrics_.begin();
  return finished(std::move(*refused), passage);
}

// Everything that can be said before a body is read: who may not ask shall not make the server hold 10 MiB first.
std::optional<HttpResponse> Service::refusal(const HttpRequest& head, Passage& passage) {
  if (head.target.size() > kMostTargetBytes) {
    return closing(problem(414, "uri-too-long", fmt::format("the target of a request may have {} bytes", kMostTargetBytes)));
  }
  const auto target = parse_target(head.target);
  if (!target) return closing(problem(400, "invalid-request", "the target of the request is no path"));
  if (head.header_count("host") != 1) return closing(problem(400, "invalid-request", "a request needs exactly one Host header"));
  const std::string_view authority = authority_of(head, *target);
  const bool open = auth_.open();
  if (const auto foreign = sites_.refused(head, authority, open)) return closing(*foreign);

  const bool asks_for_options = head.method == "OPTIONS";
  const auto wanted = head.header("access-control-request-method");
  const Route* const route = match(asks_for_options && wanted ? *wanted : head.method, target->path).route;
  if (route == nullptr) return std::nullopt;
  if (route->scope > Scope::search && sites_.from_elsewhere(head, authority, open)) {
    return closing(problem(403, "foreign-origin", "pages of other sites may use only what a key of scope search may",
                           {{"Origin", "the server's own", std::string(*head.header("origin")), 0}}));
  }
  if (asks_for_options) return std::nullopt;
  passage.route = route;
  const auto caller = auth_.identify(head, *route, target->query);
  if (!caller && caller.error().status != 401) return to_response(caller.error());
  if (caller) passage.key = caller->key;
  if (const auto problem = too_often(caller.value_or(Caller{}), head, *route)) return to_response(*problem);
  if (!caller) return to_response(caller.error());
  return std::nullopt;
}

std::optional<Problem> Service::too_often(const Caller& caller, const HttpRequest& head, const Route& route) {
  if (exempt_from_rate(route.pattern)) return std::nullopt;
  const auto refused = [](double per_second, std::string_view whose, int wait) {
    Problem many = problem(429, "too-many-requests", fmt::format("more than {:g} requests a second {}", per_second, whose));
    many.retry_after = wait;
    return many;
  };
  const auto now = Clock::now();
  const double of_address = options_.requests_per_second, of_key = caller.requests_per_second;
  if (const int wait = addresses_.take(head.client, of_address, now); wait > 0) return refused(of_address, "from one address", wait);
  if (const int wait = keys_.take(caller.key, of_key, now); wait > 0) return refused(of_key, "with this key", wait);
  return std::nullopt;
}

bool Service::may_block(const HttpRequest& request) const {
  const auto target = parse_target(request.target);
  if (!target) return false;
  const Matched matched = match(request.method, target->path);
  return matched.route != nullptr && (matched.route->writes || matched.route->reads_files);
}

HttpResponse Service::handle(const HttpRequest& request) {
  Passage passage;
  passage.request = &request;
  metrics_.begin();
  HttpResponse response = answer(request, passage);
  return finished(std::move(response), passage);
}

HttpResponse Service::answer(const HttpRequest& request, Passage& passage) {
  const Target target = parse_target(request.target).value_or(Target{});
  const bool options = request.method == "OPTIONS";
  if (target.path == "*" && options) return sites_.options(request, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  Matched matched = match(request.method, target.path);
  if (matched.allow.empty()) {
    return to_response(problem(404, "not-found", "there is nothing under this path; /openapi.json lists the routes"));
  }
  if (matched.bad_escape) {
    return to_response(
        Problem::invalid("the path cannot be decoded", {{"path", "percent-encoded UTF-8 without U+0000", std::string(target.path), 0}}));
  }
  if (options) return sites_.options(request, std::move(matched.allow));
  if (matched.route == nullptr) {
    HttpResponse response = to_response(problem(405, "method-not-allowed", fmt::format("this path answers {}", matched.allow)));
    response.headers.emplace_back("Allow", std::move(matched.allow));
    return response;
  }
  passage.route = matched.route;
  // Once more: the body may have taken its time, and the key may have been revoked in between.
  const auto caller = auth_.identify(request, *matched.route, target.query);
  if (!caller) return to_response(caller.error());
  passage.key = caller->key;
  if (matched.route->writes && options_.read_only)
    return to_response(problem(403, "read-only", "this server only reads: its shop is written elsewhere"));
  return matched.route->handle(*this, Call{request, std::move(matched.values), target.query, *caller});
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
  return finished(to_response(out), {});
}

HttpResponse Service::finished(HttpResponse response, const Passage& passage) {
  const double seconds = std::chrono::duration<double>(Clock::now() - passage.begun).count();
  const auto own = passage.request == nullptr ? std::nullopt : sane_id(*passage.request);
  const std::string id = own ? std::string(*own) : fresh_id();
  response.headers.emplace_back("Souk-Request", id);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const auto is_cache_control = [](const auto& header) { return header.first == "Cache-Control"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_cache_control)) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  if (passage.request != nullptr) sites_.add_headers(*passage.request, response);

  // The pattern stands for the path: a path may hold the key of a person or a product, a query what somebody looked for.
  const std::string_view pattern = passage.route == nullptr ? "none" : passage.route->pattern;
  metrics_.end(pattern, response.status, seconds);
  if (log_ != nullptr || log::enabled(log::Level::debug)) {
    const std::string_view method = passage.route == nullptr ? std::string_view() : passage.request->method;
    const std::size_t bytes = method == "HEAD" ? 0 : response.content().size();
    const AccessEntry entry{id, method, pattern, response.status, seconds * 1e3, bytes, passage.key};
    if (log_ != nullptr) log_->write(entry);
    log::debug("{}", to_line(entry));
  }
  return response;
}

std::string Service::fresh_id() {
  return hash128(fmt::format("{}{}", id_seed_, ids_.fetch_add(1))).hex();
}

}  // namespace souk::serve
