#include "souk/feeds/vector_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <simdjson.h>
#include <unordered_map>
#include <vector>

#include "souk/feeds/fields.h"
#include "souk/store/records.h"

namespace souk::feeds {
namespace {

tl::unexpected<Error> bad_vectors(std::string what, std::string where, std::string expected, std::string found, std::string hint = {}) {
  return fail(Error{ErrorKind::invalid, std::move(what), std::move(where), std::move(expected), std::move(found), std::move(hint)});
}

// Bytes of the file, for messages.
std::string shown_bytes(std::string_view text, bool quoted = true) {
  return store::valid_utf8(text) ? found_text(text, quoted) : fmt::format("{} bytes that are no UTF-8", text.size());
}

// How numbers stand in a file.
enum class NumberKind : std::uint8_t { f64, f32, f16, bf16, i8, u8 };
constexpr std::size_t size_of(NumberKind number) {
  constexpr std::array<std::size_t, 6> kSizes{8, 4, 2, 2, 1, 1};
  return kSizes[static_cast<std::size_t>(number)];
}

template <class T>
T load_from(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// IEEE 754 binary16.
float from_half(std::uint16_t bits) {
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  const int exponent = bits >> 10U & 0x1F;
  const auto fraction = static_cast<float>(bits & 0x3FFU);
  if (exponent == 0x1F) return fraction == 0 ? sign * std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

// The double in the nearest float; what is too large becomes infinite, which check_vector refuses.
float narrowed_double(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (value > kMost || value < -kMost) return value > 0 ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
  return static_cast<float>(value);
}

void numbers_from(NumberKind number, const char* at, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i, at += size_of(number)) {
    switch (number) {
      case NumberKind::f64:
        out[i] = narrowed_double(load_from<double>(at));
        break;
      case NumberKind::f32:
        out[i] = load_from<float>(at);
        break;
      case NumberKind::f16:
        out[i] = from_half(load_from<std::uint16_t>(at));
        break;
      case NumberKind::bf16:
        out[i] = std::bit_cast<float>(std::uint32_t{load_from<std::uint16_t>(at)} << 16U);
        break;
      case NumberKind::i8:
        out[i] = load_from<std::int8_t>(at);
        break;
      case NumberKind::u8:
        out[i] = load_from<std::uint8_t>(at);
        break;
    }
  }
}

// Keys by line, from a file of them.
Result<std::vector<std::string_view>> split_keys(std::string_view text, const std::string& name) {
  std::vector<std::string_view> keys;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view key = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (key.ends_with('\r')) key.remove_suffix(1);
    if (key.empty()) return bad_vectors("a key is missing", fmt::format("{}:{}", name, line), "a key on every line", "an empty line");
    keys.push_back(key);
  }
  return keys;
}

// What all forms share: every vector is checked, called by its key, and handed on.
class VectorRows {
 public:
  VectorRows(const VectorFileOptions& options, const VectorSink& sink) : options_(options), sink_(sink), dimension_(options.dimension) {}

  // A vector without a key is called by its number. where: "file.npy: vector 17".
  Status add(std::span<const float> vector, const std::string& where) {
    SOUK_CHECK(check(vector, where));
    return sink_(fmt::format("{}", rows_++), vector);
  }
  // where: also "file.jsonl:17".
  Status add(std::string_view key, std::span<const float> vector, const std::string& where) {
    SOUK_CHECK(check(vector, where));
    SOUK_CHECK(store::check_key(key, where + ": key"));
    const auto [at, fresh] = seen_.emplace(key, rows_);
    if (!fresh) {
      return bad_vectors("a key stands there twice", where + ": key", "each key once",
                         fmt::format("{} again, as of vector {} (from 0)", shown_bytes(key), at->second));
    }
    ++rows_;
    return sink_(key, vector);
  }
  Status set_dimension(std::size_t dimension, const std::string& where) {
    if (dimension == 0 || dimension > index::kMaxDimension) {
      return bad_vectors("vectors of no sensible dimension", where, fmt::format("1 to {} numbers", index::kMaxDimension),
                         fmt::format("{}", dimension));
    }
    if (dimension_ == 0) dimension_ = dimension;
    if (dimension_ == dimension) return {};
    return bad_vectors("a vector of another dimension", where, fmt::format("{} numbers", dimension_), fmt::format("{}", dimension));
  }
  VectorFileSummary summary() const { return {rows_, dimension_}; }

 private:
  Status check(std::span<const float> vector, const std::string& where) {
    SOUK_CHECK(set_dimension(vector.size(), where));
    return index::check_vector(vector, dimension_, options_.metric, where);
  }

  const VectorFileOptions& options_;
  const VectorSink& sink_;
  std::size_t dimension_;
  std::uint64_t rows_ = 0;
  std::unordered_map<std::string, std::uint64_t> seen_;
};

// A table of numbers somewhere in the file.
struct NumberTable {
  NumberKind number = NumberKind::f32;
  std::uint64_t rows = 0, columns = 0;
  std::string_view bytes;
};

Status add_table(const NumberTable& table, const std::string& name, const std::string_view* keys, VectorRows& rows) {
  SOUK_CHECK(rows.set_dimension(table.columns, name));
  const std::size_t row_bytes = table.columns * size_of(table.number);
  if (table.bytes.size() % row_bytes != 0 || table.bytes.size() / row_bytes != table.rows) {
    return bad_vectors("the file is cut off or too long", name, fmt::format("{} vectors of {} numbers", table.rows, table.columns),
                       fmt::format("{} bytes of numbers", table.bytes.size()));
  }
  std::vector<std::string_view> names;
  if (keys != nullptr) {
    SOUK_TRY(names, split_keys(*keys, name + ": keys"));
    if (names.size() != table.rows) {
      return bad_vectors("there are not as many keys as vectors", name + ": keys", fmt::format("{} lines", table.rows),
                         fmt::format("{}", names.size()));
    }
  }
  std::vector<float> vector(table.columns);
  for (std::uint64_t r = 0; r < table.rows; ++r) {
    numbers_from(table.number, table.bytes.data() + r * row_bytes, vector);
    const std::string where = fmt::format("{}: vector {}", name, r);
    SOUK_CHECK(names.empty() ? rows.add(vector, where) : rows.add(names[r], vector, where));
  }
  return {};
}

// The value of a name in NumPy's header, which is a Python dictionary: 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
std::string_view header_value(std::string_view header, std::string_view name) {
  const std::string quoted = fmt::format("'{}':", name);
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) return {};
  std::string_view value = header.substr(at + quoted.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  const std::size_t end = value.starts_with('(') ? value.find(')') : value.find_first_of(",}");
  return value.substr(0, end == std::string_view::npos ? end : end + (value.starts_with('(') ? 1 : 0));
}

bool read_whole(std::string_view digits, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size();
}

// "(3, 4)", as Python writes it.
bool read_shape(std::string_view shape, std::uint64_t& rows, std::uint64_t& columns) {
  const std::size_t comma = shape.find(", ");
  if (comma == std::string_view::npos || !shape.starts_with('(') || !shape.ends_with(')')) return false;
  return read_whole(shape.substr(1, comma - 1), rows) && read_whole(shape.substr(comma + 2, shape.size() - comma - 3), columns);
}

Result<NumberTable> npy_table(std::string_view bytes, const std::string& name) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  constexpr std::size_t kVersionEnd = 8;
  if (!bytes.starts_with(kMagic) || bytes.size() < kVersionEnd + 4) {
    return bad_vectors("not a file of NumPy", name, "\\x93NUMPY and a header", shown_bytes(bytes.substr(0, 8)));
  }
  const auto major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3) {
    return bad_vectors("a file of another version of NumPy's format", name, "version 1 to 3", fmt::format("{}", major));
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t length =
      major == 1 ? load_from<std::uint16_t>(bytes.data() + kVersionEnd) : load_from<std::uint32_t>(bytes.data() + kVersionEnd);
  if (length > bytes.size() - kVersionEnd - length_bytes) {
    return bad_vectors("the file is cut off in its header", name, fmt::format("a header of {} bytes", length),
                       fmt::format("{} bytes", bytes.size()));
  }
  const std::string_view header = bytes.substr(kVersionEnd + length_bytes, length);
  NumberTable table{NumberKind::f32, 0, 0, bytes.substr(kVersionEnd + length_bytes + length)};
  constexpr std::array<std::pair<std::string_view, NumberKind>, 5> kTypes{{{"'<f4'", NumberKind::f32},
                                                                           {"'<f8'", NumberKind::f64},
                                                                           {"'<f2'", NumberKind::f16},
                                                                           {"'|i1'", NumberKind::i8},
                                                                           {"'|u1'", NumberKind::u8}}};
  const std::string_view type = header_value(header, "descr");
  const auto* known = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& each) { return each.first == type; });
  if (known == kTypes.end()) {
    return bad_vectors("numbers that are not read", name + ": descr", "'<f4', '<f8', '<f2', '|i1' or '|u1'", shown_bytes(type, false),
                       "Save array.astype('<f4').");
  }
  table.number = known->second;
  if (const std::string_view order = header_value(header, "fortran_order"); order != "False") {
    return bad_vectors("numbers column by column", name + ": fortran_order", "False", shown_bytes(order, false),
                       "Save numpy.ascontiguousarray(array).");
  }
  if (const std::string_view shape = header_value(header, "shape"); !read_shape(shape, table.rows, table.columns)) {
    return bad_vectors("not a table of vectors", name + ": shape", "(rows, dimension)", shown_bytes(shape, false));
  }
  return table;
}

// Each vector says its own dimension.
Status add_vecs(std::string_view bytes, NumberKind number, const std::string& name, const std::string_view* keys, VectorRows& rows) {
  if (bytes.empty()) return {};
  if (bytes.size() < sizeof(std::int32_t)) {
    return bad_vectors("the file is cut off", name, "the dimension of a vector", fmt::format("{} bytes", bytes.size()));
  }
  const auto dimension = load_from<std::int32_t>(bytes.data());
  SOUK_CHECK(rows.set_dimension(dimension < 0 ? 0 : static_cast<std::size_t>(dimension), name + ": vector 0"));
  const std::size_t row_bytes = sizeof dimension + static_cast<std::size_t>(dimension) * size_of(number);
  std::vector<std::string_view> names;
  if (keys != nullptr) {
    SOUK_TRY(names, split_keys(*keys, name + ": keys"));
    if (names.size() != bytes.size() / row_bytes) {
      return bad_vectors("there are not as many keys as vectors", name + ": keys", fmt::format("{} lines", bytes.size() / row_bytes),
                         fmt::format("{}", names.size()));
    }
  }
  std::vector<float> vector(static_cast<std::size_t>(dimension));
  for (std::size_t r = 0; r * row_bytes < bytes.size(); ++r) {
    const std::string where = fmt::format("{}: vector {}", name, r);
    const std::string_view row = bytes.substr(r * row_bytes, row_bytes);
    if (row.size() < sizeof dimension) return bad_vectors("the file is cut off", where, fmt::format("{} bytes", row_bytes), "fewer");
    const auto own = load_from<std::int32_t>(row.data());
    SOUK_CHECK(rows.set_dimension(own < 0 ? 0 : static_cast<std::size_t>(own), where));
    if (row.size() < row_bytes) {
      return bad_vectors("the file is cut off", where, fmt::format("{} bytes", row_bytes), fmt::format("{}", row.size()));
    }
    numbers_from(number, row.data() + sizeof own, vector);
    SOUK_CHECK(names.empty() ? rows.add(vector, where) : rows.add(names[r], vector, where));
  }
  return {};
}

using DomElement = simdjson::dom::element;

// One entry of the header: {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}.
Result<std::optional<NumberTable>> tensor_of(DomElement entry, std::string_view data, const std::string& where, bool named) {
  std::string_view type;
  simdjson::dom::array shape, offsets;
  if (entry["dtype"].get(type) != simdjson::SUCCESS || entry["shape"].get(shape) != simdjson::SUCCESS ||
      entry["data_offsets"].get(offsets) != simdjson::SUCCESS) {
    return bad_vectors("a tensor that is not described", where, "dtype, shape and data_offsets", "other fields");
  }
  constexpr std::array<std::pair<std::string_view, NumberKind>, 6> kTypes{{{"F64", NumberKind::f64},
                                                                           {"F32", NumberKind::f32},
                                                                           {"F16", NumberKind::f16},
                                                                           {"BF16", NumberKind::bf16},
                                                                           {"I8", NumberKind::i8},
                                                                           {"U8", NumberKind::u8}}};
  const auto* known = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& each) { return each.first == type; });
  if (!named && (shape.size() != 2 || known == kTypes.end())) return std::optional<NumberTable>();  // another thing, which nobody asked for
  if (known == kTypes.end()) {
    return bad_vectors("numbers that are not read", where + ": dtype", "F64, F32, F16, BF16, I8 or U8", shown_bytes(type));
  }
  NumberTable table{known->second, 0, 0, {}};
  std::uint64_t begin = 0, end = 0;
  if (shape.size() != 2 || shape.at(0).get(table.rows) != simdjson::SUCCESS || shape.at(1).get(table.columns) != simdjson::SUCCESS) {
    return bad_vectors("not a table of vectors", where + ": shape", "[rows, dimension]", fmt::format("{} numbers", shape.size()));
  }
  if (offsets.size() != 2 || offsets.at(0).get(begin) != simdjson::SUCCESS || offsets.at(1).get(end) != simdjson::SUCCESS || begin > end ||
      end > data.size()) {
    return bad_vectors("a tensor that is not in the file", where + ": data_offsets", fmt::format("[begin, end] of {} bytes", data.size()),
                       fmt::format("[{}, {}]", begin, end));
  }
  table.bytes = data.substr(begin, end - begin);
  return std::optional(table);
}

Result<NumberTable> safetensors_table(std::string_view bytes, const std::string& name, const std::string& wanted) {
  std::uint64_t length = 0;
  if (bytes.size() >= sizeof length) length = load_from<std::uint64_t>(bytes.data());
  if (bytes.size() < sizeof length || length > bytes.size() - sizeof length) {
    return bad_vectors("not a safetensors file, or cut off", name, "the length of a header, and the header",
                       fmt::format("{} bytes, a header of {}", bytes.size(), length));
  }
  simdjson::dom::parser parser;
  simdjson::dom::object header;
  const simdjson::padded_string text(bytes.substr(sizeof length, length));
  if (const auto error = parser.parse(text).get(header)) {
    return bad_vectors("the header cannot be read", name, "a JSON object", simdjson::error_message(error));
  }
  const std::string_view data = bytes.substr(sizeof length + length);
  std::optional<NumberTable> found;
  std::string found_name;
  for (const auto& [tensor, entry] : header) {
    if (tensor == "__metadata__" || (!wanted.empty() && tensor != wanted)) continue;
    SOUK_TRY(std::optional<NumberTable> table, tensor_of(entry, data, fmt::format("{}: {}", name, shown_bytes(tensor)), !wanted.empty()));
    if (!table) continue;
    if (found) {
      return bad_vectors("several tensors that could be the vectors", name, "the name of one",
                         fmt::format("{} and {}", found_name, shown_bytes(tensor)));
    }
    found = table;
    found_name = shown_bytes(tensor);
  }
  if (found) return *found;
  return bad_vectors("no such tensor", name, wanted.empty() ? "a tensor [rows, dimension]" : shown_bytes(wanted), "none");
}

// {"key": "kettle-1", "vector": [0.25, -1]}
Status add_line(simdjson::dom::parser& parser, std::string_view line, const std::string& where, std::vector<float>& vector,
                VectorRows& rows) {
  simdjson::dom::object object;
  if (const auto error = parser.parse(line.data(), line.size()).get(object)) {
    return bad_vectors("a vector cannot be read", where, "an object with key and vector", simdjson::error_message(error));
  }
  std::string key;
  bool has_key = false, has_vector = false;
  for (const auto& [field, value] : object) {
    if (field == "key") {
      std::string_view text;
      std::int64_t whole = 0;
      if (has_key) return bad_vectors("a field stands there twice", where + ": key", "each field once", "twice");
      if (value.get(text) == simdjson::SUCCESS) {
        key = text;
      } else if (value.get(whole) == simdjson::SUCCESS) {
        key = fmt::format("{}", whole);
      } else {
        return bad_vectors("a vector cannot be read", where + ": key", "a text or a whole number",
                           shown_bytes(simdjson::minify(value), false));
      }
      has_key = true;
    } else if (field == "vector" || field == "embedding") {
      simdjson::dom::array numbers;
      if (has_vector) return bad_vectors("a field stands there twice", where + ": vector", "each field once", "twice");
      if (value.get(numbers) != simdjson::SUCCESS) {
        return bad_vectors("a vector cannot be read", where + ": vector", "a list of numbers", shown_bytes(simdjson::minify(value), false));
      }
      vector.clear();
      for (const DomElement number : numbers) {
        double read = 0;
        if (number.get(read) != simdjson::SUCCESS) {
          return bad_vectors("a vector cannot be read", fmt::format("{}: vector: number {}", where, vector.size()), "a number",
                             shown_bytes(simdjson::minify(number), false));
        }
        vector.push_back(narrowed_double(read));
      }
      has_vector = true;
    }
  }
  if (!has_key || !has_vector) {
    return bad_vectors("a vector cannot be read", where, "an object with key and vector", has_key ? "no vector" : "no key");
  }
  return rows.add(key, vector, where);
}

Status add_lines(std::string_view text, const std::string& name, VectorRows& rows) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  simdjson::dom::parser parser;
  std::vector<float> vector;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    SOUK_CHECK(add_line(parser, one, fmt::format("{}:{}", name, line), vector, rows));
  }
  return {};
}

}  // namespace

Result<VectorForm> vector_form_of(const fs::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".npy") return VectorForm::npy;
  if (ending == ".fvecs") return VectorForm::fvecs;
  if (ending == ".bvecs") return VectorForm::bvecs;
  if (ending == ".safetensors") return VectorForm::safetensors;
  if (ending == ".jsonl") return VectorForm::jsonl;
  return bad_vectors("the name does not tell the form of the vectors", path.string(), ".npy, .fvecs, .bvecs, .safetensors or .jsonl",
                     shown_bytes(ending), ending == ".gz" || ending == ".zst" ? "Unpack the file." : "Rename the file.");
}

Result<VectorFileSummary> read_vectors(const fs::path& path, const VectorFileOptions& options, const VectorSink& sink) {
  SOUK_TRY(const VectorForm form, vector_form_of(path));
  SOUK_TRY(const MappedFile file, MappedFile::open(path));
  if (options.keys.empty()) return parse_vectors(form, file.text(), path.string(), nullptr, options, sink);
  SOUK_TRY(const MappedFile keys, MappedFile::open(options.keys));
  const std::string_view text = keys.text();
  return parse_vectors(form, file.text(), path.string(), &text, options, sink);
}

Result<VectorFileSummary> parse_vectors(VectorForm form, std::string_view bytes, const std::string& name, const std::string_view* keys,
                                        const VectorFileOptions& options, const VectorSink& sink) {
  VectorRows rows(options, sink);
  if (form == VectorForm::jsonl) {
    if (keys != nullptr) return bad_vectors("keys stand in the lines themselves", name, "no file of keys", "one");
    SOUK_CHECK(add_lines(bytes, name, rows));
  } else if (form == VectorForm::fvecs || form == VectorForm::bvecs) {
    SOUK_CHECK(add_vecs(bytes, form == VectorForm::fvecs ? NumberKind::f32 : NumberKind::u8, name, keys, rows));
  } else {
    SOUK_TRY(const NumberTable table, form == VectorForm::npy ? npy_table(bytes, name) : safetensors_table(bytes, name, options.tensor));
    SOUK_CHECK(add_table(table, name, keys, rows));
  }
  return rows.summary();
}

}  // namespace souk::feeds
