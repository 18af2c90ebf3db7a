// Souk's side of `./run bench search`; protocol: bench/peers/README.md.
//
// The index is what a shop gets, through FieldIndex: one searched field, no stems, no phrases, variants not collapsed. For the or- and
// and-cells nothing is asked but the best documents (`count = false`), as of the peers; for the shop cells the filter, the facets and the
// exact total of one LexicalQuery. An item's id is its line. With --bisect the index is compacted after it is built, as `souk compact`
// does.
#include <filesystem>
#include <fmt/format.h>

#include "souk/index/field_index.h"

#include "bench/peers/search_peer.h"

namespace souk::bench {
namespace {

constexpr const char* kLanguage = "und";
// Words as they stand between blanks, as of every peer.
const text::AnalyzerSettings kPlain = {.stems = false, .codes = false, .units = false, .grams = false, .compounds = nullptr};

template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}
void expect(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

// The title alone is searched. Without columns it is not stored either, as no peer stores the texts.
index::Schema schema_of(bool shop) {
  index::Schema schema = index::Schema::defaults();
  for (index::Field field : std::vector<index::Field>(schema.fields())) {
    field.search = field.name == "title" ? 1.0F : 0.0F;
    field.length = 0.75F;  // b, as of the peers
    field.phrases = false;
    if (field.name == "title") field.filter = field.facet = field.sort = false;
    schema.put(field);
  }
  if (shop) {
    for (const char* name : {"brand", "category"}) {
      index::Field field = *schema.find(name);
      field.facet = true;
      schema.put(field);
    }
  }
  return schema;
}

// The lines of the corpus, and of the columns when there are any, as items.
class Lines {
 public:
  Lines(const std::string& corpus, const std::string& columns) : texts_(corpus), shop_(!columns.empty()) {
    if (!texts_) throw std::runtime_error("cannot read " + corpus);
    if (shop_) columns_.open(columns);
    if (shop_ && !columns_) throw std::runtime_error("cannot read " + columns);
  }
  bool next(ItemId& id, store::Item& item) {
    if (!std::getline(texts_, text_)) return false;
    id = ItemId{lines_++};
    item.title = text_;
    if (shop_) read_columns(item);
    return true;
  }
  std::uint64_t lines() const { return lines_; }

 private:
  void read_columns(store::Item& item) {
    if (!std::getline(columns_, row_)) throw std::runtime_error("fewer columns than texts");
    const std::size_t first = row_.find('\t'), second = row_.find('\t', first + 1);
    item.brand = row_.substr(0, first);
    item.category.assign(1, row_.substr(first + 1, second - first - 1));
    item.offers.resize(1);
    item.offers[0].amount = Decimal{std::stoll(row_.substr(second + 1)), 0};
  }
  std::ifstream texts_, columns_;
  bool shop_;
  std::string text_, row_;
  std::uint32_t lines_ = 0;
};

Built build(const std::string& corpus, const std::string& columns, const std::string& folder, bool bisected) {
  const auto index = expect(index::FieldIndex::open(folder, schema_of(!columns.empty()), kLanguage, false, kPlain));
  Lines lines(corpus, columns);
  expect(index->rebuild([&](ItemId& id, store::Item& item) { return lines.next(id, item); }, 1, 1, {}));
  if (bisected) expect(index->compact());
  Built built;
  built.documents = lines.lines();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) built.bytes += entry.file_size();
  return built;
}

class Souk final : public Side {
 public:
  Souk(const std::string& text, const std::string& shop, bool bisected)
      : engine_(bisected ? "souk-bp" : "souk"), index_(expect(index::FieldIndex::open(text, schema_of(false), kLanguage, true, kPlain))) {
    reader_ = index_->reader();
    if (shop.empty()) return;
    shop_index_ = expect(index::FieldIndex::open(shop, schema_of(true), kLanguage, true, kPlain));
    shop_reader_ = shop_index_->reader();
    shop_schema_ = shop_reader_->schema();
  }
  std::string engine() const override { return engine_; }
  std::string version() const override { return "0.1.0"; }
  std::uint64_t documents() const override { return reader_->size(); }
  bool has(const Cell& cell) const override { return !cell.shop || shop_reader_ != nullptr; }

  void answer(const Cell& cell, std::string_view line, Answer& answer) override {
    index::LexicalQuery query;
    query.match = cell.all_words ? index::Match::all : index::Match::any;
    query.one_per_group = false;
    query.k = cell.k;
    if (!cell.shop) {
      query.text = line;
      query.count = false;
      found_ = expect(reader_->search(query));
    } else {
      ask_for_facets(ShopQuery::parse(line), query);
      found_ = expect(shop_reader_->search(query));
      take_facets(answer);
    }
    for (const index::Hit& hit : found_.hits) answer.hits.push_back({index_of(hit.item), hit.score});
  }

 private:
  void ask_for_facets(const ShopQuery& asked, index::LexicalQuery& query) const {
    query.text = asked.words;
    query.facets = {"brand", "category", "price"};
    query.facet_values = 10;
    if (!asked.category.empty()) {
      query.filter = expect(index::facet_filter("category", {std::string(asked.category)}, *shop_schema_));
      return;
    }
    auto filter = std::make_shared<index::Filter>();
    filter->op = index::Filter::Op::range;
    filter->field = "price";
    filter->values = {static_cast<double>(asked.lowest), static_cast<double>(asked.highest)};
    query.filter = std::move(filter);
  }
  void take_facets(Answer& answer) const {
    answer.total = found_.total;
    const auto take = [](const index::FacetResult& facet, std::vector<FacetCount>& counts) {
      for (const index::FacetValue& value : facet.values) counts.push_back({value.value, value.count});
    };
    take(found_.facets.at("brand"), answer.brands);
    take(found_.facets.at("category"), answer.categories);
    const auto& stats = found_.facets.at("price").stats;
    if (!stats || stats->count == 0) return;
    answer.smallest = static_cast<std::int64_t>(stats->min);
    answer.largest = static_cast<std::int64_t>(stats->max);
    answer.price_sum = static_cast<std::int64_t>(stats->sum);
  }

  const char* engine_;
  std::unique_ptr<index::FieldIndex> index_, shop_index_;
  std::shared_ptr<const index::Reader> reader_, shop_reader_;
  std::shared_ptr<const index::Schema> shop_schema_;
  index::LexicalAnswer found_;  // names of facets point into it
};

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  using namespace souk::bench;
  const bool bisected = argc > 1 && std::string_view(argv[1]) == "--bisect";
  if (bisected) {
    argv[1] = argv[0];
    --argc;
    ++argv;
  }
  const auto built = [=](const std::string& corpus, const std::string& columns, const std::string& folder) {
    return build(corpus, columns, folder, bisected);
  };
  return peer_main(argc, argv,
                   {built, [=](const std::string& text, const std::string& shop) { return std::make_unique<Souk>(text, shop, bisected); }});
}
