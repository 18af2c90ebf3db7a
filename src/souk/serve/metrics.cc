#include "souk/serve/metrics.h"

#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <set>
#include <utility>

namespace souk::serve {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

const Histogram::BucketBoundaries& latency_buckets() {
  static const Histogram::BucketBoundaries buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return buckets;
}

// Of nodes: most take less than the request around them.
const Histogram::BucketBoundaries& node_buckets() {
  static const Histogram::BucketBoundaries buckets{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1};
  return buckets;
}

Family<Counter>& counter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histogram(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

struct Metrics::Impl {
  void observe_node(const std::string& shelf, const shelf::NodeTiming& node);

  Registry registry;
  Family<Counter>& requests = counter(registry, "souk_http_requests_total", "Requests answered, by route and status.");
  Family<Histogram>& seconds = histogram(registry, "souk_http_request_seconds", "Time a request was worked on, by route.");
  Gauge& in_flight = gauge(registry, "souk_http_requests_in_flight", "Requests being worked on.").Add({});
  Family<Histogram>& shelf_seconds = histogram(registry, "souk_shelf_seconds", "Time a shelf took to answer, by shelf.");
  Family<Histogram>& node_seconds =
      histogram(registry, "souk_shelf_node_seconds", "Time of a node of a shelf, without the nodes it reads, by shelf and node.");
  std::mutex nodes_mutex;
  std::set<std::pair<std::string, std::string>, std::less<>> nodes;  // (shelf, node) that have figures of their own
  Family<Counter>& cold_starts = counter(registry, "souk_shelf_cold_starts_total", "Answers without knowledge of the shopper, by shelf.");
  Family<Counter>& records = counter(registry, "souk_records_total", "Records received over HTTP, by kind and result.");
  Gauge& items = gauge(registry, "souk_shop_items", "Items with a record.").Add({});
  Gauge& stubs = gauge(registry, "souk_shop_stub_items", "Items known from events alone.").Add({});
  Gauge& shoppers = gauge(registry, "souk_shop_shoppers", "Shoppers, visitors included.").Add({});
  Gauge& events = gauge(registry, "souk_shop_events", "Events.").Add({});
  Gauge& seq = gauge(registry, "souk_shop_seq", "Number of the newest commit.").Add({});
  Gauge& trained = gauge(registry, "souk_shop_trained", "1 when something was learned from events, else 0.").Add({});
};

void Metrics::Impl::observe_node(const std::string& shelf, const shelf::NodeTiming& node) {
  bool own = true;
  {
    const std::scoped_lock lock(nodes_mutex);
    own = nodes.contains(std::pair(shelf, node.node)) || (nodes.size() < kMostNodes && nodes.emplace(shelf, node.node).second);
  }
  const prometheus::Labels labels{{"shelf", own ? shelf : "other"}, {"node", own ? node.node : "other"}};
  node_seconds.Add(labels, node_buckets()).Observe(node.milliseconds / 1e3);
}

Metrics::Metrics(std::string_view version) : impl_(std::make_unique<Impl>()) {
  gauge(impl_->registry, "souk_build_info", "Version of the server.").Add({{"version", std::string(version)}}).Set(1);
}
Metrics::~Metrics() = default;

void Metrics::begin() {
  impl_->in_flight.Increment();
}

void Metrics::end(std::string_view route, int status, double seconds) {
  impl_->in_flight.Decrement();
  impl_->requests.Add({{"route", std::string(route)}, {"status", std::to_string(status)}}).Increment();
  impl_->seconds.Add({{"route", std::string(route)}}, latency_buckets()).Observe(seconds);
}

void Metrics::count_shelf(std::string_view shelf, double seconds, bool cold_start, std::span<const shelf::NodeTiming> nodes) {
  impl_->shelf_seconds.Add({{"shelf", std::string(shelf)}}, latency_buckets()).Observe(seconds);
  if (cold_start) impl_->cold_starts.Add({{"shelf", std::string(shelf)}}).Increment();
  for (const shelf::NodeTiming& node : nodes) impl_->observe_node(std::string(shelf), node);
}

void Metrics::count_records(std::string_view kind, std::uint64_t accepted, std::uint64_t rejected) {
  const auto add = [&](const char* result, std::uint64_t count) {
    impl_->records.Add({{"kind", std::string(kind)}, {"result", result}}).Increment(static_cast<double>(count));
  };
  add("accepted", accepted);
  add("rejected", rejected);
}

std::string Metrics::text(const ShopFigures& figures) const {
  impl_->items.Set(static_cast<double>(figures.items));
  impl_->stubs.Set(static_cast<double>(figures.stubs));
  impl_->shoppers.Set(static_cast<double>(figures.shoppers));
  impl_->events.Set(static_cast<double>(figures.events));
  impl_->seq.Set(static_cast<double>(figures.seq));
  impl_->trained.Set(figures.trained ? 1 : 0);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace souk::serve
