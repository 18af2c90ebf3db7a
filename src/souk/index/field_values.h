// Values of fields in one segment, as filters, facets and sorting read them.
#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "souk/index/reader.h"

namespace souk::index {

struct Circumstances {  // what a field's value depends on besides the item
  std::string_view market;
  Timestamp now = 0;
  std::span<const StatColumn> stats;
};

// A field as codes of documents (column.h). What it points to lasts as long as the segment and the FieldValues it is of.
struct CodedField {
  const Codes* codes = nullptr;
  Coding coding;
  const Numbers* numbers = nullptr;  // of number fields
};

class FieldValues {  // of one field in one view
 public:
  enum class Kind : std::uint8_t { missing, keyword, number, price, availability, stat };
  FieldValues(const View& view, const Schema& schema, std::string_view field, const Circumstances& circumstances);

  Kind kind() const { return kind_; }
  bool numeric() const { return kind_ == Kind::number || kind_ == Kind::price || kind_ == Kind::stat; }
  bool is_flag() const { return kind_ == Kind::number && column_->kind == ColumnKind::flag; }
  const Column& column() const { return *column_; }  // keyword and number
  // Nothing where the time, the market or a table from outside decides.
  std::optional<CodedField> coded() const;

  std::optional<OfferRow> offer(std::uint32_t document) const { return view_->segment->offers.current(document, market_, now_); }
  // Calls visit(double) for the numbers of a document until it returns true; returns whether it did.
  template <class Visit>
  bool any_number(std::uint32_t document, Visit visit) const {
    switch (kind_) {
      case Kind::number:
        for (const std::uint32_t ordinal : column_->ordinals(document)) {
          if (visit(column_->numbers[ordinal])) return true;
        }
        return false;
      case Kind::price: {
        const auto row = offer(document);
        return row && visit(row->amount);
      }
      case Kind::stat: {
        const std::uint32_t item = view_->segment->ids[document];
        return item < stat_.size() && !std::isnan(stat_[item]) && visit(static_cast<double>(stat_[item]));
      }
      default:
        return false;
    }
  }
  bool exists(std::uint32_t document) const;

 private:
  const View* view_;
  Kind kind_ = Kind::missing;
  std::shared_ptr<const Column> owned_;
  const Column* column_ = nullptr;
  std::span<const float> stat_;
  std::optional<std::uint32_t> market_;
  Timestamp now_;
};

// The states of store::Availability by number, and their names.
std::string_view availability_text(std::uint32_t state);

}  // namespace souk::index
