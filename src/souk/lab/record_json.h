// What records of runs and of shops' evaluations share as JSON. Inside this room.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "souk/eval/rank_eval.h"

namespace souk::lab {

using Json = nlohmann::ordered_json;

// The number of an integer that is not negative; throws as for a wrong type: what is no whole number is not rounded to one.
inline std::uint64_t count_in(const Json& json) {
  return json.get_ref<const Json::number_unsigned_t&>();
}
inline std::uint64_t count_in(const Json& json, const char* key, std::uint64_t otherwise) {
  return json.contains(key) ? count_in(json[key]) : otherwise;
}

inline Json pair_json(const eval::Interval& interval) {
  return Json::array({interval.low, interval.high});
}
inline eval::Interval read_pair(const Json& json) {
  return {json.at(0), json.at(1)};
}
inline Json intervals_json(const std::map<std::string, eval::Interval>& intervals) {
  Json json = Json::object();
  for (const auto& [name, interval] : intervals) json[name] = pair_json(interval);
  return json;
}
inline std::map<std::string, eval::Interval> read_intervals(const Json& json) {
  std::map<std::string, eval::Interval> intervals;
  for (const auto& [name, interval] : json.items()) intervals[name] = read_pair(interval);
  return intervals;
}

}  // namespace souk::lab
