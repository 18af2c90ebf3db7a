// What Prometheus reads at /metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "souk/shelf/plan.h"

namespace souk::serve {

struct ShopFigures {
  std::uint64_t items = 0, stubs = 0, shoppers = 0, events = 0, seq = 0;
  bool trained = false;
};

class Metrics {  // thread-safe
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();

  void begin();  // a request is being handled
  // It was: `route` is a pattern of the table of routes, never a path (paths hold keys of items).
  void end(std::string_view route, int status, double seconds);
  // A shelf that exists answered; with the times of the nodes that ran. Shelves and nodes are those that the shop declares; the first
  // kMostNodes of them that run have figures of their own, the others share the label "other".
  void count_shelf(std::string_view shelf, double seconds, bool cold_start, std::span<const shelf::NodeTiming> nodes);
  static constexpr std::size_t kMostNodes = 200;
  void count_records(std::string_view kind, std::uint64_t accepted, std::uint64_t rejected);
  // The text format, with the figures of now.
  std::string text(const ShopFigures& figures) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::serve
