// A lexical index for tests of what stands above it: a handful of items in memory, matched in the plainest way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cctype>
#include <memory>
#include <optional>
#include <roaring/roaring.hh>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "souk/index/field_index.h"

namespace souk::testing {

struct FakeItem {  // ItemId: the place in the list
  std::string title;
  std::string category, brand, group;
  std::optional<Timestamp> released;
  bool shown = true;
};

class FakeReader final : public index::Reader {
 public:
  explicit FakeReader(std::vector<FakeItem> items) : items_(std::move(items)) {}

  mutable std::atomic<int> matched{0};         // calls of matching()
  mutable index::LexicalQuery last;            // of the last search()
  std::vector<index::Completion> completions;  // what complete() answers, cut to k

  // Scores the number of the query's words in the title, plus the prior. Sorts by `released`, missing last, when any sort is asked for.
  Result<index::LexicalAnswer> search(const index::LexicalQuery& query) const override {
    last = query;
    struct Found {
      ItemId item;
      float score;
      Timestamp released;
    };
    std::vector<Found> found;
    const auto wanted = words(query.text);
    for (std::uint32_t id = 0; id < items_.size(); ++id) {
      const auto own = words(items_[id].title);
      const auto hits = std::count_if(wanted.begin(), wanted.end(), [&](const auto& word) { return own.contains(word); });
      const bool excluded = std::find(query.exclude.begin(), query.exclude.end(), ItemId{id}) != query.exclude.end();
      if (!items_[id].shown || excluded || static_cast<std::size_t>(hits) < wanted.size() || !holds(query.filter.get(), items_[id]))
        continue;
      const float prior = id < query.prior.size() ? query.prior[id] : 0;
      found.push_back({ItemId{id}, static_cast<float>(hits) + prior, items_[id].released.value_or(INT64_MIN)});
    }
    std::stable_sort(found.begin(), found.end(),
                     [&](const Found& a, const Found& b) { return query.sort.empty() ? a.score > b.score : a.released > b.released; });
    index::LexicalAnswer answer;
    answer.total = found.size();
    for (std::size_t i = query.offset; i < found.size() && answer.hits.size() < query.k; ++i)
      answer.hits.push_back({found[i].item, found[i].score});
    return answer;
  }

  Result<index::Explanation> explain(const index::LexicalQuery&, ItemId) const override { return index::Explanation{}; }

  Result<Roaring> matching(const index::FilterPtr& filter, std::string_view, Timestamp, std::span<const index::StatColumn>) const override {
    ++matched;
    Roaring result;
    for (std::uint32_t id = 0; id < items_.size(); ++id) {
      if (items_[id].shown && holds(filter.get(), items_[id])) result.add(id);
    }
    return result;
  }

  // The share of words two titles have in common (Jaccard).
  std::vector<index::Hit> similar_text(ItemId item, std::size_t k, const Roaring* allowed) const override {
    std::vector<index::Hit> hits;
    if (!shown(item)) return hits;
    const auto own = words(items_[index_of(item)].title);
    for (std::uint32_t id = 0; id < items_.size(); ++id) {
      if (!items_[id].shown || group_of(ItemId{id}) == group_of(item) || (allowed != nullptr && !allowed->contains(id))) continue;
      auto all = words(items_[id].title);
      const auto common = std::count_if(all.begin(), all.end(), [&](const auto& word) { return own.contains(word); });
      all.insert(own.begin(), own.end());
      if (common > 0) hits.push_back({ItemId{id}, static_cast<float>(common) / static_cast<float>(all.size())});
    }
    std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    if (hits.size() > k) hits.resize(k);
    return hits;
  }

  std::vector<index::Completion> complete(std::string_view, std::size_t k) const override {
    return {completions.begin(), completions.begin() + static_cast<std::ptrdiff_t>(std::min(k, completions.size()))};
  }

  std::string_view keyword(ItemId item, std::string_view field) const override {
    return index_of(item) < items_.size() ? value(items_[index_of(item)], field) : std::string_view();
  }

  std::optional<double> number(ItemId item, std::string_view field) const override {
    if (index_of(item) >= items_.size() || field != "released") return std::nullopt;
    const auto released = items_[index_of(item)].released;
    return released ? std::optional(static_cast<double>(*released)) : std::nullopt;
  }

  std::uint32_t group_of(ItemId item) const override {
    for (std::uint32_t id = 0; index_of(item) < items_.size() && id < items_.size(); ++id) {
      if (!items_[id].group.empty() && items_[id].group == items_[index_of(item)].group) return id;
    }
    return index_of(item);
  }

  bool shown(ItemId item) const override { return index_of(item) < items_.size() && items_[index_of(item)].shown; }
  std::uint64_t size() const override { return items_.size(); }
  Seq through_seq() const override { return 0; }
  std::shared_ptr<const index::Schema> schema() const override { return schema_; }
  std::shared_ptr<const text::Analyzer> analyzer() const override { return text::Analyzer::for_language("en"); }

 private:
  static std::string folded(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  }
  static std::set<std::string> words(std::string_view text) {
    std::istringstream stream(folded(text));
    std::set<std::string> result;
    for (std::string word; stream >> word;) result.insert(word);
    return result;
  }
  static std::string_view value(const FakeItem& item, std::string_view field) {
    return field == "category" ? std::string_view(item.category)
           : field == "brand"  ? std::string_view(item.brand)
           : field == "group"  ? std::string_view(item.group)
                               : std::string_view();
  }

  // What the tests' filters need: AND, OR, NOT, equality of keywords, categories with their ancestors, released <= time.
  static bool holds(const index::Filter* filter, const FakeItem& item) {
    using Op = index::Filter::Op;
    if (filter == nullptr) return true;
    const auto child = [&](const auto& each) { return holds(each.get(), item); };
    const auto& children = filter->children;
    if (filter->op == Op::all) return std::all_of(children.begin(), children.end(), child);
    if (filter->op == Op::any) return std::any_of(children.begin(), children.end(), child);
    if (filter->op == Op::none_of) return std::none_of(children.begin(), children.end(), child);
    if (filter->op == Op::less_equal) return item.released && static_cast<double>(*item.released) <= std::get<double>(filter->values.at(0));
    return std::any_of(filter->values.begin(), filter->values.end(), [&](const index::Filter::Value& wanted) {
      const std::string own = folded(value(item, filter->field)), text = std::get<std::string>(wanted);
      return own == text || (filter->field == "category" && own.starts_with(text + " > "));
    });
  }

  std::vector<FakeItem> items_;
  std::shared_ptr<const index::Schema> schema_ = std::make_shared<index::Schema>(index::Schema::defaults());
};

}  // namespace souk::testing
