// Filters made ready for a segment: documents tested one by one, some of them, and 64 at a time, against the items themselves.
#include "souk/index/ready_filter.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

#include "souk/base/random.h"
#include "souk/index/segment_builder.h"

namespace souk::index {
namespace {

constexpr Timestamp kAskedAt = 1000;

struct Product {
  std::string brand;
  std::set<std::string> tags;
  std::optional<double> size, price;
  store::Availability availability = store::Availability::in_stock;
};

store::Item item_of_product(const Product& product, std::uint32_t id) {
  store::Item item;
  item.title = fmt::format("Item {}", id);
  item.brand = product.brand;
  for (const std::string& tag : product.tags) item.attributes["tag"].emplace_back(tag);
  if (product.size) item.attributes["size"] = {*product.size};
  if (product.price) {
    item.offers.resize(1);
    item.offers[0].amount = Decimal{static_cast<std::int64_t>(*product.price * 100 + 0.5), 2};
    item.offers[0].availability = product.availability;
  }
  return item;
}

// A test and what it asks of a product.
struct Asked {
  std::string text;
  std::function<bool(const Product&)> holds;
};

Asked asked_test(Random& random) {
  const double a = static_cast<double>(random.below(60)) / 2, b = a + static_cast<double>(random.below(20));
  const std::string brand = fmt::format("b{}", random.below(40)), other = fmt::format("b{}", random.below(40)),
                    tag = fmt::format("t{}", random.below(30));
  switch (random.below(10)) {
    case 0:
      return {"brand = " + brand, [=](const Product& p) { return p.brand == brand; }};
    case 1:
      return {"brand IN [" + brand + ", " + other + "]", [=](const Product& p) { return p.brand == brand || p.brand == other; }};
    case 2:
      return {"tag = " + tag, [=](const Product& p) { return p.tags.contains(tag); }};
    case 3:
      return {"tag EXISTS", [](const Product& p) { return !p.tags.empty(); }};
    case 4:
      return {fmt::format("price {} TO {}", a, b), [=](const Product& p) { return p.price && *p.price >= a && *p.price <= b; }};
    case 5:
      return {fmt::format("price < {}", a), [=](const Product& p) { return p.price && *p.price < a; }};
    case 6:
      return {fmt::format("size >= {}", a), [=](const Product& p) { return p.size && *p.size >= a; }};
    case 7:
      return {fmt::format("size = {}", a), [=](const Product& p) { return p.size && *p.size == a; }};
    case 8:
      return {"availability = preorder", [](const Product& p) { return p.price && p.availability == store::Availability::preorder; }};
    default:
      return {"price EXISTS", [](const Product& p) { return p.price.has_value(); }};
  }
}

Asked asked_tree(Random& random, int depth) {
  if (depth == 0 || random.below(3) == 0) return asked_test(random);
  const Asked a = asked_tree(random, depth - 1), b = asked_tree(random, depth - 1);
  switch (random.below(3)) {
    case 0:
      return {"(" + a.text + " AND " + b.text + ")", [=](const Product& p) { return a.holds(p) && b.holds(p); }};
    case 1:
      return {"(" + a.text + " OR " + b.text + ")", [=](const Product& p) { return a.holds(p) || b.holds(p); }};
    default:
      return {"NOT (" + a.text + ")", [=](const Product& p) { return !a.holds(p); }};
  }
}

// A segment of so many products. Every kind of column: words and lists of words, decimals, prices that change with time or do not.
class FilteredShop {
 public:
  FilteredShop(Random& random, std::uint32_t size) : schema_(Schema::defaults()) {
    schema_.put({.name = "attributes.tag"});
    schema_.put({.name = "attributes.size", .type = FieldType::number});
    fields_ = searched_fields(schema_).value();
    const auto analyzer = text::Analyzer::for_language("en");
    SegmentBuilder builder(schema_, fields_, *analyzer);
    const bool timed = random.below(3) == 0;
    for (std::uint32_t d = 0; d < size; ++d) {
      Product product;
      if (random.below(10) > 0) product.brand = fmt::format("b{}", random.below(30));
      for (std::uint64_t n = random.below(3); n > 0; --n) product.tags.insert(fmt::format("t{}", random.below(20)));
      if (random.below(3) > 0) product.size = static_cast<double>(random.below(60)) / 2;
      if (random.below(5) > 0) product.price = static_cast<double>(random.below(3000)) / 100;
      product.availability = static_cast<store::Availability>(random.below(5));
      store::Item item = item_of_product(product, d);
      if (timed && product.price) item.offers[0].until = random.below(2) == 0 ? kAskedAt : kAskedAt + 1;
      if (timed && product.price && *item.offers[0].until == kAskedAt) product.price.reset();
      builder.put(ItemId{d}, item);
      products_.push_back(std::move(product));
    }
    view_.segment = Segment::of(builder.finish()).value();
  }
  const Schema& schema() const { return schema_; }
  const View& view() const { return view_; }
  const std::vector<Product>& products() const { return products_; }

 private:
  Schema schema_;
  std::vector<Field> fields_;
  View view_;
  std::vector<Product> products_;
};

void compare_tests(Random& random, const FilteredShop& shop, const Asked& asked) {
  const auto parsed = parse_filter(asked.text, shop.schema());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  const ReadyFilter filter(**parsed, shop.view(), shop.schema(), {"", kAskedAt, {}});
  const std::uint32_t size = shop.view().segment->size();
  // Some of the documents: many, few, or crowded into a part.
  std::vector<std::uint32_t> documents;
  const std::uint64_t thin = 1 + random.below(200), begin = random.below(size), end = begin + random.below(size);
  for (std::uint32_t d = 0; d < size; ++d) {
    if (random.below(thin) == 0 && (random.below(4) > 0 || (begin <= d && d < end))) documents.push_back(d);
  }
  Bits bits = bits_for(size);
  for (const std::uint32_t document : documents) set_bit(bits, document);
  filter.narrow(bits);
  std::vector<std::uint8_t> holds(documents.size());
  filter.test(documents, holds);
  std::vector<std::uint32_t> kept = documents, beside(documents.size()), expected;
  std::iota(beside.begin(), beside.end(), 0U);
  kept.resize(filter.keep(kept, beside.data()));
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const bool wanted = asked.holds(shop.products()[documents[i]]);
    ASSERT_EQ(holds[i] != 0, wanted) << asked.text << " of document " << documents[i];
    ASSERT_EQ(test_bit(bits, documents[i]), wanted) << asked.text << " of document " << documents[i];
    if (wanted) expected.push_back(documents[i]);
  }
  ASSERT_EQ(kept, expected) << asked.text;
  for (std::size_t i = 0; i < kept.size(); ++i) ASSERT_EQ(documents[beside[i]], kept[i]);
  std::vector<std::uint32_t> narrowed;
  append_bits(bits, narrowed);
  ASSERT_EQ(narrowed, expected) << asked.text << ": no bits but of the documents asked for";
  const auto all = std::ranges::count_if(shop.products(), asked.holds);
  ASSERT_LE(static_cast<std::uint64_t>(all), filter.most()) << asked.text;
}

TEST(ReadyFilter, HoldsForWhatTheItemsSay) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const FilteredShop shop(random, 1 + static_cast<std::uint32_t>(random.below(random.below(4) == 0 ? 9000 : 300)));
    for (int i = 0; i < 40; ++i) {
      compare_tests(random, shop, asked_tree(random, 3));
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace souk::index
