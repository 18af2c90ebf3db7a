// A real lexical index of a few items, in memory, and the view of a shop around it.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "souk/search/query_reader.h"
#include "souk/search/search.h"
#include "souk/shelf/shelf.h"

#include "tests/support/data.h"

namespace souk::search::testing {

struct SmallItem {
  std::string title;
  std::string brand = {}, group = {}, category = {};
};

class SmallIndex {
 public:
  explicit SmallIndex(const std::vector<SmallItem>& items) {
    // Read-only and of a folder that does not exist: nothing reaches the disk.
    auto opened = index::FieldIndex::open(dir_ / "none", index::Schema::defaults(), "en", true);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
    index_ = std::move(*opened);
    std::vector<store::Item> made(items.size());
    std::vector<index::FieldIndex::Put> puts;
    for (std::size_t i = 0; i < items.size(); ++i) {
      made[i].key = "i" + std::to_string(i);
      made[i].title = items[i].title;
      made[i].brand = items[i].brand;
      made[i].group = items[i].group;
      if (!items[i].category.empty()) made[i].category = {items[i].category};
      puts.push_back({ItemId{static_cast<std::uint32_t>(i)}, &made[i]});
    }
    EXPECT_TRUE(index_->update(puts, 1));
    view.lexical = index_->reader();
    view.schema = view.lexical->schema();
  }
  const index::Reader& reader() const { return *view.lexical; }

  shelf::ShopView view;

 private:
  souk::testing::TempDir dir_;
  std::unique_ptr<index::FieldIndex> index_;
};

// Synonyms in English, of the table [search.synonyms].
inline QueryReader reader_with(const std::string& synonyms = {}) {
  const auto analyzer = text::Analyzer::for_language("en");
  const auto config = Config::parse("[search.synonyms]\n" + synonyms, "shop.toml");
  EXPECT_TRUE(config) << (config ? "" : config.error().message());
  auto read = Synonyms::from_config(config->table("search"), *analyzer);
  EXPECT_TRUE(read) << (read ? "" : read.error().message());
  return {analyzer, read ? *std::move(read) : Synonyms(), "en"};
}

inline std::vector<std::uint32_t> ids(const std::vector<index::Hit>& hits) {
  std::vector<std::uint32_t> result;
  for (const index::Hit& hit : hits) result.push_back(index_of(hit.item));
  return result;
}

}  // namespace souk::search::testing
