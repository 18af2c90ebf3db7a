// Reading typed values out of simdjson's on-demand documents, with the path of what is wrong. Private to the JSON reader.
#pragma once

#include <array>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "souk/feeds/fields.h"

namespace souk::feeds {

using JsonValue = simdjson::ondemand::value;
using JsonObject = simdjson::ondemand::object;
using JsonArray = simdjson::ondemand::array;

inline constexpr int kDeepestJson = 32;

std::string_view trimmed_token(std::string_view token);
bool is_whole_number(std::string_view token);
bool is_null(JsonValue value);  // consumes the value when it is

// The names of one object so far, to find one that stands twice.
class NamesSeen {
 public:
  bool add(std::string_view name) {  // false: it was there
    if (count_ < few_.size()) {
      for (std::size_t i = 0; i < count_; ++i) {
        if (few_[i] == name) return false;
      }
      few_[count_++] = name;
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(name).second;
  }

 private:
  std::array<std::string_view, 32> few_;
  std::size_t count_ = 0;
  std::unordered_set<std::string_view> many_;
};

// Every function reads its value whole, and answers false after it refused it through the builder.
class JsonValues {
 public:
  explicit JsonValues(RecordBuilder& builder) : builder_(builder) {}

  bool broken(const std::string& path, simdjson::error_code error);
  bool wrong_type(const std::string& path, std::string_view expected, JsonValue value);
  bool type(const std::string& path, JsonValue value, simdjson::ondemand::json_type& out);
  bool text(const std::string& path, JsonValue value, std::string_view& out);  // valid until the next record
  bool number(const std::string& path, JsonValue value, std::string_view& token, double& out);
  bool object(const std::string& path, JsonValue value, JsonObject& out);
  bool texts(const std::string& path, JsonValue value, std::vector<std::string>& out);  // one, or a list
  // Values with structure inside are kept as their JSON, checked and without white space.
  bool json(const std::string& path, JsonValue value, std::string& out, int depth);
  bool attributes(const std::string& path, JsonValue value, store::Attributes& out, bool merging);
  // Objects become dotted names: {"size":{"w":1}} is size.w.
  bool attribute(const std::string& path, const std::string& name, JsonValue value, store::Attributes& out, bool merging, int depth = 1);
  bool attribute_value(const std::string& path, JsonValue value, std::vector<store::Value>& out);

  // use(name, value) for each member; false ends it.
  template <class Use>
  bool each_member(const std::string& path, JsonObject object, const Use& use) {
    NamesSeen seen;
    for (auto member : object) {
      std::string_view name;
      JsonValue value;
      if (const auto error = member.unescaped_key().get(name)) return broken(path, error);
      if (const auto error = member.value().get(value)) return broken(path, error);
      if (name.find('\0') != std::string_view::npos) return builder_.refuse(path, "names without NUL characters", "a NUL character");
      if (!seen.add(name)) return builder_.refuse((path.empty() ? "" : path + ".") + std::string(name), "each field once", "twice");
      if (!use(name, value)) return false;
    }
    return true;
  }

  // use(path, value) for each element; false ends it.
  template <class Use>
  bool each_element(const std::string& path, JsonValue value, std::string_view expected, const Use& use) {
    JsonArray array;
    if (const auto error = value.get_array().get(array)) {
      return error == simdjson::INCORRECT_TYPE ? wrong_type(path, expected, value) : broken(path, error);
    }
    std::size_t index = 0;
    for (auto entry : array) {
      const std::string at = path + "[" + std::to_string(index++) + "]";
      JsonValue element;
      if (const auto error = entry.get(element)) return broken(at, error);
      if (!use(at, element)) return false;
    }
    return true;
  }

 private:
  RecordBuilder& builder_;
};

}  // namespace souk::feeds
