// What handlers share: the shop, limits, metrics, files; and the way of every request through checks, route, and log.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/engine/shop.h"
#include "souk/serve/access_log.h"
#include "souk/serve/auth.h"
#include "souk/serve/http.h"
#include "souk/serve/metrics.h"
#include "souk/serve/problem.h"
#include "souk/serve/rate_limiter.h"
#include "souk/serve/request_json.h"
#include "souk/serve/routes.h"
#include "souk/serve/sites.h"
#include "souk/serve/static_files.h"

namespace souk::serve {

struct ServiceOptions {
  bool loopback = true;  // only programs of this machine reach it
  fs::path console_dir, script_dir, results_dir;
  bool read_only = false;
  double requests_per_second = 0;
  std::size_t batch_records = 100'000;
  std::size_t body_bytes = 10 * 1024 * 1024;
  AskLimits ask;
};

class Service final : public HttpHandler {  // thread-safe
 public:
  // `log`: null for none. Both must outlive it.
  Service(engine::Shop& shop, ServiceOptions options, Sites sites, AccessLog* log);

  std::optional<HttpResponse> admit(const HttpRequest& head) override;
  bool may_block(const HttpRequest& request) const override;
  HttpResponse handle(const HttpRequest& request) override;
  HttpResponse refuse(int status, std::string_view detail) override;

  engine::Shop& shop() { return shop_; }
  const ServiceOptions& options() const { return options_; }
  Metrics& metrics() { return metrics_; }
  const StaticFiles& files() const { return files_; }
  const Auth& auth() const { return auth_; }
  const std::shared_ptr<const std::string>& openapi() const { return openapi_; }
  std::string fresh_id();  // unique: random at start, then counted

 private:
  // A request on its way, as the log and the metrics see it.
  struct Passage {
    const HttpRequest* request = nullptr;  // null: there was none that could be read
    const Route* route = nullptr;
    std::string key;
    Clock::time_point begun = Clock::now();
  };
  std::optional<HttpResponse> refusal(const HttpRequest& head, Passage& passage);
  std::optional<Problem> too_often(const Caller& caller, const HttpRequest& head, const Route& route);
  HttpResponse answer(const HttpRequest& request, Passage& passage);
  // What every answer carries, whatever made it; counted and logged.
  HttpResponse finished(HttpResponse response, const Passage& passage);

  engine::Shop& shop_;
  const ServiceOptions options_;
  const Sites sites_;
  const Auth auth_;
  AccessLog* const log_;
  Metrics metrics_;
  StaticFiles files_;
  RateLimiter addresses_, keys_;
  std::shared_ptr<const std::string> openapi_;
  std::string id_seed_;
  std::atomic<std::uint64_t> ids_{0};
};

}  // namespace souk::serve
