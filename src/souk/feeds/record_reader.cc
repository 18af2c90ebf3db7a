#include "souk/feeds/json_reader.h"
#include "souk/feeds/record_json.h"

namespace souk::feeds {
namespace {

// The fields' own names, and nothing else.
RowPlan plain_plan(RecordKind kind, const ReadOptions& options) {
  return RowPlan::compile(kind, FieldMap{}, options.strict, options.currency).value();
}

}  // namespace

struct RecordReader::Impl {
  RowPlan item_plan, event_plan, shopper_plan, review_plan;
  JsonReader items, events, shoppers, reviews;

  explicit Impl(const ReadOptions& options)
      : item_plan(plain_plan(RecordKind::items, options)),
        event_plan(plain_plan(RecordKind::events, options)),
        shopper_plan(plain_plan(RecordKind::shoppers, options)),
        review_plan(plain_plan(RecordKind::reviews, options)),
        items(item_plan),
        events(event_plan),
        shoppers(shopper_plan),
        reviews(review_plan) {}
};

RecordReader::RecordReader(const ReadOptions& options) : impl_(std::make_unique<Impl>(options)) {}
RecordReader::~RecordReader() = default;

tl::expected<store::Item, RowProblem> RecordReader::item(std::string_view json, std::uint64_t& unknown_fields) {
  JsonReader& reader = impl_->items;
  if (!reader.read(json)) return tl::unexpected(std::move(reader.builder().problem()));
  unknown_fields += reader.unknown().size();
  return std::move(reader.builder().item());
}

tl::expected<store::Event, RowProblem> RecordReader::event(std::string_view json, std::uint64_t& unknown_fields) {
  JsonReader& reader = impl_->events;
  if (!reader.read(json)) return tl::unexpected(std::move(reader.builder().problem()));
  unknown_fields += reader.unknown().size();
  return std::move(reader.builder().event());
}

tl::expected<store::Shopper, RowProblem> RecordReader::shopper(std::string_view json, std::uint64_t& unknown_fields) {
  JsonReader& reader = impl_->shoppers;
  if (!reader.read(json)) return tl::unexpected(std::move(reader.builder().problem()));
  unknown_fields += reader.unknown().size();
  return std::move(reader.builder().shopper());
}

tl::expected<store::Review, RowProblem> RecordReader::review(std::string_view json, std::uint64_t& unknown_fields) {
  JsonReader& reader = impl_->reviews;
  if (!reader.read(json)) return tl::unexpected(std::move(reader.builder().problem()));
  unknown_fields += reader.unknown().size();
  return std::move(reader.builder().review());
}

tl::expected<store::Item, RowProblem> RecordReader::patched(const store::Item& item, std::string_view patch_json,
                                                            std::uint64_t& unknown_fields) {
  JsonReader& reader = impl_->items;
  if (!reader.patch(item, patch_json)) return tl::unexpected(std::move(reader.builder().problem()));
  unknown_fields += reader.unknown().size();
  return std::move(reader.builder().item());
}

}  // namespace souk::feeds
