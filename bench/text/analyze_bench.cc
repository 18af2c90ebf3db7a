// Analysing product titles and descriptions, in bytes per processor second of one thread: a tokenizer that has met the words, as when an
// index is built; one that has not; tokens as strings; a query. SOUK_TEXT names a file with one text a line to take instead of the made
// ones.
#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>

#include "souk/base/random.h"
#include "souk/text/analyzer.h"

namespace souk::text {
namespace {

constexpr std::size_t kTexts = 20'000;

// Titles of 12 words by Zipf's law out of `words`, every fifth of them a code or a quantity.
std::vector<std::string> made_texts(std::string_view letters, std::size_t shortest, std::size_t longest) {
  Random random(1);
  std::vector<std::string> alphabet;
  for (std::size_t i = 0; i < letters.size();) {
    const std::size_t begin = i++;
    while (i < letters.size() && (static_cast<unsigned char>(letters[i]) & 0xC0U) == 0x80U) ++i;
    alphabet.emplace_back(letters.substr(begin, i - begin));
  }
  std::vector<std::string> words(20'000);
  for (std::string& word : words) {
    for (std::size_t n = shortest + random.below(longest - shortest + 1); n > 0; --n) word += alphabet[random.below(alphabet.size())];
  }
  std::vector<std::string> texts(kTexts);
  for (std::string& text : texts) {
    for (int i = 0; i < 12; ++i) {
      const auto rank =
          std::min(words.size() - 1, static_cast<std::size_t>(std::pow(static_cast<double>(words.size()), random.uniform()) - 1));
      text += words[rank] + (random.below(8) == 0 ? ", " : " ");
      if (random.below(5) == 0) text += fmt::format("{}{} ", random.below(500), random.below(2) == 0 ? " GB" : "XM4");
    }
  }
  return texts;
}

const std::vector<std::string>& texts_of(std::string_view language) {
  static std::map<std::string, std::vector<std::string>> made;
  std::vector<std::string>& texts = made[std::string(language)];
  if (!texts.empty()) return texts;
  if (const char* file = std::getenv("SOUK_TEXT"); file != nullptr) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) texts.push_back(line);
  }
  if (!texts.empty()) return texts;
  if (language == "zh") {
    texts = made_texts("苹果手机无线耳机咖啡机红色连衣裙新款送料包邮男女鞋", 2, 6);
  } else if (language == "ru") {
    texts = made_texts("абвгдежзийклмнопрстуфхцчшщыьэюяё", 3, 10);
  } else if (language == "de") {
    texts = made_texts("aaabcdeeeefghiiiklmnnnoprrssttuvwzäöüß", 4, 14);
  } else {
    texts = made_texts("aaabcdeeeefghiiiklmnnooprrsssttuvwy", 3, 10);
  }
  return texts;
}

constexpr const char* kLanguages[] = {"en", "de", "ru", "zh"};

void set_counters(benchmark::State& state, std::size_t bytes, std::size_t tokens) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["tokens"] = benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

void tokenizer(benchmark::State& state) {
  const char* language = kLanguages[state.range(0)];
  state.SetLabel(language);
  const std::vector<std::string>& texts = texts_of(language);
  const auto analyzer = Analyzer::for_language(language);
  Tokenizer tokenizer(*analyzer);
  std::size_t bytes = 0, tokens = 0;
  for (auto _ : state) {
    for (const std::string& text : texts) {
      tokens += tokenizer.analyze(text).size();
      bytes += text.size();
    }
  }
  set_counters(state, bytes, tokens);
}
BENCHMARK(tokenizer)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void first_pass(benchmark::State& state) {
  const char* language = kLanguages[state.range(0)];
  state.SetLabel(language);
  const std::vector<std::string>& texts = texts_of(language);
  const auto analyzer = Analyzer::for_language(language);
  std::size_t bytes = 0, tokens = 0;
  for (auto _ : state) {
    Tokenizer tokenizer(*analyzer);
    for (const std::string& text : texts) {
      tokens += tokenizer.analyze(text).size();
      bytes += text.size();
    }
  }
  set_counters(state, bytes, tokens);
}
BENCHMARK(first_pass)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void tokens_as_strings(benchmark::State& state) {
  const char* language = kLanguages[state.range(0)];
  state.SetLabel(language);
  const std::vector<std::string>& texts = texts_of(language);
  const auto analyzer = Analyzer::for_language(language);
  std::size_t bytes = 0, tokens = 0;
  for (auto _ : state) {
    for (const std::string& text : texts) {
      tokens += analyzer->analyze(text).size();
      bytes += text.size();
    }
  }
  set_counters(state, bytes, tokens);
}
BENCHMARK(tokens_as_strings)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void query(benchmark::State& state) {
  const char* language = kLanguages[state.range(0)];
  state.SetLabel(language);
  const auto analyzer = Analyzer::for_language(language);
  const std::vector<std::string>& texts = texts_of(language);
  std::vector<std::string> queries;
  for (std::size_t i = 0; i < 1000; ++i) queries.push_back(texts[i % texts.size()].substr(0, texts[i % texts.size()].find(' ', 12)));
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(analyzer->analyze_query(queries[at++ % queries.size()]));
}
BENCHMARK(query)->DenseRange(0, 3)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace souk::text
