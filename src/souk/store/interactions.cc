#include "souk/store/interactions.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "souk/base/hash.h"
#include "souk/base/section_file.h"

namespace souk::store {
namespace {

constexpr std::string_view kFileKind = "INTR";
constexpr std::uint32_t kFileVersion = 1;

// The columns of Interactions built in memory; what a mapped file holds otherwise.
struct Columns {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> items, orders, shopper_ids, item_ids;
  std::vector<Timestamp> times;
  std::vector<std::uint8_t> kinds;
  std::vector<float> weights;
};

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

template <class T>
std::span<const T> span_of(const std::vector<T>& values) {
  return values;
}

tl::unexpected<Error> unusable(const fs::path& path, std::string_view what) {
  return fail(ErrorKind::corrupt, "the interactions do not fit together: " + std::string(what), path.string(),
              "Delete the file: it is built again");
}

}  // namespace

KindWeights default_weights() {
  KindWeights weights{};
  const auto set = [&](EventKind kind, float weight) { weights[static_cast<std::size_t>(kind)] = weight; };
  set(EventKind::purchase, 1.0f);
  set(EventKind::cart, 0.5f);
  set(EventKind::wishlist, 0.4f);
  set(EventKind::rating, 0.6f);
  set(EventKind::click, 0.2f);
  set(EventKind::view, 0.2f);
  return weights;
}

Interactions::Span Interactions::span() const {
  constexpr Duration kSilence = 28 * kDay;
  constexpr std::size_t kInAThousand = 1000, kMostStrays = 1000;
  if (!timed_ || event_times_.empty()) return {};
  std::vector<Timestamp> times(event_times_.begin(), event_times_.end());
  const std::size_t strays = std::min(times.size() / kInAThousand, kMostStrays);
  const auto early = times.begin() + static_cast<std::ptrdiff_t>(strays), late = times.end() - 1 - static_cast<std::ptrdiff_t>(strays);
  std::ranges::nth_element(times, early);
  if (early != late) std::ranges::nth_element(early + 1, late, times.end());
  std::sort(times.begin(), early);
  std::sort(late + 1, times.end());
  auto first = early, last = late;
  while (first != times.begin() && *first - *(first - 1) <= kSilence) --first;
  while (last + 1 != times.end() && *(last + 1) - *last <= kSilence) ++last;
  return {*first, *last};
}

Interactions::Row Interactions::row(std::uint32_t shopper) const {
  const std::size_t begin = offsets_[shopper], size = offsets_[shopper + 1] - begin;
  return {event_items_.subspan(begin, size), event_times_.subspan(begin, size), event_kinds_.subspan(begin, size),
          event_weights_.subspan(begin, size), event_orders_.subspan(begin, size)};
}

std::string Interactions::make_fingerprint() const {
  StreamHash hash;
  const auto add = [&hash](std::string_view bytes) {
    const std::uint64_t size = bytes.size();
    hash.update(bytes_of(std::span(&size, 1)));
    hash.update(bytes);
  };
  add(bytes_of(offsets_));
  add(bytes_of(event_items_));
  add(bytes_of(event_times_));
  add(bytes_of(event_kinds_));
  add(bytes_of(event_weights_));
  add(bytes_of(event_orders_));
  add(bytes_of(shopper_ids_));
  add(bytes_of(item_ids_));
  for (std::uint32_t item = 0; item < item_keys_.size(); ++item) add(item_keys_.key(item));
  add(timed_ ? "timed" : "untimed");
  return hash.digest().hex();
}

Status Interactions::write(const fs::path& path) const {
  SectionWriter writer(kFileKind, kFileVersion);
  writer.add("offset", offsets_);
  writer.add("item", event_items_);
  writer.add("time", event_times_);
  writer.add("kind", event_kinds_);
  writer.add("weight", event_weights_);
  writer.add("order", event_orders_);
  writer.add("shopper", shopper_ids_);
  writer.add("item_id", item_ids_);
  item_keys_.add_to(writer, "item");
  writer.add_owned("timed", std::string(1, timed_ ? '\1' : '\0'));
  writer.add_owned("print", fingerprint_);
  const std::string snapshot =
      snapshot_ ? fmt::format(R"({{"time":{},"seq":{},"epoch":{}}})", snapshot_->time, snapshot_->seq, snapshot_->epoch) : "null";
  writer.add_owned("facts", fmt::format(R"({{"snapshot":{},"ties":"arrival","fingerprint":"{}"}})", snapshot, fingerprint_));
  return writer.write(path);
}

Result<Interactions> Interactions::open(const fs::path& path) {
  SOUK_TRY(auto opened, SectionFile::open(path, kFileKind, kFileVersion, kFileVersion));
  const auto file = std::make_shared<const SectionFile>(std::move(opened));
  Interactions result;
  SOUK_TRY(result.offsets_, file->array<std::uint64_t>("offset"));
  SOUK_TRY(result.event_items_, file->array<std::uint32_t>("item"));
  SOUK_TRY(result.event_times_, file->array<Timestamp>("time"));
  SOUK_TRY(result.event_kinds_, file->array<std::uint8_t>("kind"));
  SOUK_TRY(result.event_weights_, file->array<float>("weight"));
  SOUK_TRY(result.event_orders_, file->array<std::uint32_t>("order"));
  SOUK_TRY(result.shopper_ids_, file->array<std::uint32_t>("shopper"));
  SOUK_TRY(result.item_ids_, file->array<std::uint32_t>("item_id"));
  SOUK_TRY(result.item_keys_, RowMap::read(*file, "item"));
  SOUK_TRY(const auto timed, file->array<std::uint8_t>("timed"));
  SOUK_TRY(const auto print, file->array<char>("print"));
  result.item_count_ = result.item_keys_.size();
  result.fingerprint_.assign(print.begin(), print.end());

  const std::size_t events = result.event_items_.size();
  if (result.offsets_.empty() || result.offsets_.front() != 0 || result.offsets_.back() != events ||
      !std::is_sorted(result.offsets_.begin(), result.offsets_.end())) {
    return unusable(path, "the rows' offsets");
  }
  if (result.event_times_.size() != events || result.event_kinds_.size() != events || result.event_weights_.size() != events ||
      result.event_orders_.size() != events) {
    return unusable(path, "the events' columns");
  }
  if (result.shopper_ids_.size() + 1 != result.offsets_.size() || result.item_ids_.size() != result.item_count_ || timed.size() != 1) {
    return unusable(path, "the rows' ids");
  }
  if (std::any_of(result.event_items_.begin(), result.event_items_.end(), [&](std::uint32_t item) { return item >= result.item_count_; })) {
    return unusable(path, "an item beyond the last");
  }
  result.timed_ = timed[0] != 0;
  result.owner_ = file;
  return result;
}

void InteractionsBuilder::reserve(std::size_t events) {
  events_.reserve(events);
}
void InteractionsBuilder::add(const Added& event) {
  events_.push_back(event);
}

Result<Interactions> InteractionsBuilder::build(std::vector<std::string> item_keys, std::vector<ItemId> item_ids,
                                                std::vector<ShopperId> shopper_ids, bool timed) && {
  std::size_t shoppers = shopper_ids.size(), items = item_keys.empty() ? item_ids.size() : item_keys.size();
  std::uint32_t last_shopper = 0, last_item = 0;
  for (const Added& event : events_) {
    last_shopper = std::max(last_shopper, event.shopper);
    last_item = std::max(last_item, event.item);
  }
  if (shopper_ids.empty() && !events_.empty()) shoppers = std::size_t{last_shopper} + 1;
  if (items == 0 && !events_.empty()) items = std::size_t{last_item} + 1;
  if (!events_.empty() && (last_shopper >= shoppers || last_item >= items)) {
    return fail(ErrorKind::invalid, "an event's row is beyond the rows named",
                fmt::format("shopper row {}, item row {}", last_shopper, last_item));
  }
  if (!item_ids.empty() && item_ids.size() != items) return fail(ErrorKind::invalid, "item keys and ids differ in number");

  const auto columns = std::make_shared<Columns>();
  // Counting sort by shopper keeps the order of adding; then by time within each row, ties as added.
  columns->offsets.assign(shoppers + 1, 0);
  for (const Added& event : events_) ++columns->offsets[event.shopper + 1];
  std::partial_sum(columns->offsets.begin(), columns->offsets.end(), columns->offsets.begin());
  std::vector<std::uint64_t> next(columns->offsets.begin(), columns->offsets.end() - 1);
  std::vector<Added> sorted(events_.size());
  for (const Added& event : events_) sorted[next[event.shopper]++] = event;
  events_ = {};
  const auto earlier = [](const Added& a, const Added& b) { return a.time < b.time; };
  for (std::size_t row = 0; row < shoppers; ++row) {
    const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(columns->offsets[row]);
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(columns->offsets[row + 1]);
    if (timed && !std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
  }

  const std::size_t events = sorted.size();
  for (auto* column : {&columns->items, &columns->orders}) column->resize(events);
  columns->times.resize(events);
  columns->kinds.resize(events);
  columns->weights.resize(events);
  std::unordered_map<std::uint64_t, std::uint32_t> orders;  // of one shopper
  std::uint32_t order_count = 0;
  for (std::size_t i = 0; i < events; ++i) {
    const Added& event = sorted[i];
    if (i == 0 || event.shopper != sorted[i - 1].shopper) orders.clear();
    columns->items[i] = event.item;
    columns->times[i] = timed ? event.time : 0;
    columns->kinds[i] = static_cast<std::uint8_t>(event.kind);
    columns->weights[i] = event.weight;
    if (event.order != 0) {
      const auto [order, added] = orders.try_emplace(event.order, order_count + 1);
      if (added) ++order_count;
      columns->orders[i] = order->second;
    }
  }
  for (std::size_t row = 0; row < shoppers; ++row) {
    columns->shopper_ids.push_back(shopper_ids.empty() ? static_cast<std::uint32_t>(row) : index_of(shopper_ids[row]));
  }
  for (std::size_t row = 0; row < items; ++row) columns->item_ids.push_back(item_ids.empty() ? UINT32_MAX : index_of(item_ids[row]));
  if (item_keys.empty()) {
    for (std::size_t row = 0; row < items; ++row) item_keys.push_back(std::to_string(row));
  }

  Interactions result;
  result.offsets_ = span_of(columns->offsets);
  result.event_items_ = span_of(columns->items);
  result.event_times_ = span_of(columns->times);
  result.event_kinds_ = span_of(columns->kinds);
  result.event_weights_ = span_of(columns->weights);
  result.event_orders_ = span_of(columns->orders);
  result.shopper_ids_ = span_of(columns->shopper_ids);
  result.item_ids_ = span_of(columns->item_ids);
  result.item_keys_ = RowMap::of(item_keys);
  result.item_count_ = static_cast<std::uint32_t>(items);
  result.timed_ = timed;
  result.owner_ = columns;
  result.fingerprint_ = result.make_fingerprint();
  return result;
}

}  // namespace souk::store
