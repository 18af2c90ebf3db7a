// A token bucket per client: so many requests a second, with bursts of twice as many.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "souk/serve/http.h"

namespace souk::serve {

class RateLimiter {  // thread-safe
 public:
  explicit RateLimiter(double per_second) : per_second_(per_second) {}  // 0: no limit
  // Takes a token; 0 when there was one, else the seconds after which there is one again.
  int take(std::string_view client, Clock::time_point now);

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point filled{};
  };
  const double per_second_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // under mutex_
};

}  // namespace souk::serve
