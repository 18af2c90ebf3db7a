#include "souk/serve/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace souk::serve {

namespace {
constexpr std::size_t kMostClients = 10'000;
}

int RateLimiter::take(std::string_view client, Clock::time_point now) {
  if (per_second_ <= 0) return 0;
  const double most = std::max(1.0, 2 * per_second_);
  const std::lock_guard lock(mutex_);
  // A full bucket is a client that is not there: dropping it changes no answer.
  if (buckets_.size() >= kMostClients) {
    std::erase_if(buckets_, [&](const auto& entry) {
      return entry.second.tokens + std::chrono::duration<double>(now - entry.second.filled).count() * per_second_ >= most;
    });
  }
  const auto [it, fresh] = buckets_.try_emplace(std::string(client), Bucket{most, now});
  Bucket& bucket = it->second;
  bucket.tokens = std::min(most, bucket.tokens + std::chrono::duration<double>(now - bucket.filled).count() * per_second_);
  bucket.filled = now;
  if (bucket.tokens < 1) return std::max(1, static_cast<int>(std::ceil((1 - bucket.tokens) / per_second_)));
  bucket.tokens -= 1;
  return 0;
}

}  // namespace souk::serve
