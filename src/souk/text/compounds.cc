#include "souk/text/compounds.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "souk/base/hash.h"

namespace souk::text {
namespace {

bool begins_character(std::string_view word, std::size_t at) {
  return at == word.size() || (static_cast<unsigned char>(word[at]) & 0xC0U) != 0x80U;
}

bool can_be_part(std::string_view word) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    if (byte < 0x80 && (byte < 'a' || byte > 'z')) return false;  // digits, and marks of other kinds of terms
    characters += begins_character(word, i) ? 1 : 0;
  }
  return characters >= Compounds::kMinCharacters && word.size() <= Compounds::kMaxBytes;
}

struct Best {              // the best reading of the rest of a word, from some byte on, in so many parts
  double sum = 0;          // of the parts' log counts
  std::uint32_t part = 0;  // bytes of the first part
  std::uint32_t next = 0;  // where the second begins, after the link
  bool known = false;
};

}  // namespace

bool Compounds::written_in(std::string_view language) {
  return !language_of(language).links.empty();
}

std::shared_ptr<const Compounds> Compounds::learn(std::string_view language, std::span<const WordCount> counts,
                                                  std::uint32_t min_documents) {
  const Language traits = language_of(language);
  if (traits.links.empty()) return nullptr;
  const std::shared_ptr<Compounds> made(new Compounds);
  made->links_.emplace_back();
  made->links_.insert(made->links_.end(), traits.links.begin(), traits.links.end());
  for (const WordCount& count : counts) {
    if (count.documents > 0 && can_be_part(count.word)) made->words_.push_back(count);
  }
  std::vector<WordCount>& words = made->words_;
  std::sort(words.begin(), words.end(), [](const WordCount& a, const WordCount& b) { return a.word < b.word; });
  std::size_t kept = 0;
  for (WordCount& word : words) {
    if (kept > 0 && words[kept - 1].word == word.word) {
      const std::uint64_t sum = std::uint64_t{words[kept - 1].documents} + word.documents;
      words[kept - 1].documents = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, UINT32_MAX));
    } else {
      if (&words[kept] != &word) words[kept] = std::move(word);
      ++kept;
    }
  }
  words.resize(kept);
  std::erase_if(words, [&](const WordCount& word) { return word.documents < min_documents; });
  made->slots_.assign(std::bit_ceil(words.size() * 2 + 2), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    made->log_counts_.push_back(std::log(static_cast<double>(words[i].documents)));
    made->longest_ = std::max(made->longest_, words[i].word.size());
    std::size_t slot = hash64(words[i].word);
    while (made->slots_[slot & (made->slots_.size() - 1)] != 0) ++slot;
    made->slots_[slot & (made->slots_.size() - 1)] = static_cast<std::uint32_t>(i + 1);
  }
  return made;
}

const double* Compounds::log_count(std::string_view word) const {
  for (std::size_t slot = hash64(word);; ++slot) {
    const std::uint32_t place = slots_[slot & (slots_.size() - 1)];
    if (place == 0) return nullptr;
    if (words_[place - 1].word == word) return &log_counts_[place - 1];
  }
}

std::vector<CompoundPart> Compounds::split(std::string_view word) const {
  const std::size_t n = word.size();
  if (n < 2 * kMinCharacters || n > kMaxBytes) return {};
  // best[i][k]: from byte i in k parts. Filled from the back, so that every rest is known when its first part is tried.
  std::array<std::array<Best, kMaxParts + 1>, kMaxBytes + 1> best{};
  best[n][0].known = true;
  for (std::size_t i = n; i-- > 0;) {
    if (!begins_character(word, i)) continue;
    for (std::size_t length = std::min(longest_, n - i); length >= kMinCharacters; --length) {  // longest first: it wins ties
      if (!begins_character(word, i + length)) continue;
      const double* count = log_count(word.substr(i, length));
      if (count == nullptr) continue;
      for (const std::string_view link : links_) {
        const std::size_t next = i + length + link.size();
        if (!link.empty() && (next >= n || word.substr(i + length, link.size()) != link)) continue;
        for (std::size_t k = 1; k <= kMaxParts; ++k) {
          const Best& rest = best[next][k - 1];
          const double sum = *count + rest.sum;
          if (rest.known && (!best[i][k].known || sum > best[i][k].sum)) {
            best[i][k] = {sum, static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(next), true};
          }
        }
      }
    }
  }
  std::size_t chosen = 0;
  double highest = -1;  // log counts are not negative
  for (std::size_t k = 2; k <= kMaxParts; ++k) {
    if (!best[0][k].known || best[0][k].sum / static_cast<double>(k) <= highest) continue;
    highest = best[0][k].sum / static_cast<double>(k);
    chosen = k;
  }
  std::vector<CompoundPart> parts;
  for (std::size_t at = 0, k = chosen; k > 0; --k) {
    const Best& step = best[at][k];
    parts.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at) + step.part});
    at = step.next;
  }
  return parts;
}

}  // namespace souk::text
