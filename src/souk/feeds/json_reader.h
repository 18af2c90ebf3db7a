// JSON objects into records: strict about types, told apart by the row plan.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/feeds/fields.h"
#include "souk/feeds/row_plan.h"

namespace souk::feeds {

class JsonReader {  // reuses its memory between calls; one a thread
 public:
  explicit JsonReader(const RowPlan& plan);  // the plan must outlive the reader
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;

  // Fills builder().item() and so on. False: builder().problem(), without a line.
  bool read(std::string_view json);
  // RFC 7396: merges `patch` into `item`; the result is builder().item().
  bool patch(const store::Item& item, std::string_view patch);
  RecordBuilder& builder();
  // The top-level fields of the last record that went to `attributes`; valid until the next call.
  const std::vector<std::string>& unknown() const;
  // The text of a top-level text or whole number, from whatever can still be read of a refused record; empty: none.
  std::string text_of(std::string_view json, std::string_view name);
  // The top-level names, as far as they can be read.
  std::vector<std::string> names_of(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::feeds
