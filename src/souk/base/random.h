// A seeded generator, always handed in: a run can be repeated bit for bit. xoshiro256** seeded by splitmix64 (Blackman and Vigna 2018).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace souk {

class Random {  // a UniformRandomBitGenerator; not thread-safe, give each thread its own by split()
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed);
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound), unbiased; bound > 0
  double uniform();                          // [0, 1)
  double normal();                           // mean 0, deviation 1
  Random split();                            // an independent generator; advances this one
  template <class T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace souk
