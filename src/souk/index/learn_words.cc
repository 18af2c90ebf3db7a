#include "souk/index/learn_words.h"

#include "souk/index/values.h"

namespace souk::index {
namespace {

// Words as they stand: nothing is known yet of what they are made of.
std::shared_ptr<const text::Analyzer> analyzer_of(const std::string& language) {
  text::AnalyzerSettings settings;
  settings.stems = settings.units = settings.grams = false;
  return text::Analyzer::for_language(language, settings);
}

}  // namespace

WordLearner::WordLearner(const std::string& language) : language_(language), analyzer_(analyzer_of(language)), tokenizer_(*analyzer_) {}

void WordLearner::add(const store::Item& item) {
  ++items_;
  add_text(local_text(item, language_).title);
  for (const std::string& path : item.category) add_text(path);
}

void WordLearner::add_text(std::string_view text) {
  const std::span<const text::TokenRef> tokens = tokenizer_.analyze(text);
  if (tokenizer_.generation() != generation_) {
    keep_counts();
    generation_ = tokenizer_.generation();
  }
  for (std::size_t word = surfaces_.size(); word < tokenizer_.words(); ++word) {
    surfaces_.emplace_back(tokenizer_.surface(static_cast<std::uint32_t>(word)));
  }
  counts_.resize(surfaces_.size());
  for (const text::TokenRef& token : tokens) {
    Count& count = counts_[token.word];
    if (token.extra || token.kind != text::TokenKind::word || count.last == items_) continue;
    count.last = items_;
    ++count.items;
  }
}

void WordLearner::keep_counts() {
  for (std::size_t word = 0; word < surfaces_.size(); ++word) {
    if (counts_[word].items > 0) words_.push_back({std::move(surfaces_[word]), counts_[word].items});
  }
  surfaces_.clear();
  counts_.clear();
}

LearnedWords WordLearner::learn() {
  keep_counts();
  return {text::Compounds::learn(language_, words_), items_};
}

}  // namespace souk::index
