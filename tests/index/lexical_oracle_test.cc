// The lexical index against brute force over random catalogues: equal hits, equal bits of scores, equal totals and facets.
#include <array>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <roaring/roaring.hh>
#include <set>

#include "souk/base/random.h"
#include "souk/index/field_index.h"
#include "souk/text/analyzer.h"

#include "tests/support/data.h"

namespace souk::index {
namespace {

using Catalogue = std::map<std::uint32_t, store::Item>;

constexpr std::array kWords = {"red", "blue", "tea", "teapot", "Green", "milk", "oat", "the", "kettles", "Café", "x100", "running"};

std::string some_words(Random& random, std::size_t most) {
  std::string text;
  for (std::size_t n = random.below(most + 1); n > 0; --n) {
    const std::uint64_t a = random.below(kWords.size()), b = random.below(kWords.size());
    text += std::string(text.empty() ? "" : " ") + kWords[std::min(a, b)];  // the first ones are common
  }
  return text;
}

store::Item random_item(Random& random, std::uint32_t id) {
  store::Item item;
  item.key = fmt::format("key-{}", id);
  if (random.below(10) > 0) item.title = "Item " + some_words(random, 6);
  item.description = some_words(random, 12);
  item.brand = std::array{"", "Acme", "ACME", "Nestlé", "Best & Co"}[random.below(5)];
  for (std::uint64_t n = random.below(3); n > 0; --n) {
    item.category.push_back(std::array{"Food", "Food > Tea", "Food > Tea > Green", "Home > Kitchen"}[random.below(4)]);
  }
  if (random.below(2) == 0) item.group = fmt::format("g{}", random.below(20));
  for (std::uint64_t n = random.below(3); n > 0; --n)
    item.attributes["colour"].emplace_back(std::array{"red", "Blue", "green"}[random.below(3)]);
  if (item.attributes.contains("colour") && item.attributes["colour"].size() == 2 &&
      item.attributes["colour"][0] == item.attributes["colour"][1]) {
    item.attributes["colour"].pop_back();
  }
  if (random.below(3) > 0) item.attributes["weight"] = {static_cast<double>(random.below(10))};
  if (random.below(3) > 0) item.attributes["organic"] = {random.below(2) == 0};
  if (random.below(5) > 0) {
    store::Offer offer;
    offer.amount = Decimal{static_cast<std::int64_t>(random.below(2000)), 2};
    offer.availability = static_cast<store::Availability>(random.below(5));
    item.offers.push_back(offer);
  }
  return item;
}

std::vector<std::string> words_in(const store::Item& item, const std::string& field) {
  static const auto analyzer = text::Analyzer::for_language("en");
  std::vector<std::string> terms;
  const auto add = [&](const std::string& text) {
    for (text::Token& token : analyzer->analyze(text)) terms.push_back(std::move(token.term));
  };
  if (field == "title") add(item.title);
  if (field == "brand") add(item.brand);
  if (field == "description") add(item.description);
  if (field == "category") {
    for (const std::string& path : item.category) add(path);
  }
  return terms;
}

std::set<std::string> values_of(const store::Item& item, const std::string& field) {
  std::set<std::string> values;
  if (field == "brand" && !item.brand.empty()) values.insert(text::fold(item.brand));
  if (field == "category") {
    for (const std::string& path : item.category) {
      for (std::size_t cut = path.find(" > "); cut != std::string::npos; cut = path.find(" > ", cut + 1))
        values.insert(text::fold(path.substr(0, cut)));
      values.insert(text::fold(path));
    }
  }
  if (field == "availability" && !item.offers.empty()) values.insert(std::string(store::name_of(item.offers[0].availability)));
  if (field == "attributes.colour" && item.attributes.contains("colour")) {
    for (const store::Value& value : item.attributes.at("colour")) values.insert(text::fold(std::get<std::string>(value)));
  }
  if (field == "attributes.organic" && item.attributes.contains("organic")) {
    values.insert(std::get<bool>(item.attributes.at("organic")[0]) ? "true" : "false");
  }
  return values;
}

std::optional<double> number_of(const store::Item& item, const std::string& field) {
  if (field == "price" && !item.offers.empty()) return item.offers[0].amount.to_double();
  if (field == "attributes.weight" && item.attributes.contains("weight")) return std::get<double>(item.attributes.at("weight")[0]);
  return std::nullopt;
}

bool holds(const Filter& filter, const store::Item& item) {
  using enum Filter::Op;
  const auto each = [&](const FilterPtr& child) { return holds(*child, item); };
  if (filter.op == all) return std::all_of(filter.children.begin(), filter.children.end(), each);
  if (filter.op == any) return std::any_of(filter.children.begin(), filter.children.end(), each);
  if (filter.op == none_of) return !each(filter.children[0]);
  if (filter.field == "price" || filter.field == "attributes.weight") {
    const auto number = number_of(item, filter.field);
    if (!number || filter.op == exists) return number.has_value();
    const double first = std::get<double>(filter.values[0]);
    if (filter.op == less) return *number < first;
    if (filter.op == greater_equal) return *number >= first;
    if (filter.op == range) return *number >= first && *number <= std::get<double>(filter.values[1]);
    return *number == first;
  }
  const std::set<std::string> values = values_of(item, filter.field);
  if (filter.op == exists) return !values.empty();
  return std::any_of(filter.values.begin(), filter.values.end(), [&](const Filter::Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return values.contains(*flag ? "true" : "false");
    return values.contains(std::get<std::string>(value));
  });
}

std::string random_filter(Random& random, int depth = 2) {
  if (depth > 0 && random.below(2) == 0) {
    const std::string a = random_filter(random, depth - 1), b = random_filter(random, depth - 1);
    const std::uint64_t kind = random.below(3);
    return kind == 0 ? "(" + a + " AND " + b + ")" : kind == 1 ? "(" + a + " OR " + b + ")" : "NOT (" + a + ")";
  }
  constexpr std::array kTests = {"brand = acme",
                                 "brand != nestle",
                                 "brand IN [\"best & co\", acme]",
                                 "category = food",
                                 "category = 'Food > Tea'",
                                 "colour = RED",
                                 "colour EXISTS",
                                 "price < 10",
                                 "price 5 TO 15",
                                 "weight >= 5",
                                 "NOT weight EXISTS",
                                 "organic = true",
                                 "availability IN [in_stock, preorder]",
                                 "weight = 3"};
  return kTests[random.below(kTests.size())];
}

// Scores, choice of words, collapse, facets: all as the contract says, by the slowest way.
class Oracle {
 public:
  Oracle(const Catalogue& catalogue, const Schema& schema) : catalogue_(catalogue) {
    for (const Field& field : schema.fields()) {
      if (field.search <= 0) continue;
      double total = 0;
      for (const auto& [id, item] : catalogue) {
        words_[&item].push_back(words_in(item, field.name));
        total += static_cast<double>(words_[&item].back().size());
      }
      fields_.emplace_back(field.name, field.search);
      averages_.push_back(static_cast<float>(total / static_cast<double>(catalogue.size())));
    }
  }

  LexicalAnswer search(const LexicalQuery& query) const {
    LexicalAnswer answer;
    std::vector<std::string> words;
    for (text::Token& token : text::Analyzer::for_language("en")->analyze(query.text)) {
      if (std::find(words.begin(), words.end(), token.term) == words.end()) words.push_back(std::move(token.term));
    }
    if (words.empty() && !query.text.empty()) return answer;
    const std::vector<std::string> kept = keep(words, query);
    std::map<std::string, std::pair<float, std::uint32_t>> best;  // by group
    std::map<std::string, std::map<std::string, std::set<std::string>>> counts;
    for (const auto& [id, item] : catalogue_) {
      if (!matches(item, kept, query)) continue;
      const std::string group = query.one_per_group && !item.group.empty() ? "g:" + item.group : fmt::format("i:{}", id);
      if (passes(item, query, "")) {
        const float score = score_of(item, kept);
        const auto [slot, fresh] = best.try_emplace(group, score, id);
        if (!fresh && score > slot->second.first) slot->second = {score, id};
      }
      for (const std::string& facet : query.facets) {
        if (!passes(item, query, facet)) continue;
        for (const std::string& value : values_of(item, facet)) counts[facet][value].insert(group);
        if (const auto number = number_of(item, facet)) add(answer.facets[facet].stats, *number);
      }
    }
    answer.total = best.size();
    for (const auto& [group, hit] : best) answer.hits.push_back({ItemId{hit.second}, hit.first});
    std::sort(answer.hits.begin(), answer.hits.end(),
              [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.item < b.item; });
    answer.hits.resize(std::min(answer.hits.size(), query.k));
    for (const auto& [facet, values] : counts) {
      for (const auto& [value, groups] : values) answer.facets[facet].values.push_back({value, groups.size()});
      auto& list = answer.facets[facet].values;
      std::stable_sort(list.begin(), list.end(), [](const FacetValue& a, const FacetValue& b) { return a.count > b.count; });
    }
    return answer;
  }

 private:
  static void add(std::optional<FacetStats>& stats, double number) {
    if (!stats) stats = FacetStats{number, number, 0, 0};
    *stats = {std::min(stats->min, number), std::max(stats->max, number), stats->sum + number, stats->count + 1};
  }
  bool has(const store::Item& item, const std::string& word) const {
    const auto& fields = words_.at(&item);
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& words) { return std::find(words.begin(), words.end(), word) != words.end(); });
  }
  bool passes(const store::Item& item, const LexicalQuery& query, const std::string& but) const {
    if (item.title.empty() || (query.filter != nullptr && !holds(*query.filter, item))) return false;
    return std::all_of(query.facet_filters.begin(), query.facet_filters.end(),
                       [&](const auto& choice) { return choice.first == but || holds(*choice.second, item); });
  }
  bool matches(const store::Item& item, const std::vector<std::string>& words, const LexicalQuery& query) const {
    const auto one = [&](const std::string& word) { return has(item, word); };
    if (query.match == Match::any) return words.empty() || std::any_of(words.begin(), words.end(), one);
    return std::all_of(words.begin(), words.end(), one);
  }
  std::size_t frequency(const std::string& word) const {
    return static_cast<std::size_t>(
        std::count_if(catalogue_.begin(), catalogue_.end(), [&](const auto& pair) { return has(pair.second, word); }));
  }
  std::vector<std::string> keep(std::vector<std::string> words, const LexicalQuery& query) const {
    if (query.match != Match::automatic) return words;
    std::vector<std::string> known;
    std::copy_if(words.begin(), words.end(), std::back_inserter(known), [&](const std::string& word) { return frequency(word) > 0; });
    if (known.empty()) return words;
    const auto found = [&](const std::vector<std::string>& some) {
      return std::any_of(catalogue_.begin(), catalogue_.end(),
                         [&](const auto& pair) { return matches(pair.second, some, query) && passes(pair.second, query, ""); });
    };
    for (std::vector<std::string> left = known; !left.empty();) {
      if (found(left)) return left;
      auto rarest = left.begin();  // the last of equally common ones goes first
      for (auto word = left.begin(); word != left.end(); ++word) {
        if (frequency(*word) <= frequency(*rarest)) rarest = word;
      }
      left.erase(rarest);
    }
    return known;
  }
  float score_of(const store::Item& item, const std::vector<std::string>& words) const {
    constexpr float k1 = 1.2F, b = 0.75F;
    float score = 0;
    for (const std::string& word : words) {
      float weighted = 0;
      for (std::size_t f = 0; f < fields_.size(); ++f) {
        const auto& in_field = words_.at(&item)[f];
        const auto count = std::count(in_field.begin(), in_field.end(), word);
        if (count == 0) continue;
        weighted += static_cast<float>(count) * (fields_[f].second / (1 - b + b * static_cast<float>(in_field.size()) / averages_[f]));
      }
      if (weighted == 0) continue;
      const double n = static_cast<double>(catalogue_.size()), df = static_cast<double>(frequency(word));
      const auto idf = static_cast<float>(std::log(1 + (n - df + 0.5) / (df + 0.5)));
      score += idf * (weighted * (k1 + 1)) / (weighted + k1);
    }
    return score;
  }

  const Catalogue& catalogue_;
  std::map<const store::Item*, std::vector<std::vector<std::string>>> words_;  // by item and searched field
  std::vector<std::pair<std::string, float>> fields_;
  std::vector<float> averages_;
};

LexicalQuery random_query(Random& random, const Schema& schema) {
  LexicalQuery query;
  query.text = some_words(random, 4);
  if (random.below(6) == 0) query.text += " unheard";
  query.match = static_cast<Match>(random.below(3));
  query.one_per_group = random.below(2) == 0;
  query.k = 1 + random.below(30);
  query.facet_values = 1000;
  if (random.below(2) == 0) query.filter = parse_filter(random_filter(random), schema).value();
  if (random.below(2) == 0) query.facet_filters["brand"] = facet_filter("brand", {"acme", "nestle"}, schema).value();
  if (random.below(3) == 0) query.facet_filters["price"] = parse_filter("price < 12", schema).value();
  if (random.below(3) == 0) query.facet_filters["category"] = facet_filter("category", {"Food > Tea"}, schema).value();
  query.facets = {"brand", "category", "price", "availability", "attributes.colour", "attributes.organic", "attributes.weight"};
  return query;
}

void expect_equal(const LexicalAnswer& got, const LexicalAnswer& wanted, const std::string& what, bool scores) {
  ASSERT_EQ(got.total, wanted.total) << what;
  if (scores) {
    ASSERT_EQ(got.hits.size(), wanted.hits.size()) << what;
    for (std::size_t i = 0; i < got.hits.size(); ++i) {
      ASSERT_EQ(got.hits[i].item, wanted.hits[i].item) << what << " at " << i;
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got.hits[i].score), std::bit_cast<std::uint32_t>(wanted.hits[i].score)) << what << " at " << i;
    }
  }
  for (const auto& [name, facet] : got.facets) {
    const auto expected = wanted.facets.contains(name) ? wanted.facets.at(name) : FacetResult();
    ASSERT_EQ(facet.values.size(), expected.values.size()) << what << ' ' << name;
    for (std::size_t i = 0; i < facet.values.size(); ++i) {
      ASSERT_EQ(text::fold(facet.values[i].value), expected.values[i].value) << what << ' ' << name;
      ASSERT_EQ(facet.values[i].count, expected.values[i].count) << what << ' ' << name << ' ' << facet.values[i].value;
    }
    if (!facet.stats) continue;
    const FacetStats none;
    const FacetStats& stats = expected.stats ? *expected.stats : none;
    ASSERT_EQ(facet.stats->count, stats.count) << what << ' ' << name;
    ASSERT_EQ(facet.stats->min, stats.min) << what << ' ' << name;
    ASSERT_EQ(facet.stats->max, stats.max) << what << ' ' << name;
    ASSERT_NEAR(facet.stats->sum, stats.sum, 1e-6) << what << ' ' << name;
  }
}

void compare(const FieldIndex& index, const Catalogue& catalogue, Random& random, int queries, bool scores) {
  const auto reader = index.reader();
  ASSERT_EQ(reader->size(), catalogue.size());
  const Oracle oracle(catalogue, *reader->schema());
  for (int q = 0; q < queries; ++q) {
    const LexicalQuery query = random_query(random, *reader->schema());
    const std::string what = fmt::format("'{}' match {} filter {}", query.text, static_cast<int>(query.match),
                                         query.filter == nullptr ? "none" : query.filter->to_string());
    const auto got = reader->search(query);
    ASSERT_TRUE(got.has_value()) << got.error().message();
    // Which of equally good words goes depends on statistics, which remember hidden documents: then only `all` and `any` are certain.
    if (!scores && query.match == Match::automatic) continue;
    expect_equal(*got, oracle.search(query), what, scores);
    if (::testing::Test::HasFatalFailure()) return;
    if (query.filter == nullptr) continue;
    const auto matching = reader->matching(query.filter, "", 0);
    for (const auto& [id, item] : catalogue) {
      ASSERT_EQ(matching->contains(id), !item.title.empty() && holds(*query.filter, item)) << what << " item " << id;
    }
  }
}

class LexicalOracle : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  LexicalOracle() : random_(GetParam()) { reopen(); }
  void reopen() {
    index_.reset();
    auto opened = FieldIndex::open(dir_ / "segments", Schema::defaults(), "en", false);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    index_ = std::move(*opened);
  }
  void update(std::size_t changes, bool fresh_only) {
    std::vector<store::Item> items(changes);
    std::vector<FieldIndex::Put> puts;
    for (store::Item& item : items) {
      const bool fresh = fresh_only || random_.below(2) == 0 || catalogue_.empty();
      const auto id = static_cast<std::uint32_t>(fresh ? 3 * next_++ : 3 * random_.below(next_));
      if (!fresh && random_.below(3) == 0) {
        puts.push_back({ItemId{id}, nullptr});
        catalogue_.erase(id);
        continue;
      }
      item = random_item(random_, id);
      puts.push_back({ItemId{id}, &item});
      catalogue_[id] = item;
    }
    ASSERT_TRUE(index_->update(puts, ++seq_).has_value());
  }
  void rebuild(unsigned threads) {
    auto next = catalogue_.begin();
    const auto status = index_->rebuild(
        [&](ItemId& id, store::Item& item) {
          if (next == catalogue_.end()) return false;
          id = ItemId{next->first};
          item = next->second;
          ++next;
          return true;
        },
        ++seq_, threads);
    ASSERT_TRUE(status.has_value()) << status.error().message();
  }

  testing::TempDir dir_;
  Random random_;
  std::unique_ptr<FieldIndex> index_;
  Catalogue catalogue_;
  std::uint32_t next_ = 0;
  Seq seq_ = 0;
};

TEST_P(LexicalOracle, AgreesAfterARebuildByAnyNumberOfThreads) {
  for (std::uint32_t id = 0; id < 150; ++id) catalogue_[id * 2] = random_item(random_, id * 2);
  for (const unsigned threads : {1U, 3U}) {
    rebuild(threads);
    compare(*index_, catalogue_, random_, 40, true);
    reopen();
    EXPECT_EQ(index_->reader()->through_seq(), seq_);
    compare(*index_, catalogue_, random_, 10, true);
  }
}

TEST_P(LexicalOracle, AgreesOverManySegments) {
  for (int round = 0; round < 40; ++round) update(1 + random_.below(6), true);
  compare(*index_, catalogue_, random_, 40, true);
  ASSERT_TRUE(index_->flush().has_value());
  for (int round = 0; round < 5; ++round) update(2, true);
  compare(*index_, catalogue_, random_, 20, true);
}

TEST_P(LexicalOracle, AgreesAfterReplacementsAndRemovals) {
  for (int round = 0; round < 60; ++round) {
    update(1 + random_.below(8), false);
    if (random_.below(8) == 0) {
      ASSERT_TRUE(index_->flush().has_value());
    }
    if (round % 10 == 9) compare(*index_, catalogue_, random_, 10, false);
  }
  ASSERT_TRUE(index_->flush().has_value());
  EXPECT_TRUE(index_->verify().has_value());
  reopen();
  EXPECT_EQ(index_->reader()->through_seq(), seq_);
  compare(*index_, catalogue_, random_, 30, false);
  rebuild(2);
  compare(*index_, catalogue_, random_, 10, true);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LexicalOracle, ::testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace souk::index
