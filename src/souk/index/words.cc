// From the words of a query to the documents that hold them.
#include <algorithm>
#include <map>
#include <set>

#include "souk/index/reader.h"
#include "souk/text/quotations.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxWords = 64;           // different words of a query that count
constexpr std::size_t kMaxQueryBytes = 16'384;  // of a query that are read
constexpr std::size_t kMaxExpansions = 1000;    // words that a beginning may stand for

}  // namespace

// Leaves out further readings with a term that no item has: a word that can be read in one way only is one list, and fast.
void LexicalReader::keep_known(text::Concept& reading) const {
  const auto known = [&](const text::QueryTerm& term) {
    return std::ranges::any_of(parts_.views, [&](const View& view) { return view.segment->terms.find(term.term).has_value(); });
  };
  const auto further = reading.alternatives.begin() + 1;
  reading.alternatives.erase(std::remove_if(further, reading.alternatives.end(),
                                            [&](const text::Alternative& alternative) {
                                              return !alternative.prefix && !std::ranges::all_of(alternative.terms, known);
                                            }),
                             reading.alternatives.end());
}

void LexicalReader::read_words(std::string_view text, bool prefix_last, GatheredWords& gathered) const {
  text = text.substr(0, kMaxQueryBytes);
  std::vector<text::Concept> readings = parts_.analyzer->analyze_query(text);
  for (text::Concept& reading : readings) keep_known(reading);
  for (const text::Quotation& quotation : text::quotations(text)) {
    std::vector<text::Concept> phrase;
    for (const text::Concept& reading : readings) {
      if (reading.begin >= quotation.begin && reading.end <= quotation.end) phrase.push_back(reading);
    }
    if (phrase.size() > 1) gathered.phrases.push_back(std::move(phrase));
  }
  std::vector<QueryWord>& words = gathered.words;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    text::Concept& reading = readings[i];
    const text::Alternative& first = reading.alternatives.front();
    QueryWord word;
    word.term = first.terms.front().term;
    word.surface = reading.surface;
    word.plain = reading.alternatives.size() == 1 && first.terms.size() == 1 && !first.prefix;
    word.prefix = prefix_last && i + 1 == readings.size();
    const auto same = [&](const QueryWord& known) {
      return known.term == word.term && (known.surface == word.surface || (known.plain && word.plain));
    };
    if (!word.prefix && std::any_of(words.begin(), words.end(), same)) continue;
    if (words.size() >= kMaxWords) {
      gathered.beyond.push_back(reading.surface);
      continue;
    }
    word.reading = std::move(reading);
    words.push_back(std::move(word));
  }
}

// The readings of a word of a phrase that this view knows. The first, as written, is as long as the phrase says.
PhraseSlot LexicalReader::slot_of(std::size_t v, const text::Concept& word, std::uint32_t length) const {
  const Dictionary& terms = parts_.views[v].segment->terms;
  PhraseSlot slot;
  for (const text::Alternative& alternative : word.alternatives) {
    PhraseRun run;
    run.length = &alternative == &word.alternatives.front() ? length : static_cast<std::uint32_t>(alternative.terms.size());
    for (const text::QueryTerm& term : alternative.terms) {
      std::vector<std::uint32_t> numbers;
      const std::vector<std::string> texts = alternative.prefix ? expand(term.surface, term.term) : std::vector<std::string>{term.term};
      for (const std::string& text : texts) {
        if (const auto entry = terms.find(text)) numbers.push_back(entry->number);
      }
      std::ranges::sort(numbers);
      if (!numbers.empty()) run.terms.push_back(std::move(numbers));
    }
    if (run.terms.size() != alternative.terms.size()) continue;
    if (alternative.kind == text::TokenKind::joined) {  // it is the next word of the phrase, too
      slot.push_back(run);
      slot.back().length = 0;
    }
    slot.push_back(std::move(run));
  }
  return slot;
}

void LexicalReader::find_phrases(GatheredWords& gathered) const {
  if (!knows_phrases(*parts_.fields)) gathered.phrases.clear();
  if (gathered.phrases.empty()) return;
  gathered.places.resize(parts_.views.size());
  for (std::size_t v = 0; v < parts_.views.size(); ++v) {
    for (const std::vector<text::Concept>& phrase : gathered.phrases) {
      std::vector<PhraseSlot>& slots = gathered.places[v].emplace_back();
      for (std::size_t i = 0; i < phrase.size(); ++i) {
        slots.push_back(slot_of(v, phrase[i], i + 1 < phrase.size() ? phrase[i + 1].position - phrase[i].position : 1));
      }
    }
  }
}

// The terms a beginning stands for: its own, and those of the first words, in the order of bytes, that begin so. Sorted.
std::vector<std::string> LexicalReader::expand(const std::string& surface, const std::string& term) const {
  std::map<std::string, std::string, std::less<>> found;  // word -> its term
  for (const View& view : parts_.views) {
    const Segment& segment = *view.segment;
    std::uint32_t taken = 0;
    for (auto walk = segment.terms.from(surface); taken < kMaxExpansions && walk.next() && walk.word().starts_with(surface);) {
      if (!test_bit(segment.plain, walk.term().number)) continue;
      found.try_emplace(std::string(walk.word()), walk.word());
      ++taken;
    }
    const Strings& words = segment.words;
    const std::uint32_t begin = words.lower_bound(surface);
    for (std::uint32_t i = begin; i < words.size() && i - begin < kMaxExpansions && words[i].starts_with(surface); ++i) {
      found.try_emplace(std::string(words[i]), segment.terms.word(segment.word_terms[i]));
    }
  }
  std::set<std::string> terms = {term};
  std::size_t taken = 0;
  for (auto& [text, stem] : found) {
    if (taken++ == kMaxExpansions) break;
    terms.insert(std::move(stem));
  }
  return {terms.begin(), terms.end()};
}

// The documents of one term of a reading, with the frequencies that count for it.
WordList LexicalReader::gather_term(std::size_t v, const text::QueryTerm& term, bool prefix, bool title_only, Scratch& scratch) const {
  std::vector<Dictionary::Term> found;
  const Dictionary& terms = parts_.views[v].segment->terms;
  const auto look_up = [&](std::string_view text) {
    if (const auto entry = terms.find(text)) found.push_back(*entry);
  };
  if (prefix) {
    for (const std::string& text : expand(term.surface, term.term)) look_up(text);
  } else {
    look_up(term.term);
  }
  WordList list;
  if (!found.empty()) gather_terms(v, found, title_only, scratch, list);
  return list;
}

namespace {

// What both hold, with the lesser frequency.
WordList both(const WordList& a, const WordList& b) {
  WordList common;
  for (std::size_t i = 0, j = 0; i < a.documents.size() && j < b.documents.size();) {
    if (a.documents[i] == b.documents[j]) {
      common.documents.push_back(a.documents[i]);
      common.frequencies.push_back(std::min(a.frequencies[i++], b.frequencies[j++]));
    } else {
      ++(a.documents[i] < b.documents[j] ? i : j);
    }
  }
  return common;
}

// What either holds, with the greater frequency.
WordList either(const WordList& a, const WordList& b) {
  WordList all;
  for (std::size_t i = 0, j = 0; i < a.documents.size() || j < b.documents.size();) {
    const std::uint32_t left = i < a.documents.size() ? a.documents[i] : kNone, right = j < b.documents.size() ? b.documents[j] : kNone;
    all.documents.push_back(std::min(left, right));
    const float x = left <= right ? a.frequencies[i++] : 0, y = right <= left ? b.frequencies[j++] : 0;
    all.frequencies.push_back(std::max(x, y));
  }
  return all;
}

}  // namespace

// A word of several readings counts as one: of each alternative the least frequent of its terms, of the alternatives the one that counts
// most. Readings but the first count less than the word as it was typed.
WordList LexicalReader::gather_reading(std::size_t v, const QueryWord& word, bool title_only, Scratch& scratch) const {
  WordList all;
  for (std::size_t a = 0; a < word.reading.alternatives.size(); ++a) {
    const text::Alternative& alternative = word.reading.alternatives[a];
    WordList list;
    for (std::size_t t = 0; t < alternative.terms.size(); ++t) {
      WordList more = gather_term(v, alternative.terms[t], alternative.prefix || (word.prefix && word.plain), title_only, scratch);
      list = t == 0 ? std::move(more) : both(list, more);
    }
    for (float& x : list.frequencies) {
      if (a > 0) x = other_reading(x, k1());
    }
    all = a == 0 ? std::move(list) : either(all, list);
  }
  if (word.prefix && !word.plain) {  // being typed: it may be the beginning of one word
    all = either(all, gather_term(v, {word.surface, word.surface}, true, title_only, scratch));
  }
  return all;
}

void LexicalReader::gather_terms(std::size_t v, std::span<const Dictionary::Term> terms, bool title_only, Scratch& scratch,
                                 WordList& list) const {
  const Segment& segment = *parts_.views[v].segment;
  const std::size_t n = segment.size(), fields = norms_.size();
  const auto frequency = [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
    float x = 0;
    for (const std::uint16_t part : pattern) {
      if (title_only && field_of(part) != 0) continue;
      x += static_cast<float>(frequency_of(part)) * norms_[field_of(part)][segment.lengths[document * fields + field_of(part)]];
    }
    return x;
  };
  const auto counts = [&](std::span<const std::uint16_t> pattern) {
    return std::ranges::any_of(
        pattern, [&](std::uint16_t part) { return title_only ? field_of(part) == 0 : (*parts_.fields)[field_of(part)].search > 0; });
  };
  if (terms.size() == 1) {
    list.documents.reserve(terms[0].frequency);
    list.frequencies.reserve(terms[0].frequency);
    segment.each_posting(terms[0], [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
      if (!counts(pattern)) return;
      list.documents.push_back(document);
      list.frequencies.push_back(frequency(document, pattern));
    });
    return;
  }
  scratch.reserve(n);
  for (const Dictionary::Term& term : terms) {
    segment.each_posting(term, [&](std::uint32_t document, std::span<const std::uint16_t> pattern) {
      if (!counts(pattern)) return;
      set_bit(scratch.bits, document);
      scratch.dense[document] += frequency(document, pattern);
    });
  }
  const std::span<std::uint64_t> bits = std::span(scratch.bits).first((n + 63) / 64);
  for_each_bit(bits, [&](std::uint32_t document) {
    list.documents.push_back(document);
    list.frequencies.push_back(scratch.dense[document]);
    scratch.dense[document] = 0;
  });
  std::fill(bits.begin(), bits.end(), std::uint64_t{0});
}

bool LexicalReader::lists_serve() const {
  return std::ranges::all_of(*parts_.fields, [](const Field& field) { return field.search > 0; });
}

// Where a word's exact form stands: a list of its own, or that of its term when the term has no other word.
std::optional<Dictionary::Term> LexicalReader::find_exact(const Segment& segment, const text::QueryTerm& word) const {
  if (auto own = segment.terms.find(exact_key(word.surface))) return own;
  auto term = segment.terms.find(word.term);
  if (!term) return term;
  if (word.surface == word.term) return test_bit(segment.plain, term->number) ? term : std::nullopt;
  const std::uint32_t at = segment.words.lower_bound(word.surface);
  return at < segment.words.size() && segment.words[at] == word.surface ? term : std::nullopt;
}

GatheredWords LexicalReader::find_words(std::string_view text, bool prefix_last, Scratch& scratch, bool all) const {
  GatheredWords gathered;
  read_words(text, prefix_last, gathered);
  find_phrases(gathered);
  gathered.found.resize(gathered.words.size());
  gathered.exact.resize(gathered.words.size());
  gathered.lists.resize(gathered.words.size());
  const bool serve = lists_serve(), exact = exact_forms(*parts_.fields);
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    QueryWord& word = gathered.words[w];
    gathered.found[w].resize(parts_.views.size());
    gathered.lists[w].resize(parts_.views.size());
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      if (word.plain && !word.prefix && serve) {
        gathered.found[w][v] = parts_.views[v].segment->terms.find(word.term);
        if (gathered.found[w][v]) word.frequency += gathered.found[w][v]->frequency;
      } else {
        gathered.lists[w][v] = gather_reading(v, word, false, scratch);
        word.frequency += gathered.lists[w][v].documents.size();
      }
    }
    if (all && word.frequency == 0) break;
    word.idf = inverse_frequency(documents_, word.frequency);
    gathered.exact[w].resize(parts_.views.size());
    if (!exact || word.prefix || !word.plain) continue;
    std::uint64_t frequency = 0;
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      gathered.exact[w][v] = find_exact(*parts_.views[v].segment, word.reading.alternatives.front().terms.front());
      if (gathered.exact[w][v]) frequency += gathered.exact[w][v]->frequency;
    }
    word.exact_idf = inverse_frequency(documents_, frequency);
  }
  return gathered;
}

void LexicalReader::gather_rest(GatheredWords& gathered, Scratch& scratch) const {
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      if (gathered.found[w][v]) gather_terms(v, {&*gathered.found[w][v], 1}, false, scratch, gathered.lists[w][v]);
    }
  }
}

GatheredWords LexicalReader::gather_titles(std::string_view text, bool prefix_last, Scratch& scratch) const {
  GatheredWords gathered;
  read_words(text, prefix_last, gathered);
  gathered.lists.resize(gathered.words.size());
  for (std::size_t w = 0; w < gathered.words.size(); ++w) {
    for (std::size_t v = 0; v < parts_.views.size(); ++v) {
      gathered.lists[w].push_back(gather_reading(v, gathered.words[w], true, scratch));
    }
  }
  return gathered;
}

}  // namespace souk::index
