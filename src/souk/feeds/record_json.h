// Records as JSON, in the key order and spelling of the reference page docs/reference/records.md. Reading is strict about types and says
// where and what; writing is canonical: equal records give equal bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/hash.h"
#include "souk/base/result.h"
#include "souk/store/records.h"

namespace souk::feeds {

enum class RecordKind : std::uint8_t { items, events, shoppers, reviews };
std::string_view name_of(RecordKind kind);
Result<RecordKind> record_kind_named(std::string_view name);

// What reading needs to know of the shop.
struct ReadOptions {
  std::string currency = "EUR";  // of amounts without one
  bool strict = false;           // unknown top-level fields are errors instead of attributes
};

// Why a row was refused. `line` counts from 1; `path` is the field ("offers[0].amount").
struct RowProblem {
  std::uint64_t line = 0;
  std::string path, expected, found;
  std::string file = {};  // empty: of a body, or of the only file
  std::string to_json() const;
};

// Reuses parser memory between calls; one a thread. Limits: nesting 32, a record 16 MiB.
class RecordReader {
 public:
  explicit RecordReader(const ReadOptions& options);
  ~RecordReader();
  // `unknown_fields` is increased by each top-level field that went to `attributes`.
  tl::expected<store::Item, RowProblem> item(std::string_view json, std::uint64_t& unknown_fields);
  tl::expected<store::Event, RowProblem> event(std::string_view json, std::uint64_t& unknown_fields);
  tl::expected<store::Shopper, RowProblem> shopper(std::string_view json, std::uint64_t& unknown_fields);
  tl::expected<store::Review, RowProblem> review(std::string_view json, std::uint64_t& unknown_fields);
  // RFC 7396 merge of `patch_json` into `item`.
  tl::expected<store::Item, RowProblem> patched(const store::Item& item, std::string_view patch_json, std::uint64_t& unknown_fields);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One line without a newline.
std::string to_json(const store::Item& item);
std::string to_json(const store::Event& event);
std::string to_json(const store::Shopper& shopper);
std::string to_json(const store::Review& review);

// Splits a request body into records: one JSON object, an array of objects, or NDJSON; each with its line. What stands between the
// borders is not checked: a broken line of NDJSON is a record as well, as is an element of another type, which the reader refuses. An error
// names what is wrong with the body as a whole.
struct BodyRecord {
  std::uint64_t line = 0;   // where it begins, from 1
  std::string_view json;    // into the body
  std::uint64_t index = 0;  // in the body, from 0
  bool in_array = false;    // several elements may share a line: the index tells them apart
};
Result<std::vector<BodyRecord>> split_body(std::string_view body);

// XXH3-128 of the canonical record without `received`, with the number of equal records before it: the id of an event that has none.
std::string content_id(const store::Event& event, std::uint64_t equal_before);
// Its two steps, for callers that hash and count apart.
Hash128 content_hash(const store::Event& event);
std::string content_id(const Hash128& content, std::uint64_t equal_before);
// The id of a review that has none: equal reviews are one.
std::string content_id(const store::Review& review);

}  // namespace souk::feeds
