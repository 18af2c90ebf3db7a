// What compounds are made of, learned from the items of a shop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/store/records.h"
#include "souk/text/analyzer.h"
#include "souk/text/compounds.h"

namespace souk::index {

struct LearnedWords {
  std::shared_ptr<const text::Compounds> compounds = nullptr;  // null: none are split
  std::uint64_t items = 0;                                     // that they were learned from
};

// Counts in how many items each word stands: of titles and categories, where things are called by their names. What descriptions say
// besides makes longer words of two that mean something else.
class WordLearner {  // not thread-safe
 public:
  explicit WordLearner(const std::string& language);
  void add(const store::Item& item);
  LearnedWords learn();  // once; nothing in a language that does not write compounds as one word

 private:
  struct Count {
    std::uint32_t items = 0;
    std::uint64_t last = 0;  // the number of the item that was counted last
  };
  void add_text(std::string_view text);
  void keep_counts();

  const std::string language_;
  const std::shared_ptr<const text::Analyzer> analyzer_;
  text::Tokenizer tokenizer_;
  std::uint64_t generation_ = 0, items_ = 0;
  std::vector<std::string> surfaces_;   // of the tokenizer's words
  std::vector<Count> counts_;           // beside them
  std::vector<text::WordCount> words_;  // of generations before
};

}  // namespace souk::index
