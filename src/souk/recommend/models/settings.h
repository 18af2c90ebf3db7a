// Reading the settings of models. Errors name the line, what was expected and what was found. Inside the room only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/store/interactions.h"

namespace souk::recommend {

// Unknown settings are errors with their line; "weights" is known to every model.
Status only_settings(const Config& settings, std::span<const std::string_view> known);
// A whole number from `lowest`.
Result<std::uint32_t> count_setting(const Config& settings, std::string_view key, std::uint32_t otherwise, std::uint32_t lowest = 0);
// A finite number of at least `lowest`; `above`: more than that.
enum class Bound : std::uint8_t { from, above };
Result<float> number_setting(const Config& settings, std::string_view key, float otherwise, Bound bound = Bound::from, float lowest = 0);
// The place of the value among `names`.
Result<std::size_t> choice_setting(const Config& settings, std::string_view key, const std::vector<std::string_view>& names,
                                   std::size_t otherwise);
// The table "weights" by kind of event; nothing when there is none. Weights of kinds that are not named are 0.
Result<std::optional<store::KindWeights>> kind_weights(const Config& settings);
// "max_memory": gigabytes that fitting may take; when nobody says, half of the machine's memory, or of what its container may use.
Result<double> memory_setting(const Config& settings);
// A duration of 0 (none) or more.
Result<Duration> span_setting(const Config& settings, std::string_view key, Duration otherwise);

}  // namespace souk::recommend
