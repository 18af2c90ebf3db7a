// Many sequences as one: their tokens one after the other, so that no product is spent on padding.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace souk::learn {

struct Packed {
  std::vector<std::uint32_t> begin{0};  // [sequences + 1]: sequence s is tokens [begin[s], begin[s + 1]), never empty
  std::vector<std::uint32_t> prefix;    // [sequences], for prefix masks: so many tokens at the beginning see each other; else empty
  std::vector<std::int64_t> times;      // [tokens] in seconds, for time buckets; else empty
  std::vector<std::int64_t> asked;      // [tokens]: when what follows the token is asked for (the next event's time); empty: `times`

  std::size_t sequences() const { return begin.size() - 1; }
  std::uint32_t tokens() const { return begin.back(); }
  std::uint32_t length(std::size_t s) const { return begin[s + 1] - begin[s]; }
  std::uint32_t longest() const {
    std::uint32_t result = 0;
    for (std::size_t s = 0; s < sequences(); ++s) result = std::max(result, length(s));
    return result;
  }
  // Of pairs of tokens of one sequence: [sequences][tokens of it][tokens of it].
  std::uint64_t pairs() const {
    std::uint64_t result = 0;
    for (std::size_t s = 0; s < sequences(); ++s) result += std::uint64_t{length(s)} * length(s);
    return result;
  }
};

// What an encoder takes in training, in numbers of four bytes: how many are its parameters, and how many it keeps for the way back for each
// token and for each of pairs(). An estimate but for the parameters; known before any memory is taken.
struct EncoderCost {
  double parameters = 0, per_token = 0, per_pair = 0;
};

}  // namespace souk::learn
