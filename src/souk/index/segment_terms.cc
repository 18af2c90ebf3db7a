// The words of a segment: from the occurrences that a builder has met to posting lists. Format: segment_builder.cc.
#include <algorithm>
#include <deque>
#include <numeric>

#include "souk/index/segment_builder.h"

namespace souk::index {
namespace {

std::uint32_t document_of(std::uint64_t posting) {
  return static_cast<std::uint32_t>(posting >> 16U);
}
std::uint16_t part_in(std::uint64_t posting) {
  return static_cast<std::uint16_t>(posting & 0xFFFFU);
}

// Sorts postings and makes those of one document and field one.
void add_up(std::vector<std::uint64_t>& postings) {
  std::sort(postings.begin(), postings.end());
  std::size_t kept = 0;
  for (const std::uint64_t posting : postings) {
    const bool same = kept > 0 && document_of(postings[kept - 1]) == document_of(posting) &&
                      field_of(part_in(postings[kept - 1])) == field_of(part_in(posting));
    if (same) {
      const std::uint32_t sum = frequency_of(part_in(postings[kept - 1])) + frequency_of(part_in(posting));
      postings[kept - 1] = std::uint64_t{document_of(posting)} << 16U | part_of(field_of(part_in(posting)), std::min(sum, kMaxFrequency));
    } else {
      postings[kept++] = posting;
    }
  }
  postings.resize(kept);
}

// Numbers patterns in order of arrival; most have one part.
class PatternNumbers {
 public:
  PatternNumbers() : single_(1U << 16U, kNone) {}
  std::uint32_t add(std::span<const std::uint64_t> postings) {  // of one document
    if (postings.size() == 1) {
      std::uint32_t& number = single_[part_in(postings[0])];
      if (number == kNone) number = append(postings);
      ++uses_[number];
      return number;
    }
    key_.clear();
    for (const std::uint64_t posting : postings) key_.push_back(static_cast<char16_t>(part_in(posting)));
    const auto [found, fresh] = several_.try_emplace(key_, static_cast<std::uint32_t>(uses_.size()));
    if (fresh) append(postings);
    ++uses_[found->second];
    return found->second;
  }
  // The most used first, equally used ones by their parts; returns the new number of each.
  std::vector<std::uint32_t> write(BlobWriter& writer) const {
    std::vector<std::uint32_t> order(uses_.size()), number(uses_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return uses_[a] != uses_[b] ? uses_[a] > uses_[b] : parts_[a] < parts_[b]; });
    std::vector<std::uint32_t> begins = {0};
    std::vector<std::uint16_t> parts;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      number[order[i]] = i;
      parts.insert(parts.end(), parts_[order[i]].begin(), parts_[order[i]].end());
      begins.push_back(static_cast<std::uint32_t>(parts.size()));
    }
    writer.add(begins);
    writer.add(parts);
    return number;
  }
  std::span<const std::uint16_t> parts(std::uint32_t number) const { return parts_[number]; }

 private:
  std::uint32_t append(std::span<const std::uint64_t> postings) {
    std::vector<std::uint16_t> parts;
    for (const std::uint64_t posting : postings) parts.push_back(part_in(posting));
    parts_.push_back(std::move(parts));
    uses_.push_back(0);
    return static_cast<std::uint32_t>(uses_.size() - 1);
  }
  std::vector<std::uint32_t> single_;  // by part
  std::unordered_map<std::u16string, std::uint32_t> several_;
  std::vector<std::vector<std::uint16_t>> parts_;
  std::vector<std::uint64_t> uses_;
  std::u16string key_;
};

}  // namespace

// The lists of a segment in the order of its dictionary. A posting is one sortable number: document << 16 | part.
struct SegmentBuilder::Lists {
  struct List {
    std::string key;
    bool exact = false;
    std::span<const std::uint64_t> postings;
  };
  std::vector<std::uint64_t> by_word;               // what most lists view
  std::deque<std::vector<std::uint64_t>> together;  // of terms with several words
  std::vector<List> lists;
  std::vector<std::uint32_t> number_of;  // term -> number of its list
  std::vector<bool> occurs;              // by word
};

SegmentBuilder::Lists SegmentBuilder::sort_lists() {
  Lists made;
  std::vector<std::uint64_t> begins(words_.size() + 1);
  for (const Occurrence& o : occurrences_) {
    if (rank_[o.document] != kNone) ++begins[o.word + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  made.by_word.resize(begins.back());
  std::vector<std::uint64_t> next(begins.begin(), begins.end() - 1);
  for (const Occurrence& o : occurrences_) {
    if (rank_[o.document] != kNone) made.by_word[next[o.word]++] = std::uint64_t{rank_[o.document]} << 16U | o.part;
  }
  occurrences_ = {};
  const auto postings_of = [&](std::uint32_t word) {
    return std::span(made.by_word).subspan(begins[word], begins[word + 1] - begins[word]);
  };
  const std::vector<std::uint32_t> words = words_.sorted();
  std::vector<std::vector<std::uint32_t>> words_of(terms_.size());  // of each term, those that occur
  made.occurs.resize(words_.size());
  for (const std::uint32_t word : words) {
    const std::span<std::uint64_t> list = postings_of(word);
    if (list.empty()) continue;
    made.occurs[word] = true;
    if (!std::is_sorted(list.begin(), list.end())) std::sort(list.begin(), list.end());
    words_of[word_terms_[word]].push_back(word);
  }
  for (const std::uint32_t word : words) {
    if (exact_ && made.occurs[word] && words_of[word_terms_[word]].size() > 1) {
      made.lists.push_back({exact_key(words_[word]), true, postings_of(word)});
    }
  }
  made.number_of.assign(terms_.size(), kNone);
  for (const std::uint32_t term : terms_.sorted()) {
    if (words_of[term].empty()) continue;
    made.number_of[term] = static_cast<std::uint32_t>(made.lists.size());
    std::span<const std::uint64_t> postings = postings_of(words_of[term].front());
    if (words_of[term].size() > 1) {
      std::vector<std::uint64_t>& all = made.together.emplace_back();
      for (const std::uint32_t word : words_of[term]) {
        const auto more = postings_of(word);
        all.insert(all.end(), more.begin(), more.end());
      }
      add_up(all);
      postings = all;
    }
    made.lists.push_back({std::string(terms_[term]), false, postings});
  }
  return made;
}

void SegmentBuilder::finish_terms(SegmentImage& image) {
  const Lists lists = sort_lists();
  PatternNumbers patterns;
  std::vector<std::uint32_t> codes;  // of each document of each list
  for (const Lists::List& list : lists.lists) {
    for (std::size_t i = 0, end = 0; i < list.postings.size(); i = end) {
      for (end = i + 1; end < list.postings.size() && document_of(list.postings[end]) == document_of(list.postings[i]);) ++end;
      codes.push_back(patterns.add(list.postings.subspan(i, end - i)));
    }
  }
  BlobWriter writer;
  const std::vector<std::uint32_t> code_of = patterns.write(writer);
  DictionaryWriter dictionary;
  std::vector<std::uint32_t> documents, list_codes;
  std::vector<float> impacts;
  std::size_t at = 0;
  for (const Lists::List& list : lists.lists) {
    const std::vector<Norms>& norms = list.exact ? exact_norms_ : norms_;
    documents.clear();
    list_codes.clear();
    impacts.clear();
    for (const std::uint64_t posting : list.postings) {
      const std::uint32_t document = document_of(posting);
      if (!documents.empty() && documents.back() == document) continue;
      documents.push_back(document);
      float x = 0;
      for (const std::uint16_t part : patterns.parts(codes[at])) {
        const std::uint32_t field = field_of(part);
        x += static_cast<float>(frequency_of(part)) * norms[field][lengths_[document * fields_.size() + field]];
      }
      impacts.push_back(x);
      list_codes.push_back(code_of[codes[at++]]);
    }
    dictionary.add(list.key, documents, list_codes, impacts);
  }
  dictionary.write(writer);
  finish_words(writer, lists);
  image.sections.emplace_back("terms", writer.take());
  finish_forward(image, lists);
}

void SegmentBuilder::finish_words(BlobWriter& writer, const Lists& lists) const {
  Bits plain = bits_for(lists.lists.size());
  std::vector<std::string_view> words;
  std::vector<std::uint32_t> word_terms;
  for (const std::uint32_t word : words_.sorted()) {
    const std::uint32_t term = word_terms_[word], number = lists.number_of[term];
    if (number == kNone || (exact_ && !lists.occurs[word])) continue;
    if (words_[word] == terms_[term]) {
      set_bit(plain, number);
      continue;
    }
    words.push_back(words_[word]);
    word_terms.push_back(number);
  }
  writer.add(plain);
  writer.add_strings(words);
  writer.add(word_terms);
}

// Words come again with postings of their own where exact lists have them, or where they are the only one of their term. Where a term has
// several and exact forms do not count, its postings stand for the first of them.
std::vector<std::uint32_t> SegmentBuilder::absorb_words(const Segment& segment, std::span<const std::uint32_t> place) {
  std::vector<std::uint32_t> terms(segment.terms.size(), kNone), first(terms.size(), kNone), several(terms.size());
  const auto add = [&](std::string_view text, std::uint32_t number) {
    const std::uint32_t word = words_.add(text);
    if (word == word_terms_.size()) word_terms_.push_back(terms[number]);
    if (several[number]++ == 0) first[number] = word;
  };
  for (auto walk = segment.terms.walk(); walk.next();) {
    if (is_exact_key(walk.word())) continue;
    const std::uint32_t number = walk.term().number;
    terms[number] = terms_.add(walk.word());
    if (test_bit(segment.plain, number)) add(walk.word(), number);
  }
  for (std::uint32_t w = 0; w < segment.words.size(); ++w) {
    if (terms[segment.word_terms[w]] != kNone) add(segment.words[w], segment.word_terms[w]);
  }
  for (auto walk = segment.terms.walk(); walk.next();) {
    const std::uint32_t number = walk.term().number;
    const bool exact = is_exact_key(walk.word());
    if (!exact && (first[number] == kNone || (exact_ && several[number] > 1))) continue;
    const std::uint32_t word = exact ? words_.add(word_of_key(walk.word())) : first[number];
    if (word == word_terms_.size()) word_terms_.push_back(terms_.add(words_[word]));  // not written by a builder
    segment.each_posting(walk.term(), [&](std::uint32_t there, std::span<const std::uint16_t> parts) {
      if (place[there] == kNone) return;
      for (const std::uint16_t part : parts) occurrences_.push_back({word, place[there], part});
    });
  }
  return terms;
}

void SegmentBuilder::absorb_forward(const Segment& segment, std::span<const std::uint32_t> place, std::span<const std::uint32_t> terms) {
  std::vector<ForwardWord> row;
  for (std::uint32_t d = 0; d < place.size(); ++d) {
    if (place[d] == kNone) continue;
    forward_begins_[place[d]] = static_cast<std::uint32_t>(forward_words_.size());
    segment.forward.row(d, row);
    for (const ForwardWord word : row) {
      forward_words_.push_back(word == kTextEnds ? word : forward_word(terms[term_of(word)], (word & 1U) != 0));
    }
  }
}

void SegmentBuilder::finish_forward(SegmentImage& image, const Lists& lists) const {
  std::vector<std::uint32_t> rows, words;
  std::vector<std::byte> packed;
  unsigned bits = 0;
  if (forward_) {
    rows.reserve(order_.size() + 1);
    rows.push_back(0);
    for (const std::uint32_t document : order_) {
      const std::size_t end = document + 1 < forward_begins_.size() ? forward_begins_[document + 1] : forward_words_.size();
      for (std::size_t i = forward_begins_[document]; i < end; ++i) {
        const ForwardWord word = forward_words_[i];
        const std::uint32_t number = word == kTextEnds ? kNone : lists.number_of[term_of(word)];
        if (word != kTextEnds && number == kNone) continue;  // a part of a word, where parts are not searched
        words.push_back(word == kTextEnds ? word : forward_word(number, (word & 1U) != 0));
      }
      rows.push_back(static_cast<std::uint32_t>(words.size()));
    }
    bits = kernels::packed_width(words.empty() ? 0 : *std::ranges::max_element(words));
    kernels::pack(words, bits, packed);
    packed.resize(packed.size() + kernels::kPackReadsBeyond);
  }
  BlobWriter writer;
  writer.add(rows);
  writer.add(std::vector<std::uint32_t>{bits});
  writer.add(packed);
  image.sections.emplace_back("forward", writer.take());
}

}  // namespace souk::index
