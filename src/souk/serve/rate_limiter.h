// A token bucket per client, which is an address or a key: so many requests a second, with bursts of twice as many.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "souk/serve/http.h"

namespace souk::serve {

class RateLimiter {  // thread-safe
 public:
  // Takes a token of a client that may ask so often (0: as it likes); 0 when there was one, else the seconds after which there is one
  // again.
  int take(std::string_view client, double per_second, Clock::time_point now);

 private:
  struct Bucket {
    double tokens = 0, per_second = 0;
    Clock::time_point filled{};
    void fill(Clock::time_point now);
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // under mutex_
};

}  // namespace souk::serve
