#include "souk/index/vectors/index_spec.h"

#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "souk/index/vectors/product_codes.h"

namespace souk::index {
namespace {

constexpr std::string_view kGraphPart = "HNSW";
constexpr std::string_view kCellsPart = "IVF";
constexpr std::uint32_t kSmallestDegree = 2, kLargestDegree = 256;
constexpr std::uint32_t kMostCells = 1U << 20U;
constexpr std::size_t kScannedBytes = std::size_t{8} << 20U;  // of codes that are looked at in about a millisecond

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = name.find(','); comma != std::string_view::npos; comma = name.find(',')) {
    parts.push_back(name.substr(0, comma));
    name.remove_prefix(comma + 1);
  }
  parts.push_back(name);
  return parts;
}

tl::unexpected<Error> bad_spec(std::string_view name, std::string_view where, std::string what) {
  return fail(Error{ErrorKind::invalid,
                    std::move(what),
                    std::string(where),
                    "for example Flat, SQ8,Refine, HNSW32,SQ8,Refine or IVF1024,PQ48x4,Refine",
                    fmt::format("\"{}\"", name),
                    {}});
}

bool read_number(std::string_view digits, std::uint32_t least, std::uint32_t most, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() && number >= least && number <= most;
}

}  // namespace

Result<IndexSpec> parse_index_spec(std::string_view name, std::string_view where) {
  IndexSpec spec;
  const std::vector<std::string_view> parts = parts_of(name);
  std::size_t at = 0;
  if (parts[at].starts_with(kGraphPart)) {
    if (!read_number(parts[at].substr(kGraphPart.size()), kSmallestDegree, kLargestDegree, spec.degree)) {
      return bad_spec(name, where, fmt::format("the degree of a graph is a number from {} to {}", kSmallestDegree, kLargestDegree));
    }
    ++at;
  } else if (parts[at].starts_with(kCellsPart)) {
    if (!read_number(parts[at].substr(kCellsPart.size()), 1, kMostCells, spec.cells)) {
      return bad_spec(name, where, fmt::format("the number of cells is one from 1 to {}", kMostCells));
    }
    ++at;
  }
  bool codes = spec.degree != 0 && at == parts.size();  // a graph alone is one over the vectors
  const bool scanned = at < parts.size() && parse_product_name(parts[at]).has_value();
  if (scanned && spec.degree != 0) return bad_spec(name, where, "a graph looks at single codes: SQ8 or RBQ, not those scanned in blocks");
  if (at < parts.size() && (scanned || parts[at] == "Flat" || parts[at] == "SQ8" || parse_bit_planes(parts[at]))) {
    spec.codes = parts[at] == "Flat" ? "F32" : parts[at];
    codes = true;
    ++at;
  }
  if (codes && spec.codes != "F32" && at < parts.size() && parts[at] == "Refine") {
    spec.refine = true;
    ++at;
  }
  if (!codes || at < parts.size()) return bad_spec(name, where, "no such index");
  return spec;
}

std::string name_of(const IndexSpec& spec) {
  std::string name = spec.degree != 0 ? fmt::format("{}{}", kGraphPart, spec.degree) : "";
  if (spec.cells != 0) name = fmt::format("{}{}", kCellsPart, spec.cells);
  if (spec.codes != "F32") {
    name += (name.empty() ? "" : ",") + spec.codes;
  } else if (spec.degree == 0) {
    name += name.empty() ? "Flat" : ",Flat";
  }
  return spec.refine ? name + ",Refine" : name;
}

ChosenSpec choose_index_spec(std::size_t rows, std::size_t dimension) {
  if (rows <= kScannedBytes / (dimension + 1)) {
    return {{0, 0, "SQ8", true}, fmt::format("{} codes of {} bytes are looked at one by one in a millisecond or less", rows, dimension)};
  }
  return {{16, 0, "SQ8", true},
          fmt::format("{} codes of {} bytes are too many to look at for each query: a graph leads to the near ones", rows, dimension)};
}

}  // namespace souk::index
