// The format of a dictionary, in the arrays of blob.h:
//
//   u32 words; u32 begin[B + 1]: of each block of 16 words in the bytes below; u64 postings[B]: where the lists of its words begin;
//   byte words[]; byte postings[]: lists (postings.cc) in the order of the words, and kPackReadsBeyond bytes more
//
// A word: bytes it shares with the one before (none in a block's first), number of further bytes, these bytes, number of documents, then
// for one document it and its code, for several the bytes of the list. Numbers are base-128, the lowest seven bits first.
#include "souk/index/dictionary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace souk::index {
namespace {

constexpr std::uint32_t kBlockWords = 16;

void put_number(std::vector<std::byte>& bytes, std::uint64_t value) {
  for (; value >= 128; value >>= 7U) bytes.push_back(static_cast<std::byte>(value | 128U));
  bytes.push_back(static_cast<std::byte>(value));
}

std::uint64_t get_number(const std::byte*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint64_t>(*at++);
    value |= (byte & 127U) << shift;
    if (byte < 128) return value;
  }
}

// The same for bytes of another origin: false at the end or beyond 2^63.
bool get_number(std::span<const std::byte>& rest, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    if (rest.empty()) return false;
    const auto byte = static_cast<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    value |= (byte & 127U) << shift;
    if (byte < 128) return true;
  }
  return false;
}

std::uint64_t head_of(std::string_view word) {
  std::array<char, 8> bytes{};
  std::copy_n(word.begin(), std::min<std::size_t>(8, word.size()), bytes.begin());
  const auto number = std::bit_cast<std::uint64_t>(bytes);
  return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

}  // namespace

Dictionary::Walk::Walk(const Dictionary& dictionary, std::uint32_t block) : dictionary_(&dictionary), next_(block * kBlockWords) {
  if (next_ >= dictionary.size_) return;
  at_ = dictionary.words_.data() + dictionary.begins_[block];
  postings_ = dictionary.postings_of_[block];
}

bool Dictionary::Walk::next() {
  if (next_ >= dictionary_->size_) return false;
  const std::uint64_t shared = get_number(at_), further = get_number(at_);
  word_.resize(shared);
  word_.append(reinterpret_cast<const char*>(at_), further);
  at_ += further;
  term_.number = next_++;
  term_.frequency = static_cast<std::uint32_t>(get_number(at_));
  term_.begin = postings_;
  if (term_.frequency == 1) {
    term_.document = static_cast<std::uint32_t>(get_number(at_));
    term_.code = static_cast<std::uint32_t>(get_number(at_));
    term_.size = 0;
  } else {
    term_.size = get_number(at_);
  }
  postings_ += term_.size;
  return true;
}

bool Dictionary::check(std::uint32_t documents, std::uint32_t codes) const {
  std::span<const std::byte> rest = words_;
  std::uint64_t postings = 0;
  std::string word, before;
  const std::uint64_t all = postings_.size() - kernels::kPackReadsBeyond;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (i % kBlockWords == 0) {
      const std::uint32_t block = i / kBlockWords;
      if (begins_[block] != words_.size() - rest.size() || postings_of_[block] != postings) return false;
    }
    std::uint64_t shared = 0, further = 0, frequency = 0;
    if (!get_number(rest, shared) || !get_number(rest, further) || further > rest.size()) return false;
    if (shared > before.size() || shared + further > kMaxTermBytes || (i % kBlockWords == 0 && shared != 0)) return false;
    word.assign(before, 0, shared).append(reinterpret_cast<const char*>(rest.data()), further);
    rest = rest.subspan(further);
    if (i > 0 && word <= before) return false;
    if (!get_number(rest, frequency) || frequency == 0 || frequency > documents) return false;
    if (frequency == 1) {
      std::uint64_t document = 0, code = 0;
      if (!get_number(rest, document) || !get_number(rest, code) || document >= documents || code >= codes) return false;
    } else {
      std::uint64_t size = 0;
      if (!get_number(rest, size) || size > all - postings) return false;
      if (!PostingList::check(postings_.data() + postings, size, static_cast<std::uint32_t>(frequency), documents, codes)) return false;
      postings += size;
    }
    before.swap(word);
  }
  return rest.empty() && postings == all;
}

void Dictionary::parse(BlobReader& reader, std::uint32_t documents, std::uint32_t codes) {
  const auto size = reader.array<std::uint32_t>();
  begins_ = reader.array<std::uint32_t>();
  postings_of_ = reader.array<std::uint64_t>();
  words_ = reader.array<std::byte>();
  postings_ = reader.array<std::byte>();
  reader.expect(size.size() == 1);
  if (reader.failed()) return;
  size_ = size[0];
  const std::size_t blocks = (std::size_t{size_} + kBlockWords - 1) / kBlockWords;
  reader.expect(begins_.size() == blocks + 1 && postings_of_.size() == blocks && begins_.back() == words_.size());
  reader.expect(postings_.size() >= kernels::kPackReadsBeyond);
  if (!reader.failed()) reader.expect(check(documents, codes));
  if (reader.failed()) return;
  heads_.reserve(blocks);
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const std::byte* at = words_.data() + begins_[block] + 1;  // after the shared bytes, of which there are none
    const std::uint64_t length = get_number(at);
    heads_.push_back(head_of({reinterpret_cast<const char*>(at), length}));
  }
}

std::uint32_t Dictionary::block_of(std::string_view word) const {
  const std::uint64_t head = head_of(word);
  // Blocks whose first words share eight bytes with `word` are few: among them the words decide.
  auto block = static_cast<std::uint32_t>(std::upper_bound(heads_.begin(), heads_.end(), head) - heads_.begin());
  while (block > 0 && heads_[block - 1] == head) {
    const std::byte* at = words_.data() + begins_[block - 1] + 1;
    const std::uint64_t length = get_number(at);
    if (std::string_view(reinterpret_cast<const char*>(at), length) <= word) break;
    --block;
  }
  return block == 0 ? 0 : block - 1;
}

// Words are compared as they are stored: one that shares less with the word before than that shares with `word` stands after `word`, one
// that shares more before it.
std::optional<Dictionary::Term> Dictionary::find(std::string_view word) const {
  if (word.size() > kMaxTermBytes || size_ == 0) return std::nullopt;
  const std::uint32_t block = block_of(word);
  const std::byte* at = words_.data() + begins_[block];
  Term term;
  term.begin = postings_of_[block];
  std::size_t common = 0;  // what the word before shares with `word`
  const std::uint32_t end = std::min(size_, (block + 1) * kBlockWords);
  for (term.number = block * kBlockWords; term.number < end; ++term.number) {
    const std::uint64_t shared = get_number(at), further = get_number(at);
    const auto* rest = reinterpret_cast<const char*>(at);
    at += further;
    if (shared < common) return std::nullopt;
    bool same = false;
    if (shared == common) {
      const std::size_t most = std::min<std::size_t>(further, word.size() - common);
      std::size_t i = 0;
      while (i < most && rest[i] == word[common + i]) ++i;
      same = i == further && common + i == word.size();
      // Bytes order as numbers, as in std::string.
      const bool after = i < most ? static_cast<unsigned char>(rest[i]) > static_cast<unsigned char>(word[common + i]) : i < further;
      if (after) return std::nullopt;
      common += i;
    }
    term.frequency = static_cast<std::uint32_t>(get_number(at));
    if (term.frequency == 1) {
      term.document = static_cast<std::uint32_t>(get_number(at));
      term.code = static_cast<std::uint32_t>(get_number(at));
      term.size = 0;
    } else {
      term.document = term.code = 0;
      term.size = get_number(at);
    }
    if (same) return term;
    term.begin += term.size;
  }
  return std::nullopt;
}

Dictionary::Term Dictionary::at(std::uint32_t number) const {
  assert(number < size_);
  Walk walk(*this, number / kBlockWords);
  while (walk.next() && walk.term().number < number) {
  }
  return walk.term();
}

std::string Dictionary::word(std::uint32_t number) const {
  assert(number < size_);
  Walk walk(*this, number / kBlockWords);
  while (walk.next() && walk.term().number < number) {
  }
  return std::string(walk.word());
}

Dictionary::Walk Dictionary::from(std::string_view word) const {
  Walk walk(*this, block_of(word)), ahead = walk;
  while (ahead.next() && ahead.word() < word) walk = ahead;
  return walk;
}

void DictionaryWriter::add(std::string_view word, std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes,
                           std::span<const float> impacts) {
  assert(word.size() <= kMaxTermBytes && (size_ == 0 || word > last_) && !documents.empty());
  std::size_t shared = 0;
  if (size_ % kBlockWords == 0) {
    begins_.push_back(static_cast<std::uint32_t>(words_.size()));
    postings_of_.push_back(postings_.size());
  } else {
    const auto differ = std::mismatch(word.begin(), word.end(), last_.begin(), last_.end());
    shared = static_cast<std::size_t>(differ.first - word.begin());
  }
  put_number(words_, shared);
  put_number(words_, word.size() - shared);
  const auto* raw = reinterpret_cast<const std::byte*>(word.data());
  words_.insert(words_.end(), raw + shared, raw + word.size());
  put_number(words_, documents.size());
  if (documents.size() == 1) {
    put_number(words_, documents[0]);
    put_number(words_, codes[0]);
  } else {
    const std::size_t begin = postings_.size();
    postings_.add(documents, codes, impacts);
    put_number(words_, postings_.size() - begin);
  }
  last_ = word;
  ++size_;
}

void DictionaryWriter::write(BlobWriter& writer) {
  begins_.push_back(static_cast<std::uint32_t>(words_.size()));
  const std::array<std::uint32_t, 1> size = {size_};
  writer.add(std::span<const std::uint32_t>(size));
  writer.add(begins_);
  writer.add(postings_of_);
  writer.add(words_);
  writer.add(postings_.take());
}

}  // namespace souk::index
