// The protobuf wire format by hand, for the one record that is written and read by the million.
// Source: https://protobuf.dev/programming-guides/encoding
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace souk::store {

enum class WireType : std::uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

class WireWriter {  // appends to a string it does not own
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void varint(std::uint32_t field, std::uint64_t value) {
    tag(field, WireType::varint);
    raw_varint(value);
  }
  void signed_varint(std::uint32_t field, std::int64_t value) { varint(field, zigzag(value)); }
  // The caller appends `size` bytes behind it.
  void begin_bytes(std::uint32_t field, std::size_t size) {
    tag(field, WireType::bytes);
    raw_varint(size);
  }
  void bytes(std::uint32_t field, std::string_view text) {
    begin_bytes(field, text.size());
    out_.append(text);
  }
  void number(std::uint32_t field, double value) { fixed64(field, std::bit_cast<std::uint64_t>(value)); }
  void fixed64(std::uint32_t field, std::uint64_t value) {
    tag(field, WireType::fixed64);
    char raw[8];
    for (char& c : raw) {
      c = static_cast<char>(value & 0xFF);
      value >>= 8;
    }
    out_.append(raw, sizeof raw);
  }
  // Absent when it is the default, as proto3 does.
  void text_unless_empty(std::uint32_t field, std::string_view text) {
    if (!text.empty()) bytes(field, text);
  }

 private:
  void tag(std::uint32_t field, WireType type) { raw_varint(field << 3 | static_cast<std::uint32_t>(type)); }
  void raw_varint(std::uint64_t value) {
    char raw[10];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) raw[size++] = static_cast<char>((value & 0x7F) | 0x80);
    raw[size++] = static_cast<char>(value);
    out_.append(raw, size);
  }

  std::string& out_;
};

// Walks the fields of a message. After next(): number() of a varint or fixed field, or text() of a length-delimited one.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool next() {
    std::uint64_t tag = 0;
    if (rest_.empty() || !read_varint(tag)) return false;
    field_ = static_cast<std::uint32_t>(tag >> 3);
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::varint:
        return read_varint(number_);
      case WireType::fixed64:
        return read_fixed(8);
      case WireType::fixed32:
        return read_fixed(4);
      case WireType::bytes: {
        std::uint64_t size = 0;
        if (!read_varint(size) || size > rest_.size()) return bad();
        text_ = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
      }
    }
    return bad();
  }
  bool ok() const { return ok_; }  // false: the bytes were cut or are no message
  std::uint32_t field() const { return field_; }
  std::uint64_t number() const { return number_; }
  std::int64_t signed_number() const { return unzigzag(number_); }
  std::string_view text() const { return text_; }

 private:
  bool bad() {
    ok_ = false;
    return false;
  }
  bool read_varint(std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return bad();
  }
  bool read_fixed(std::size_t size) {
    if (rest_.size() < size) return bad();
    number_ = 0;
    for (std::size_t i = 0; i < size; ++i) number_ |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_, text_;
  std::uint64_t number_ = 0;
  std::uint32_t field_ = 0;
  bool ok_ = true;
};

}  // namespace souk::store
