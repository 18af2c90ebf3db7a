// From the words of a query to the documents that hold them.
#include <algorithm>
#include <cmath>
#include <set>

#include "souk/index/reader.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxWords = 64;           // different words of a query that count
constexpr std::size_t kMaxQueryBytes = 16'384;  // of a query that are read
constexpr std::size_t kMaxExpansions = 1000;    // words that a beginning may stand for

}  // namespace

std::vector<QueryWord> LexicalReader::read_words(std::string_view text, bool prefix_last, std::vector<std::string>& beyond) const {
  std::vector<text::Token> tokens = parts_.analyzer->analyze(text.substr(0, kMaxQueryBytes));
  std::vector<QueryWord> words;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool prefix = prefix_last && i + 1 == tokens.size();
    const auto same = [&](const QueryWord& word) { return word.term == tokens[i].term; };
    if (!prefix && std::any_of(words.begin(), words.end(), same)) continue;
    if (words.size() >= kMaxWords) {
      beyond.push_back(tokens[i].surface);
      continue;
    }
    words.push_back({std::move(tokens[i].term), std::move(tokens[i].surface), prefix});
  }
  return words;
}

// The terms a beginning stands for: its own, and those of the first words, in the order of bytes, that begin so. Sorted.
std::vector<std::string> LexicalReader::expand(const QueryWord& word) const {
  std::set<std::string_view> surfaces;
  std::set<std::string> terms = {word.term};
  for (const View& view : parts_.views) {
    const Strings& words = view.segment->words;
    const std::uint32_t begin = words.lower_bound(word.surface);
    for (std::uint32_t i = begin; i < words.size() && i - begin < kMaxExpansions && words[i].starts_with(word.surface); ++i) {
      surfaces.insert(words[i]);
    }
  }
  while (surfaces.size() > kMaxExpansions) surfaces.erase(std::prev(surfaces.end()));
  for (const View& view : parts_.views) {
    const Strings& words = view.segment->words;
    std::uint32_t at = words.lower_bound(word.surface);
    for (; at < words.size() && words[at].starts_with(word.surface); ++at) {
      if (surfaces.empty() || words[at] > *surfaces.rbegin()) break;
      terms.emplace(view.segment->terms[view.segment->word_terms[at]]);
    }
  }
  return {terms.begin(), terms.end()};
}

float LexicalReader::norm(std::uint32_t field, std::uint32_t length) const {
  if (length < norms_[field].size()) return norms_[field][length];
  const float weight = (*parts_.fields)[field].search;
  if (averages_[field] <= 0) return weight;
  return weight / (1 - parts_.params.b + parts_.params.b * static_cast<float>(length) / averages_[field]);
}

void LexicalReader::gather_terms(const View& view, std::span<const std::uint32_t> terms, bool title_only, Scratch& scratch,
                                 WordList& list) const {
  const Segment& segment = *view.segment;
  const std::size_t n = segment.size();
  const auto counts = [&](std::uint16_t weight) {
    return title_only ? field_of(weight) == 0 : (*parts_.fields)[field_of(weight)].search > 0;
  };
  const auto frequency = [&](std::uint32_t document, std::uint16_t weight) {
    const std::uint32_t field = field_of(weight);
    return static_cast<float>(frequency_of(weight)) * norm(field, segment.lengths[field * n + document]);
  };
  if (terms.size() == 1) {
    const std::uint64_t begin = segment.posting_of[terms[0]], end = segment.posting_of[terms[0] + 1];
    list.documents.reserve(segment.frequency[terms[0]]);
    list.frequencies.reserve(segment.frequency[terms[0]]);
    for (std::uint64_t p = begin; p < end; ++p) {
      if (!counts(segment.weights[p])) continue;
      const std::uint32_t document = segment.documents[p];
      const float value = frequency(document, segment.weights[p]);
      if (!list.documents.empty() && list.documents.back() == document) {
        list.frequencies.back() += value;
      } else {
        list.documents.push_back(document);
        list.frequencies.push_back(value);
      }
    }
    return;
  }
  scratch.reserve(n);
  for (const std::uint32_t term : terms) {
    for (std::uint64_t p = segment.posting_of[term]; p < segment.posting_of[term + 1]; ++p) {
      if (!counts(segment.weights[p])) continue;
      const std::uint32_t document = segment.documents[p];
      set_bit(scratch.bits, document);
      scratch.dense[document] += frequency(document, segment.weights[p]);
    }
  }
  const std::span<std::uint64_t> bits = std::span(scratch.bits).first((n + 63) / 64);
  for_each_bit(bits, [&](std::uint32_t document) {
    list.documents.push_back(document);
    list.frequencies.push_back(scratch.dense[document]);
    scratch.dense[document] = 0;
  });
  std::fill(bits.begin(), bits.end(), std::uint64_t{0});
}

GatheredWords LexicalReader::gather(std::string_view text, bool prefix_last, bool title_only, Scratch& scratch) const {
  GatheredWords gathered;
  gathered.words = read_words(text, prefix_last, gathered.beyond);
  gathered.lists.resize(gathered.words.size());
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    QueryWord& word = gathered.words[w];
    const std::vector<std::string> terms = word.prefix ? expand(word) : std::vector{word.term};
    gathered.lists[w].resize(parts_.views.size());
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      std::vector<std::uint32_t> found;
      for (const std::string& term : terms) {
        if (const auto number = parts_.views[v].segment->find_term(term)) found.push_back(*number);
      }
      if (found.empty()) continue;
      gather_terms(parts_.views[v], found, title_only, scratch, gathered.lists[w][v]);
      word.frequency += gathered.lists[w][v].documents.size();
    }
    const double n = static_cast<double>(documents_), df = static_cast<double>(word.frequency);
    word.idf = static_cast<float>(std::log(1 + (n - df + 0.5) / (df + 0.5)));
  }
  return gathered;
}

}  // namespace souk::index
