// TOML configuration with errors that name file, line and column. A thin wrapper so that only config.cc knows toml++.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/base/time.h"

namespace souk {

// A table of a parsed TOML document; cheap to copy (shared, read-only, thread-safe). A missing table behaves as an empty one.
class Config {
 public:
  Config();
  static Result<Config> parse(std::string_view text, std::string name);  // name: for messages, usually the file's
  static Result<Config> load(const fs::path& path);

  // Keys are names, or paths such as "fields.brand". Where something other than a table stands, the first value read from it says so.
  Config table(std::string_view key) const;
  std::vector<Config> tables(std::string_view key) const;  // an array of tables
  std::vector<std::string> keys() const;                   // in the document's order
  bool has(std::string_view key) const;

  // The value, or the default when absent; a value of another type is an error with line and column. Whole numbers are numbers too.
  Result<std::string> text(std::string_view key, std::string_view otherwise) const;
  Result<std::int64_t> integer(std::string_view key, std::int64_t otherwise) const;
  Result<double> number(std::string_view key, double otherwise) const;
  Result<bool> flag(std::string_view key, bool otherwise) const;
  Result<Duration> duration(std::string_view key, Duration otherwise) const;
  Result<std::vector<std::string>> texts(std::string_view key, std::vector<std::string> otherwise) const;
  Result<std::vector<double>> numbers(std::string_view key, std::vector<double> otherwise) const;

  // An error for each key that is not in `known`, with its line and the nearest known name.
  Status only(const std::vector<std::string_view>& known) const;
  // "shop.toml:12:3" of a key (or of this table), for the caller's own errors.
  std::string where(std::string_view key = {}) const;
  std::string where_element(std::string_view key, std::size_t element) const;  // of an array; of its key when it has no such element
  std::string to_json() const;                                                 // the table as JSON, for hashing and for showing

  // A copy of the table with `path` set to a TOML value ("train.epochs", "20"), or to a text where it is none; as `--set` does.
  Result<Config> with(std::string_view path, std::string_view value) const;

 private:
  struct Node;
  std::shared_ptr<const Node> node_;
};

// The candidate with the smallest edit distance to `name`, when it is near enough to be meant. For "did you mean".
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace souk
