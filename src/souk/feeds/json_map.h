// A JSON object whose members are records: {"k1": {"title": ...}, "k2": ["a", "b"]}.
#pragma once

#include <string>

#include "souk/base/result.h"

namespace souk::feeds {

// As JSONL: the member's name as "key" beside its fields; a list, or any other value, as the field "values". Errors: no JSON object,
// damaged JSON. `file` is for messages.
Result<std::string> json_map_lines(std::string text, const std::string& file);

}  // namespace souk::feeds
