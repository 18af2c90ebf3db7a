// What a model is told was not chosen: items drawn beside each positive, with the logarithm of the probability of drawing them, which
// corrects a sampled softmax (Bengio and Senecal 2008; in-batch: Yi et al., RecSys 2019; mixed: Yang et al., WWW 2020).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/random.h"
#include "souk/base/result.h"
#include "souk/learn/alias_table.h"

namespace souk::learn {

struct NegativesConfig {
  // Who shares a group of negatives: all positions of a batch (one product with all), those of a session, or nobody.
  enum class Scope { batch, session, position };
  static constexpr std::uint32_t kAll = UINT32_MAX;

  Scope scope = Scope::batch;
  std::uint32_t uniform = 256;  // drawn from all items alike
  std::uint32_t popular = 0;    // drawn in proportion to count^popularity
  double popularity = 0.75;     // (Mikolov et al. 2013)
  std::uint32_t in_batch =
      0;  // drawn from the positives of the batch's other sessions; kAll: every positive of the batch (scope batch only)
  // Draw again what is a positive of the batch, or of the (position's) session. Of what a whole batch shares, only uniform and popular
  // draws.
  bool avoid_own = true;
};

// The groups of a batch: items[g * each ...] are those of group g. Reused from batch to batch.
struct Negatives {
  std::uint32_t each = 0;
  std::vector<std::uint32_t> items;  // [groups, each]
  std::vector<float> log_q;          // [groups, each], of one draw; avoiding own positives is not counted in
};

class NegativeSampler {  // immutable, thread-safe
 public:
  // counts[i]: how often item i was chosen in training. Items that never were are still drawn uniformly.
  static Result<NegativeSampler> make(const NegativesConfig& config, std::span<const std::uint32_t> counts);

  // positives [positions] are the batch's, session after session; session s is [begin[s], begin[s + 1]). The same for the same state of
  // `random`. A batch of one session has no others to draw from: in-batch negatives are then drawn in proportion to count, as a batch's are
  // in the mean. An item that 64 draws could not avoid is kept; losses mask a negative that equals its positive.
  void draw(std::span<const std::uint32_t> positives, std::span<const std::uint32_t> begin, Random& random, Negatives& out) const;

  // Of the mixture that a group is drawn from.
  float log_q(std::uint32_t item) const { return log_q_[item]; }
  std::uint32_t items() const { return static_cast<std::uint32_t>(log_q_.size()); }

 private:
  struct Group;
  void fill(const Group& group, Random& random, std::uint32_t* out) const;
  NegativesConfig config_;
  AliasTable popular_, frequent_;
  std::vector<float> log_q_;
};

}  // namespace souk::learn
