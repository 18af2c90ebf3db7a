// How the columns of a table, or the top-level names of JSON objects, become fields: compiled once from a FieldMap, then shared by all
// threads that read rows.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/feeds/fields.h"
#include "souk/feeds/import.h"
#include "souk/feeds/template.h"

namespace souk::feeds {

struct FieldUse {
  Target target;
  TimeUnit unit;
  char separator = '|';  // of the values of a list
};

struct ColumnUse {
  std::vector<FieldUse> fields;  // what the column fills; empty: it only serves templates, or is dropped
  std::int32_t slot = -1;        // where templates look for its text; -1: they do not
  bool unknown = false;          // kept as an attribute of its own name, and counted
};

class RowPlan {
 public:
  // Errors: a mapped name that is no field of this kind, an unknown unit or filter, a constant that its field refuses.
  static Result<RowPlan> compile(RecordKind kind, const FieldMap& map, bool strict, const std::string& currency);

  RecordKind kind() const { return kind_; }
  bool strict() const { return strict_; }
  bool mapped() const { return !columns_.empty() || drop_others_; }
  ColumnUse column(std::string_view name) const;                // of a column of this name
  const ColumnUse* mapped_column(std::string_view name) const;  // only when the mapping or a template names it
  bool drops_others() const { return drop_others_; }
  std::string_view key_column() const { return key_column_; }  // the column `key` is read from

  // An error when the mapping or a template names a column that the header of the table `file` lacks.
  Status check_header(const std::vector<std::string>& header, const std::string& file) const;

  std::size_t slots() const { return slots_; }  // texts that templates need
  // Fills the fields that templates give, from the row's texts by slot; false: the builder's problem. Absent results leave a field as it
  // is.
  bool fill_templates(const std::vector<std::string_view>& slots, RecordBuilder& builder) const;
  // A builder that starts every record with the constants.
  RecordBuilder builder() const { return start_; }

 private:
  RowPlan(RecordKind kind, bool strict, const std::string& currency) : kind_(kind), strict_(strict), start_(kind, currency) {}
  RecordKind kind_;
  bool strict_, drop_others_ = false;
  std::map<std::string, ColumnUse, std::less<>> columns_;
  std::vector<std::string> taken_;  // fields the mapping fills: a column of such a name is an unknown one
  std::string key_column_ = "key";
  struct Derived {
    FieldUse use;
    Template text;
  };
  std::vector<Derived> derived_;
  std::size_t slots_ = 0;
  RecordBuilder start_;
};

}  // namespace souk::feeds
