#include "souk/index/vectors/metric.h"

#include <array>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <string>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"

namespace souk::index {
namespace {

constexpr std::array<std::string_view, 3> kMetricNames{"l2", "dot", "cosine"};

}  // namespace

std::string_view name_of(Metric metric) {
  return kMetricNames[static_cast<std::size_t>(metric)];
}

Result<Metric> parse_metric(std::string_view name, std::string_view where) {
  for (std::size_t i = 0; i < kMetricNames.size(); ++i) {
    if (kMetricNames[i] == name) return static_cast<Metric>(i);
  }
  return fail(Error{ErrorKind::invalid, "no such metric", std::string(where), "l2, dot or cosine", fmt::format("\"{}\"", name), {}});
}

Status check_vector(std::span<const float> vector, std::size_t dimension, Metric metric, std::string_view where) {
  if (vector.size() != dimension) {
    return fail(Error{ErrorKind::invalid,
                      "a vector of another dimension",
                      std::string(where),
                      fmt::format("{} numbers", dimension),
                      fmt::format("{}", vector.size()),
                      {}});
  }
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (std::isfinite(vector[i])) continue;
    return fail(Error{ErrorKind::invalid,
                      "a vector with a number that is none",
                      fmt::format("{}: number {}", where, i),
                      "a finite number",
                      fmt::format("{}", vector[i]),
                      {}});
  }
  // A quarter of the largest float leaves room for the distance of two such vectors.
  const float square = kernels::dot(vector, vector);
  if (!(square < std::numeric_limits<float>::max() / 4)) {
    return fail(ErrorKind::invalid, "a vector too long for its square to be a float32", std::string(where), "Scale the vectors down.");
  }
  if (metric == Metric::cosine && !(square >= std::numeric_limits<float>::min())) {
    return fail(ErrorKind::invalid, "a vector of zeros has no direction", std::string(where), "Leave it out, or compare by dot or l2.");
  }
  return {};
}

void to_unit(std::span<float> vector) {
  const float length = std::sqrt(kernels::dot(vector, vector));
  assert(length > 0);
  for (float& value : vector) value /= length;
}

float exact_score(Metric metric, std::span<const float> query, std::span<const float> row) {
  if (metric == Metric::l2) return -kernels::squared_distance(query, row);
  float score = 0;  // not dot(), whose last bits may be others than those of the scans
  kernels::dot_rows(query, row.data(), 0, std::array<std::uint32_t, 1>{0}, &score);
  return score;
}

}  // namespace souk::index
