// Work on a shop that can be repeated and foretold: lanes of steps drawn from a seed, each lane with keys of its own and a thread of its
// own, and what the shop must hold after any number of steps of each lane. Steps are what shops do: item updates and removals, batches and
// single events, shoppers and the forgetting of them, imports, training, named records, backups (in the folder "backups" beside the shop),
// flushes, compactions, searches.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/engine/shop.h"

namespace souk::faults {

// What one lane put into a shop.
struct LaneState {
  std::map<std::string, store::Item> items;  // a stub has a key only
  std::set<std::string> removed;
  std::map<std::string, store::Event> events;
  std::map<std::string, store::Shopper> shoppers;
  std::optional<std::string> named;
  std::uint64_t trained = 0;  // times, when there was something to learn from
  std::string backup;         // name of the newest; the lane's older ones are deleted
};

// So that the events of an import, a few dozen, are taken in as files.
inline constexpr std::uint64_t kSmallBulk = 2000;

class MixedWork {
 public:
  MixedWork(std::uint64_t seed, std::size_t lanes) : seed_(seed), lanes_(lanes) {}
  std::size_t lanes() const { return lanes_; }

  // Does steps [done[lane], done[lane] + steps) of each lane, all lanes at once, on the shop. `acknowledge` is called after each step,
  // from the lane's thread. Feeds are written to `scratch`, outside the shop. `stubborn`: a step that fails is done again until it does
  // not, for twenty seconds.
  Status run(engine::Shop& shop, const std::vector<std::uint64_t>& done, std::uint64_t steps, bool stubborn, const fs::path& scratch,
             const std::function<void(std::size_t lane, std::uint64_t step)>& acknowledge) const;
  // One step alone.
  Status run_step(engine::Shop& shop, std::size_t lane, std::uint64_t step, const fs::path& scratch) const;

  LaneState state_after(std::size_t lane, std::uint64_t steps) const;

  // Compares the shop with what `done` steps of each lane make, and with one step more of those lanes where that does not fit; and what is
  // found by searches with both. The error says what is missing, doubled or wrong; the result is how many steps of each lane the shop
  // holds. Only reads.
  Result<std::vector<std::uint64_t>> compare(const engine::Shop& shop, const std::vector<std::uint64_t>& done) const;
  // The same, and every checksum; repeats an import that was the last thing done, which must change nothing; learns tables of all there is
  // again, which must be the same. `thorough`: makes a shop from this one's export, which must export and find the same.
  Result<std::vector<std::uint64_t>> check(engine::Shop& shop, const std::vector<std::uint64_t>& done, const fs::path& scratch,
                                           bool thorough) const;

 private:
  struct Step;
  Step step(std::size_t lane, std::uint64_t number) const;
  Status check_backups(const engine::Shop& shop, const std::vector<std::uint64_t>& done) const;
  Status check_search(const engine::Shop& shop, const std::vector<LaneState>& lanes) const;
  Status import_again(engine::Shop& shop, std::size_t lane, std::uint64_t number, const fs::path& scratch) const;

  std::uint64_t seed_;
  std::size_t lanes_;
};

}  // namespace souk::faults
