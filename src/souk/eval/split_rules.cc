// The spelling of split rules.
#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "souk/eval/split.h"

namespace souk::eval {
namespace {

using Kind = SplitRule::Kind;

struct Named {
  std::string_view name;
  Kind kind;
};
constexpr Named kRules[] = {{"loo", Kind::loo},   {"time", Kind::time},     {"last-day", Kind::last_day}, {"session", Kind::session},
                            {"cold", Kind::cold}, {"random", Kind::random}, {"fixed", Kind::fixed}};

tl::unexpected<Error> unknown(std::string_view text) {
  return fail(Error{ErrorKind::invalid,
                    "cannot split so",
                    "split",
                    "loo, time, time:14d, last-day, session, session:7d, cold, cold:5, cold:5:14d, random, random:0.2 or fixed",
                    std::string(text),
                    {}});
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [read, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || read != text.data() + text.size()) return {};
  return value;
}

std::string exact(Duration duration) {
  struct Unit {
    Duration length;
    std::string_view name;
  };
  for (const Unit unit : {Unit{kDay, "d"}, Unit{kHour, "h"}, Unit{kMinute, "m"}, Unit{kSecond, "s"}}) {
    if (duration % unit.length == 0) return fmt::format("{}{}", duration / unit.length, unit.name);
  }
  return fmt::format("{}ms", duration);
}

// Takes the text up to the next colon off `rest`; nothing when there is none left.
std::optional<std::string_view> next_part(std::optional<std::string_view>& rest) {
  if (!rest) return {};
  const std::size_t colon = rest->find(':');
  const std::string_view part = rest->substr(0, colon);
  rest = colon == std::string_view::npos ? std::nullopt : std::optional(rest->substr(colon + 1));
  return part;
}

}  // namespace

Result<SplitRule> SplitRule::parse(std::string_view text) {
  std::optional<std::string_view> rest = text;
  const std::string_view name = *next_part(rest);
  SplitRule rule;
  bool found = false;
  for (const Named& one : kRules) {
    if (one.name != name) continue;
    rule.kind = one.kind;
    found = true;
  }
  if (!found) return unknown(text);
  if (rule.kind == Kind::cold) {
    if (const auto part = next_part(rest)) {
      const auto events = number<std::uint32_t>(*part);
      if (!events) return unknown(text);
      rule.cold_events = *events;
    }
  }
  if (rule.kind == Kind::time || rule.kind == Kind::session || rule.kind == Kind::cold) {
    if (const auto part = next_part(rest)) {
      const auto holdout = parse_duration(*part);
      if (!holdout || *holdout <= 0) return unknown(text);
      rule.holdout = *holdout;
    }
  }
  if (rule.kind == Kind::random) {
    if (const auto part = next_part(rest)) {
      const auto share = number<double>(*part);
      if (!share || !(*share > 0 && *share < 0.5)) {
        return fail(Error{ErrorKind::invalid,
                          "cannot split so",
                          "split",
                          "a share above 0 and below 0.5, since as many events are validation, such as random:0.2",
                          std::string(text),
                          {}});
      }
      rule.share = *share;
    }
  }
  if (rest) return unknown(text);
  return rule;
}

std::string SplitRule::text() const {
  std::string result;
  for (const Named& one : kRules) {
    if (one.kind == kind) result = one.name;
  }
  if (kind == Kind::cold && (cold_events > 0 || holdout > 0)) result += fmt::format(":{}", cold_events);
  const bool by_holdout = kind == Kind::time || kind == Kind::session || kind == Kind::cold;
  if (by_holdout && holdout > 0) result += ":" + exact(holdout);
  if (kind == Kind::random && share != SplitRule{}.share) result += fmt::format(":{}", share);
  return result;
}

}  // namespace souk::eval
