#include "souk/serve/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace souk::serve {

namespace {

constexpr std::size_t kMostClients = 10'000;

double most_of(double per_second) {
  return std::max(1.0, 2 * per_second);
}

}  // namespace

void RateLimiter::Bucket::fill(Clock::time_point now) {
  tokens = std::min(most_of(per_second), tokens + std::chrono::duration<double>(now - filled).count() * per_second);
  filled = now;
}

int RateLimiter::take(std::string_view client, double per_second, Clock::time_point now) {
  if (per_second <= 0) return 0;
  const std::lock_guard lock(mutex_);
  // A full bucket is a client that is not there: dropping it changes no answer.
  if (buckets_.size() >= kMostClients) {
    std::erase_if(buckets_, [&](const auto& entry) {
      Bucket bucket = entry.second;
      bucket.fill(now);
      return bucket.tokens >= most_of(bucket.per_second);
    });
  }
  Bucket& bucket = buckets_.try_emplace(std::string(client), Bucket{most_of(per_second), per_second, now}).first->second;
  bucket.per_second = per_second;
  bucket.fill(now);
  if (bucket.tokens < 1) return std::max(1, static_cast<int>(std::ceil((1 - bucket.tokens) / per_second)));
  bucket.tokens -= 1;
  return 0;
}

}  // namespace souk::serve
