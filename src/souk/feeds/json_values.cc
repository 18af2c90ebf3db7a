#include "souk/feeds/json_values.h"

#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

using simdjson::ondemand::json_type;

std::string_view name_of_type(json_type type) {
  switch (type) {
    case json_type::array:
      return "a list";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a text";
    case json_type::boolean:
      return "true or false";
    case json_type::null:
      break;
  }
  return "null";
}

}  // namespace

std::string_view trimmed_token(std::string_view token) {
  const auto end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end + 1);
}

bool is_whole_number(std::string_view token) {
  if (!token.empty() && token.front() == '-') token.remove_prefix(1);
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_null(JsonValue value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

bool JsonValues::type(const std::string& path, JsonValue value, json_type& out) {
  const auto error = value.type().get(out);
  return error ? broken(path, error) : true;
}

bool JsonValues::broken(const std::string& path, simdjson::error_code error) {
  if (error == simdjson::UTF8_ERROR) return builder_.refuse(path, "UTF-8", "bytes that are not UTF-8");
  return builder_.refuse(path, "valid JSON", simdjson::error_message(error));
}

bool JsonValues::wrong_type(const std::string& path, std::string_view expected, JsonValue value) {
  json_type kind{};
  if (!type(path, value, kind)) return false;
  std::string_view token;
  if (kind == json_type::string && value.get_string().get(token) == simdjson::SUCCESS) {
    return builder_.refuse(path, std::string(expected), found_text(token));
  }
  if (kind == json_type::number || kind == json_type::boolean) {
    return builder_.refuse(path, std::string(expected), found_text(trimmed_token(value.raw_json_token()), false));
  }
  return builder_.refuse(path, std::string(expected), std::string(name_of_type(kind)));
}

bool JsonValues::text(const std::string& path, JsonValue value, std::string_view& out) {
  if (const auto error = value.get_string().get(out)) {
    return error == simdjson::INCORRECT_TYPE ? wrong_type(path, "a text", value) : broken(path, error);
  }
  if (out.find('\0') == std::string_view::npos) return true;
  return builder_.refuse(path, "text without NUL characters", "a NUL character");
}

bool JsonValues::number(const std::string& path, JsonValue value, std::string_view& token, double& out) {
  token = trimmed_token(value.raw_json_token());
  if (const auto error = value.get_double().get(out)) {
    return error == simdjson::INCORRECT_TYPE ? wrong_type(path, "a number", value) : broken(path, error);
  }
  return true;
}

bool JsonValues::object(const std::string& path, JsonValue value, JsonObject& out) {
  const auto error = value.get_object().get(out);
  if (!error) return true;
  return error == simdjson::INCORRECT_TYPE ? wrong_type(path, "an object", value) : broken(path, error);
}

bool JsonValues::texts(const std::string& path, JsonValue value, std::vector<std::string>& out) {
  out.clear();
  std::string_view one;
  json_type kind{};
  if (!type(path, value, kind)) return false;
  if (kind == json_type::string) {
    if (!text(path, value, one)) return false;
    if (!one.empty()) out.emplace_back(one);
    return true;
  }
  return each_element(path, value, "a text or a list of texts", [&](const std::string& at, JsonValue element) {
    if (!text(at, element, one)) return false;
    if (!one.empty()) out.emplace_back(one);
    return true;
  });
}

// Values with structure inside an attribute are kept as their JSON, checked and without white space.
bool JsonValues::json(const std::string& path, JsonValue value, std::string& out, int depth) {
  if (depth > kDeepestJson) return builder_.refuse(path, "at most 32 levels", "more");
  json_type kind{};
  if (!type(path, value, kind)) return false;
  std::string_view token;
  switch (kind) {
    case json_type::string:
      if (!text(path, value, token)) return false;
      append_json_string(out, token);
      return true;
    case json_type::number: {
      double ignored = 0;
      if (!number(path, value, token, ignored)) return false;
      out += token;
      return true;
    }
    case json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return broken(path, error);
      out += flag ? "true" : "false";
      return true;
    }
    case json_type::null:
      if (!is_null(value)) return broken(path, simdjson::N_ATOM_ERROR);
      out += "null";
      return true;
    case json_type::array: {
      out += '[';
      const bool good = each_element(path, value, "a list", [&](const std::string& at, JsonValue element) {
        if (out.back() != '[') out += ',';
        return json(at, element, out, depth + 1);
      });
      out += ']';
      return good;
    }
    case json_type::object:
      break;
  }
  JsonObject members;
  if (!object(path, value, members)) return false;
  out += '{';
  const bool good = each_member(path, members, [&](std::string_view name, JsonValue member) {
    append_json_name(out, name);
    return json(path, member, out, depth + 1);
  });
  out += '}';
  return good;
}

bool JsonValues::attribute_value(const std::string& path, JsonValue value, std::vector<store::Value>& out) {
  json_type kind{};
  if (!type(path, value, kind)) return false;
  std::string_view token;
  switch (kind) {
    case json_type::null:
      return is_null(value) ? true : broken(path, simdjson::N_ATOM_ERROR);
    case json_type::string:
      if (!text(path, value, token)) return false;
      if (!token.empty()) out.emplace_back(std::string(token));
      return true;
    case json_type::number: {
      double amount = 0;
      if (!number(path, value, token, amount)) return false;
      // Long whole numbers are identifiers; a double would change their digits.
      if (amount != 0 && is_whole_number(token) && !reads_back(token, amount)) {
        out.emplace_back(std::string(token));
      } else {
        out.emplace_back(amount == 0 ? 0.0 : amount);
      }
      return true;
    }
    case json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return broken(path, error);
      out.emplace_back(flag);
      return true;
    }
    default:
      break;
  }
  std::string kept;
  if (!json(path, value, kept, 1)) return false;
  out.emplace_back(std::move(kept));
  return true;
}

bool JsonValues::attribute(const std::string& path, const std::string& name, JsonValue value, store::Attributes& out, bool merging,
                           int depth) {
  if (depth > kDeepestJson) return builder_.refuse(path, "at most 32 levels", "more");
  json_type kind{};
  if (!type(path, value, kind)) return false;
  if (kind == json_type::object) {
    out.erase(name);
    JsonObject members;
    if (!object(path, value, members)) return false;
    return each_member(path, members, [&](std::string_view member, JsonValue inner) {
      const std::string dotted = "." + std::string(member);
      return attribute(path + dotted, name + dotted, inner, out, merging, depth + 1);
    });
  }
  if (merging) {  // what a merge replaces or removes may have been an object
    const std::string prefix = name + ".";
    auto inner = out.lower_bound(prefix);
    while (inner != out.end() && inner->first.starts_with(prefix)) inner = out.erase(inner);
  }
  std::vector<store::Value> values;
  if (kind == json_type::array) {
    const bool good =
        each_element(path, value, "a list", [&](const std::string& at, JsonValue element) { return attribute_value(at, element, values); });
    if (!good) return false;
  } else if (!attribute_value(path, value, values)) {
    return false;
  }
  if (name.empty()) return builder_.refuse(path, "a name for each attribute", "an empty name");
  if (values.empty()) {
    out.erase(name);
  } else {
    out[name] = std::move(values);
  }
  return true;
}

bool JsonValues::attributes(const std::string& path, JsonValue value, store::Attributes& out, bool merging) {
  JsonObject members;
  if (!object(path, value, members)) return false;
  return each_member(path, members, [&](std::string_view name, JsonValue inner) {
    return attribute(path + "." + std::string(name), std::string(name), inner, out, merging, 2);
  });
}

}  // namespace souk::feeds
