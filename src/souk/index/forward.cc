#include "souk/index/forward.h"

#include <algorithm>

namespace souk::index {

bool ForwardTerms::check(std::uint32_t documents, std::uint32_t terms) const {
  if (rows_.empty()) return packed_.empty();
  if (rows_.size() != std::size_t{documents} + 1 || rows_.front() != 0 || !std::is_sorted(rows_.begin(), rows_.end())) return false;
  if (!kernels::packed_width_valid(bits_) || packed_.size() != kernels::packed_bytes(bits_, rows_.back()) + kernels::kPackReadsBeyond) {
    return false;
  }
  const ForwardWord most = terms == 0 ? kTextEnds : forward_word(terms - 1, true);
  std::vector<ForwardWord> words;
  for (std::uint32_t d = 0; d < documents; ++d) {
    row(d, words);
    // 1 would be another reading of nothing.
    if (std::ranges::any_of(words, [&](ForwardWord word) { return word > most || word == 1; })) return false;
  }
  return true;
}

void ForwardTerms::row(std::uint32_t document, std::vector<ForwardWord>& words) const {
  words.clear();
  if (rows_.empty()) return;
  for (std::uint32_t i = rows_[document]; i < rows_[document + 1]; ++i) words.push_back(kernels::packed_at(packed_.data(), bits_, i));
}

namespace {

// Where the words of each position begin. The end of a text takes a position, at which no word stands.
void find_positions(std::span<const ForwardWord> row, std::vector<std::uint32_t>& starts) {
  starts.clear();
  for (std::uint32_t i = 0; i < row.size(); ++i) {
    if (row[i] == kTextEnds || (row[i] & 1U) == 0 || starts.empty()) starts.push_back(i);
  }
  starts.push_back(static_cast<std::uint32_t>(row.size()));
}

class Matcher {
 public:
  Matcher(std::span<const ForwardWord> row, std::span<const std::uint32_t> starts) : row_(row), starts_(starts) {}

  // Appends where a word after the slot may stand when the slot stands at `position`.
  void follow(const PhraseSlot& slot, std::size_t position, std::vector<std::size_t>& ends) const {
    for (const PhraseRun& run : slot) follow(run, 0, position, position, ends);
  }

 private:
  enum class Found : std::uint8_t { no, word, further };  // reading

  Found find(std::span<const std::uint32_t> terms, std::size_t position) const {
    if (position + 1 >= starts_.size()) return Found::no;
    for (std::uint32_t i = starts_[position]; i < starts_[position + 1]; ++i) {
      if (row_[i] == kTextEnds || !std::ranges::binary_search(terms, term_of(row_[i]))) continue;
      return i == starts_[position] ? Found::word : Found::further;
    }
    return Found::no;
  }
  void follow(const PhraseRun& run, std::size_t i, std::size_t begin, std::size_t position, std::vector<std::size_t>& ends) const {
    const Found found = find(run.terms[i], position);
    if (found == Found::no) return;
    const bool last = i + 1 == run.terms.size();
    const std::size_t next = last ? begin + run.length : position + 1;
    const std::size_t from = found == Found::further ? position : next, to = found == Found::further ? std::max(next, position + 2) : next;
    for (std::size_t at = from; at <= to; ++at) {
      if (last) {
        ends.push_back(at);
      } else {
        follow(run, i + 1, begin, at, ends);
      }
    }
  }
  std::span<const ForwardWord> row_;
  std::span<const std::uint32_t> starts_;
};

}  // namespace

bool holds_phrase(std::span<const ForwardWord> row, std::span<const PhraseSlot> slots, std::vector<std::uint32_t>& starts) {
  find_positions(row, starts);
  const Matcher matcher(row, starts);
  std::vector<std::size_t> open, next;
  for (std::size_t first = 0; first + 1 < starts.size(); ++first) {
    open.assign(1, first);
    for (const PhraseSlot& slot : slots) {
      next.clear();
      for (const std::size_t position : open) matcher.follow(slot, position, next);
      std::ranges::sort(next);
      next.erase(std::unique(next.begin(), next.end()), next.end());
      open.swap(next);
      if (open.empty()) break;
    }
    if (!open.empty()) return true;
  }
  return false;
}

}  // namespace souk::index
