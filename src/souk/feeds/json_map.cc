#include "souk/feeds/json_map.h"

#include <algorithm>
#include <simdjson.h>

#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

tl::unexpected<Error> bad(const std::string& file, std::uint64_t member, simdjson::error_code error) {
  return fail(Error{ErrorKind::invalid,
                    "cannot read the JSON object",
                    file + ": member " + std::to_string(member),
                    "one object of records",
                    std::string(simdjson::error_message(error)),
                    {}});
}

simdjson::error_code raw_json(simdjson::ondemand::value value, simdjson::ondemand::json_type type, std::string_view& json) {
  using simdjson::ondemand::json_type;
  if (type == json_type::object) {
    simdjson::ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    return object.raw_json().get(json);
  }
  if (type == json_type::array) {
    simdjson::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    return array.raw_json().get(json);
  }
  json = value.raw_json_token();
  json = json.substr(0, json.find_last_not_of(" \t\r\n") + 1);
  // A token is not checked by being read; its value is.
  if (type == json_type::string) return value.get_string().error();
  if (type == json_type::number) return value.get_number().error();
  if (type == json_type::boolean) return value.get_bool().error();
  return value.is_null().error();
}

}  // namespace

Result<std::string> json_map_lines(std::string text, const std::string& file) {
  simdjson::ondemand::parser parser;
  simdjson::padded_string padded(text);
  text = {};
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto error = parser.iterate(padded).get(document)) return bad(file, 0, error);
  if (const auto error = document.get_object().get(object)) return bad(file, 0, error);
  std::string lines;
  std::uint64_t number = 0;
  for (auto member : object) {
    ++number;
    simdjson::ondemand::value value;
    std::string_view name, json;
    simdjson::ondemand::json_type type{};
    if (const auto error = member.unescaped_key().get(name)) return bad(file, number, error);
    const std::string key(name);  // reading the value may reuse its place
    if (const auto error = member.value().get(value)) return bad(file, number, error);
    if (const auto error = value.type().get(type)) return bad(file, number, error);
    if (const auto error = raw_json(value, type, json)) return bad(file, number, error);
    const std::size_t begin = lines.size();
    lines += '{';
    append_json_field(lines, "key", key);
    if (type == simdjson::ondemand::json_type::object) {
      const std::string_view inside = json.substr(1);
      if (inside.find_first_not_of(" \t\r\n") != inside.find('}')) lines += ',';
      lines.append(inside);
    } else {
      lines.append(",\"values\":").append(json).append("}");
    }
    // Line ends stand between values only: in texts JSON writes them as \n.
    std::replace_if(
        lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    lines += '\n';
  }
  if (!document.current_location().error()) return bad(file, number, simdjson::TRAILING_CONTENT);
  return lines;
}

}  // namespace souk::feeds
