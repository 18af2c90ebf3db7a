#include "souk/engine/json_writer.h"

#include <cmath>
#include <fmt/format.h>

#include "souk/base/json_text.h"

namespace souk::engine {

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return raw("null");
  if (number == std::floor(number) && std::abs(number) < 1e15) return raw(fmt::format("{}", static_cast<std::int64_t>(number)));
  return raw(fmt::format("{}", number));
}

JsonWriter& JsonWriter::value(float number) {
  if (!std::isfinite(number)) return raw("null");
  return raw(fmt::format("{}", number));
}

JsonWriter& JsonWriter::value(bool flag) {
  return raw(flag ? "true" : "false");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace souk::engine
