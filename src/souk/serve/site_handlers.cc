// Health, readiness, metrics, the OpenAPI document, and the console's files.
#include <fmt/format.h>

#include "souk/serve/handlers.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

HttpResponse missing_file(const Service& service) {
  Problem problem{404, "not-found", "there is no such page; /openapi.json lists the routes", {}, {}, 0};
  if (service.files().empty()) problem.detail = "this server has no console folder; /openapi.json lists the routes";
  return to_response(problem);
}

}  // namespace

HttpResponse get_health(Service&, const Call&) {
  HttpResponse response;
  response.body = R"({"status":"ok"})";
  return response;
}

HttpResponse get_ready(Service& service, const Call&) {
  const auto view = service.shop().view();
  if (view == nullptr || view->lexical == nullptr) {
    Problem problem{503, "not-ready", "the shop is being loaded", {}, {}, 1};
    return to_response(problem);
  }
  HttpResponse response;
  const auto stale = service.shop().staleness();
  response.body = fmt::format(R"({{"status":"ready","shop":{},"trained":{},"version":{},"items":{}{}}})",
                              json_string(service.shop().settings().name), view->tables != nullptr, json_string(view->version),
                              view->lexical->size(), stale ? fmt::format(R"(,"stale_ms":{})", *stale) : "");
  return response;
}

HttpResponse get_metrics(Service& service, const Call&) {
  const store::Counts counts = service.shop().store().counts();
  const auto view = service.shop().view();
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = service.metrics().text(
      {counts.items, counts.stubs, counts.shoppers, counts.events, counts.seq, view != nullptr && view->tables != nullptr});
  return response;
}

HttpResponse get_openapi(Service& service, const Call& call) {
  return cacheable(*service.openapi(), "application/json", call.request.header("if-none-match"));
}

HttpResponse get_page(Service& service, const Call& call) {
  auto response = service.files().get("index.html", call.request.header("if-none-match"));
  return response ? std::move(*response) : missing_file(service);
}

HttpResponse get_file(Service& service, const Call& call) {
  const std::string_view path = call.values.empty() ? std::string_view("souk.js") : std::string_view(call.values.front());
  auto response = service.files().get(path, call.request.header("if-none-match"));
  return response ? std::move(*response) : missing_file(service);
}

}  // namespace souk::serve
