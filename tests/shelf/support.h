// Nodes whose answers a test writes down, and plans made from TOML.
#pragma once

#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "souk/shelf/plan.h"

#include "tests/support/fake_shop.h"

namespace souk::shelf::testing {

using souk::testing::FakeItem;
using souk::testing::FakeShop;
using souk::testing::plain_items;

// Answers the items given in its settings, best first, whatever is asked: `items = [1, 2]`. Ignores filter and exclusions on purpose.
class Fixed final : public Retriever {
 public:
  explicit Fixed(std::vector<double> items) : items_(std::move(items)) {}
  Result<Candidates> retrieve(const Request&, std::size_t k, const Roaring*, const ShopView&) const override {
    Candidates candidates;
    const std::uint16_t source = candidates.source("fixed");
    for (std::size_t i = 0; i < items_.size() && i < k; ++i) {
      const auto score = static_cast<float>(items_.size() - i);
      candidates.add(ItemId{static_cast<std::uint32_t>(items_[i])}, score, {source, score, kNoItem});
    }
    return candidates;
  }

 private:
  std::vector<double> items_;
};

inline Result<std::unique_ptr<Retriever>> make_fixed(const Config& settings) {
  SOUK_CHECK(settings.only({"items"}));
  SOUK_TRY(auto items, settings.numbers("items", {}));
  return std::make_unique<Fixed>(std::move(items));
}

class Failing final : public Retriever {
 public:
  Result<Candidates> retrieve(const Request&, std::size_t, const Roaring*, const ShopView&) const override {
    return fail(ErrorKind::io, "the disk is gone");
  }
};

// Finds every item, and says that it applies the filter by itself.
class SelfFiltering final : public Retriever {
 public:
  Result<Candidates> retrieve(const Request& request, std::size_t k, const Roaring* allowed, const ShopView& view) const override {
    EXPECT_EQ(allowed, nullptr);
    index::LexicalQuery query;
    query.text = request.query;
    query.filter = request.filter;
    query.sort = request.lexical.sort;
    query.exclude = request.exclude;
    query.k = k;
    SOUK_TRY(auto answer, view.lexical->search(query));
    Candidates candidates;
    for (const index::Hit& hit : answer.hits) candidates.add(hit.item, hit.score, {candidates.source("self"), hit.score, kNoItem});
    candidates.lexical = std::move(answer);
    return candidates;
  }
  bool filters_itself() const override { return true; }
  Result<std::optional<index::Explanation>> explain(const Request& request, ItemId item, const ShopView&) const override {
    return std::optional(index::Explanation{1, "asked for \"" + request.query + "\"", {{static_cast<float>(index_of(item)), "part", {}}}});
  }
};

class ScoreById final : public Scorer {
 public:
  Status score(const Request&, Candidates& candidates, const ShopView&) const override {
    for (std::size_t i = 0; i < candidates.size(); ++i) candidates.scores[i] = static_cast<float>(index_of(candidates.items[i]));
    return {};
  }
};

class Reverse final : public Arranger {
 public:
  Status arrange(const Request&, Candidates& candidates, const ShopView&) const override {
    std::vector<std::uint32_t> order;
    for (auto at = static_cast<std::uint32_t>(candidates.size()); at > 0; --at) order.push_back(at - 1);
    candidates.keep(order);
    return {};
  }
};

// Leaves out the last concept, again and again, until two items are found.
class DropLast final : public Relaxer {
 public:
  std::size_t enough() const override { return 2; }
  Result<std::optional<Relaxed>> relax(const Request& request, std::size_t, const ShopView&, const Count& count) const override {
    Relaxed relaxed{request, {}};
    while (relaxed.request.concepts.size() > 1) {
      relaxed.dropped.insert(relaxed.dropped.begin(), relaxed.request.concepts.back().text);
      relaxed.request.concepts.pop_back();
      relaxed.request.query.clear();
      for (const Concept& kept : relaxed.request.concepts) relaxed.request.query += kept.text + " ";
      SOUK_TRY(const std::size_t found, count(relaxed.request, 2));
      if (found >= 2) return std::optional(std::move(relaxed));
    }
    return std::optional<Relaxed>();
  }
};

// What words a request asks for, when every word is a concept of its own.
inline std::vector<Concept> concepts_of(const std::vector<std::string>& words) {
  std::vector<Concept> concepts;
  for (const std::string& word : words) {
    concepts.emplace_back();
    concepts.back().text = word;
    concepts.back().words = {word};
  }
  return concepts;
}

// Keeps every other candidate, from the first on.
class EveryOther final : public Arranger {
 public:
  Status arrange(const Request&, Candidates& candidates, const ShopView&) const override {
    std::vector<std::uint32_t> kept;
    for (std::uint32_t at = 0; at < candidates.size(); at += 2) kept.push_back(at);
    candidates.keep(kept);
    return {};
  }
  bool keeps_order() const override { return true; }
};

inline Registry test_registry() {
  Registry registry;
  for (const char* name : {"one", "two", "three"}) registry.add_retriever(name, "answers its settings", make_fixed);
  registry.add_retriever("failing", "never answers",
                         [](const Config&) -> Result<std::unique_ptr<Retriever>> { return std::make_unique<Failing>(); });
  registry.add_retriever("self", "filters by itself",
                         [](const Config&) -> Result<std::unique_ptr<Retriever>> { return std::make_unique<SelfFiltering>(); });
  registry.add_relaxer("drop-last", "leaves out the last",
                       [](const Config&) -> Result<std::unique_ptr<Relaxer>> { return std::make_unique<DropLast>(); });
  registry.add_scorer("by-id", "the higher the id the better",
                      [](const Config&) -> Result<std::unique_ptr<Scorer>> { return std::make_unique<ScoreById>(); });
  registry.add_arranger("reverse", "the last first",
                        [](const Config&) -> Result<std::unique_ptr<Arranger>> { return std::make_unique<Reverse>(); });
  registry.add_arranger("every-other", "drops half",
                        [](const Config&) -> Result<std::unique_ptr<Arranger>> { return std::make_unique<EveryOther>(); });
  return registry;
}

// The plan of [shelves.s], with `body` the lines below that heading (so that its first line is line 2 of "shop.toml").
inline Result<std::shared_ptr<const Plan>> make_plan(const std::string& body) {
  SOUK_TRY(const Config config, Config::parse("[shelves.s]\n" + body, "shop.toml"));
  SOUK_TRY(const ShelfSpec spec, ShelfSpec::from_config("s", config.table("shelves.s")));
  return Plan::make(spec, test_registry(), index::Schema::defaults());
}

inline std::string message_of(const std::string& body) {
  const auto plan = make_plan(body);
  return plan ? "no error" : plan.error().message();
}

inline std::vector<std::uint32_t> ids(const Candidates& candidates) {
  std::vector<std::uint32_t> result;
  for (const ItemId item : candidates.items) result.push_back(index_of(item));
  return result;
}

}  // namespace souk::shelf::testing
