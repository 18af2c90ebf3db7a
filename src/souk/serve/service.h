// What handlers share: the shop, limits, metrics, files; and the way of every request through checks, route, and log.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "souk/engine/shop.h"
#include "souk/serve/http.h"
#include "souk/serve/metrics.h"
#include "souk/serve/problem.h"
#include "souk/serve/rate_limiter.h"
#include "souk/serve/request_json.h"
#include "souk/serve/routes.h"
#include "souk/serve/static_files.h"

namespace souk::serve {

struct ServiceOptions {
  std::string address = "127.0.0.1";  // that it listens on: a Host header may name it
  fs::path console_dir, script_dir, results_dir;
  bool read_only = false;
  double requests_per_second = 0;
  std::size_t batch_records = 100'000;
  std::size_t body_bytes = 10 * 1024 * 1024;
  AskLimits ask;
};

class Service final : public HttpHandler {  // thread-safe
 public:
  Service(engine::Shop& shop, ServiceOptions options);

  std::optional<HttpResponse> admit(const HttpRequest& head) override;
  bool may_block(const HttpRequest& request) const override;
  HttpResponse handle(const HttpRequest& request) override;
  HttpResponse refuse(int status, std::string_view detail) override;

  engine::Shop& shop() { return shop_; }
  const ServiceOptions& options() const { return options_; }
  Metrics& metrics() { return metrics_; }
  const StaticFiles& files() const { return files_; }
  const std::shared_ptr<const std::string>& openapi() const { return openapi_; }
  // A patch reads, merges and writes: it holds this alone, whole-item writes share it.
  std::shared_mutex& item_writes() { return item_writes_; }
  std::string fresh_id();  // unique: random at start, then counted

 private:
  HttpResponse answer(const HttpRequest& request, const Route*& route);

  engine::Shop& shop_;
  const ServiceOptions options_;
  Metrics metrics_;
  StaticFiles files_;
  RateLimiter limiter_;
  std::shared_ptr<const std::string> openapi_;
  std::set<std::string, std::less<>> hosts_;
  std::shared_mutex item_writes_;
  std::string id_seed_;
  std::atomic<std::uint64_t> ids_{0};
};

}  // namespace souk::serve
