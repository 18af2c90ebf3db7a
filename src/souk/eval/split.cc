#include "souk/eval/split.h"

#include <algorithm>
#include <string>
#include <utility>

#include "souk/base/hash.h"

namespace souk::eval {
namespace {

// The log with only the first kept[shopper] events of each shopper; item and shopper rows stay as they are.
Result<store::Interactions> first_events(const store::Interactions& log, std::span<const std::uint64_t> kept) {
  store::InteractionsBuilder builder;
  std::uint64_t total = 0;
  for (const std::uint64_t count : kept) total += count;
  builder.reserve(total);
  std::vector<ShopperId> shoppers;
  shoppers.reserve(log.shoppers());
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    shoppers.push_back(log.shopper_id(shopper));
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < kept[shopper]; ++i) {
      builder.add({.shopper = shopper,
                   .item = row.items[i],
                   .time = row.times[i],
                   .kind = static_cast<store::EventKind>(row.kinds[i]),
                   .weight = row.weights[i],
                   .order = row.orders[i]});
    }
  }
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  keys.reserve(log.items());
  ids.reserve(log.items());
  for (std::uint32_t item = 0; item < log.items(); ++item) {
    keys.emplace_back(log.item_keys().key(item));
    ids.push_back(log.item_id(item));
  }
  return std::move(builder).build(std::move(keys), std::move(ids), std::move(shoppers), log.timed());
}

template <class T>
std::string_view raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::string fingerprint_of(const std::string& rule, const store::Interactions& log, const std::vector<Case>& cases) {
  StreamHash hash;
  hash.update(rule);
  hash.update("\n");
  hash.update(log.fingerprint());
  for (const Case& one : cases) {
    hash.update(raw(one.shopper));
    hash.update(raw(one.history_events));
    hash.update(raw(std::uint64_t{one.truth.size()}));
    hash.update({reinterpret_cast<const char*>(one.truth.data()), one.truth.size() * sizeof(std::uint32_t)});
  }
  return hash.digest().hex();
}

Result<Split> make_split(const store::Interactions& log, std::span<const std::uint64_t> kept, std::vector<Case> cases, std::string rule) {
  Split split;
  SOUK_TRY(split.train, first_events(log, kept));
  split.fingerprint = fingerprint_of(rule, log, cases);
  split.cases = std::move(cases);
  split.rule = std::move(rule);
  return split;
}

}  // namespace

Result<Split> leave_one_out(const store::Interactions& log, Part part) {
  constexpr std::size_t kFewest = 3;
  std::vector<std::uint64_t> kept(log.shoppers());
  std::vector<Case> cases;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    kept[shopper] = row.size() < kFewest ? row.size() : row.size() - 2;
    if (row.size() < kFewest) continue;
    const std::size_t asked = part == Part::test ? row.size() - 1 : row.size() - 2;
    cases.push_back({shopper, asked, {row.items[asked]}});
  }
  return make_split(log, kept, std::move(cases),
                    part == Part::test ? "leave-one-out (last event); the one before it is validation and stays out of training"
                                       : "leave-one-out (last but one event: validation); it and the last stay out of training");
}

Result<Split> at_time(const store::Interactions& log, Timestamp cut, std::uint32_t truth_kinds) {
  if (!log.timed()) {
    return fail(ErrorKind::unsupported, "cannot split by time: the events carry no times", {}, "use the leave-one-out split");
  }
  std::vector<std::uint64_t> kept(log.shoppers());
  std::vector<Case> cases;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    const auto before = static_cast<std::size_t>(std::lower_bound(row.times.begin(), row.times.end(), cut) - row.times.begin());
    kept[shopper] = before;
    Case one{shopper, before, {}};
    for (std::size_t i = before; i < row.size(); ++i) {
      if ((truth_kinds >> row.kinds[i] & 1U) != 0) one.truth.push_back(row.items[i]);
    }
    std::sort(one.truth.begin(), one.truth.end());
    one.truth.erase(std::unique(one.truth.begin(), one.truth.end()), one.truth.end());
    if (!one.truth.empty()) cases.push_back(std::move(one));
  }
  return make_split(log, kept, std::move(cases), "events from " + format_rfc3339(cut) + " on are held out");
}

}  // namespace souk::eval
