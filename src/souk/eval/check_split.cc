#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <string_view>
#include <utility>

#include "souk/base/hash.h"
#include "souk/eval/split.h"

namespace souk::eval {
namespace {

template <class T>
std::string_view raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

tl::unexpected<Error> flawed(std::string what, std::string where, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid, std::move(what), std::move(where), std::move(expected), std::move(found),
                    "make the split again from the log; results on this one would flatter"});
}

std::string place(std::uint32_t shopper, std::size_t event) {
  return fmt::format("shopper row {}, event {}", shopper, event);
}

std::string event_text(const Split& split, const store::Interactions::Row& row, std::size_t event) {
  std::string text = fmt::format("item '{}'", split.log.item_keys().key(row.items[event]));
  if (split.train.timed()) text += " at " + format_rfc3339(row.times[event]);
  return text;
}

Status check_case(const Split& split, const Case& one) {
  if (one.shopper >= split.log.shoppers()) {
    return flawed("a case asks about a shopper that the log does not have", fmt::format("shopper row {}", one.shopper),
                  fmt::format("a row below {}", split.log.shoppers()), std::to_string(one.shopper));
  }
  const std::size_t events = split.log.row(one.shopper).size();
  if (one.history_events > events) {
    return flawed("a case knows more events than the log has", place(one.shopper, events), fmt::format("at most {} known events", events),
                  std::to_string(one.history_events));
  }
  for (std::size_t i = 0; i < one.truth.size(); ++i) {
    if (one.truth[i] >= split.log.items()) {
      return flawed("the truth of a case is no item of the log", place(one.shopper, one.history_events),
                    fmt::format("an item row below {}", split.log.items()), std::to_string(one.truth[i]));
    }
    if (i > 0 && one.truth[i] <= one.truth[i - 1]) {
      return flawed("the truth of a case is out of order", place(one.shopper, one.history_events), "item rows ascending, each once",
                    std::to_string(one.truth[i]));
    }
  }
  return {};
}

// By shopper: the events that every case of theirs knows, of validation too; those without a case may train on their whole row, up to the
// cut.
Result<std::vector<std::uint64_t>> known_to_all(const Split& split) {
  std::vector<std::uint64_t> known(split.log.shoppers());
  for (std::uint32_t shopper = 0; shopper < known.size(); ++shopper) known[shopper] = split.log.row(shopper).size();
  for (const std::vector<Case>* const cases : {&split.cases, &split.validation}) {
    for (const Case& one : *cases) {
      SOUK_CHECK(check_case(split, one));
      known[one.shopper] = std::min(known[one.shopper], one.history_events);
    }
  }
  return known;
}

// Every training event must be found, in the log's order, among the first `known` of the shopper's events. Orders are numbered anew in
// each log and are not compared.
Status check_row(const Split& split, std::uint32_t shopper, std::uint64_t known) {
  const auto train = split.train.row(shopper);
  const auto log = split.log.row(shopper).first(known);
  std::size_t at = 0;
  for (std::size_t event = 0; event < train.size(); ++event, ++at) {
    if (split.cut && train.times[event] >= *split.cut) {
      return flawed("a training event lies in the held-out time", place(shopper, event), "events before " + format_rfc3339(*split.cut),
                    event_text(split, train, event));
    }
    const auto same = [&](std::size_t other) {
      return log.items[other] == train.items[event] && log.times[other] == train.times[event] && log.kinds[other] == train.kinds[event] &&
             log.weights[other] == train.weights[event];
    };
    while (at < log.size() && !same(at)) ++at;
    if (at == log.size()) {
      return flawed("a training event is not among the events known before the question", place(shopper, event),
                    fmt::format("only events among the first {} of the shopper's", known), event_text(split, train, event));
    }
  }
  return {};
}

}  // namespace

std::string split_fingerprint(const Split& split) {
  StreamHash hash;
  const auto add_text = [&](const std::string& text) {
    hash.update(raw(std::uint64_t{text.size()}));
    hash.update(text);
  };
  add_text(split.rule);
  add_text(split.log.fingerprint());
  add_text(split.train.fingerprint());
  hash.update(raw(split.cut.value_or(std::numeric_limits<Timestamp>::max())));
  for (const Case& one : split.cases) {
    hash.update(raw(one.shopper));
    hash.update(raw(one.history_events));
    hash.update(raw(std::uint64_t{one.truth.size()}));
    hash.update({reinterpret_cast<const char*>(one.truth.data()), one.truth.size() * sizeof(std::uint32_t)});
  }
  return hash.digest().hex();
}

Status check_split(const Split& split) {
  if (split.train.shoppers() != split.log.shoppers() || split.train.items() != split.log.items() ||
      split.train.timed() != split.log.timed()) {
    return flawed("the training log has other rows than the log", "train",
                  fmt::format("{} shoppers and {} items", split.log.shoppers(), split.log.items()),
                  fmt::format("{} shoppers and {} items{}", split.train.shoppers(), split.train.items(),
                              split.train.timed() == split.log.timed() ? "" : ", one of them untimed"));
  }
  SOUK_TRY(const auto known, known_to_all(split));
  for (std::uint32_t shopper = 0; shopper < split.log.shoppers(); ++shopper) SOUK_CHECK(check_row(split, shopper, known[shopper]));
  if (const std::string own = split_fingerprint(split); own != split.fingerprint) {
    return flawed("the fingerprint of the split is not that of its contents", "fingerprint", own, split.fingerprint);
  }
  return {};
}

}  // namespace souk::eval
