// The words of a segment in the order of bytes, front-coded, and for each where its postings stand. The format is described in
// dictionary.cc.
//
// A view; the bytes must outlive it. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/index/blob.h"
#include "souk/index/postings.h"

namespace souk::index {

inline constexpr std::size_t kMaxTermBytes = 255;

class Dictionary {
 public:
  struct Term {
    std::uint32_t number = 0;              // its place in the order
    std::uint32_t frequency = 0;           // documents
    std::uint64_t begin = 0, size = 0;     // of its postings; a list of one has none
    std::uint32_t document = 0, code = 0;  // of a list of one
  };

  // Goes through the words in order.
  class Walk {
   public:
    bool next();  // false: past the last word
    std::string_view word() const { return word_; }
    const Term& term() const { return term_; }

   private:
    friend class Dictionary;
    Walk(const Dictionary& dictionary, std::uint32_t block);
    void read_head();
    const Dictionary* dictionary_;
    const std::byte* at_ = nullptr;
    std::uint32_t next_ = 0;  // number of the word that next() brings
    std::uint64_t postings_ = 0;
    std::string word_;
    Term term_;
  };

  // What DictionaryWriter added. Marks the reader as failed when it does not hold together; postings are checked too.
  void parse(BlobReader& reader, std::uint32_t documents, std::uint32_t codes);

  std::uint32_t size() const { return size_; }
  std::optional<Term> find(std::string_view word) const;
  Term at(std::uint32_t number) const;
  std::string word(std::uint32_t number) const;
  Walk walk() const { return {*this, 0}; }
  Walk from(std::string_view word) const;  // next() brings the first word that is not below `word`
  PostingList list(const Term& term) const {
    return term.frequency == 1 ? PostingList(term.document, term.code) : PostingList(postings_.data() + term.begin, term.frequency);
  }

 private:
  std::uint32_t block_of(std::string_view word) const;  // the last block whose first word is not above `word`, or 0
  bool check(std::uint32_t documents, std::uint32_t codes) const;

  std::uint32_t size_ = 0;
  std::span<const std::uint32_t> begins_;       // [blocks + 1] in words_
  std::span<const std::uint64_t> postings_of_;  // [blocks] where the lists of a block begin
  std::span<const std::byte> words_, postings_;
  std::vector<std::uint64_t> heads_;  // the first eight bytes of each block's first word, as a number that orders alike
};

class DictionaryWriter {
 public:
  // Words ascending and different, at most kMaxTermBytes; at least one posting each, as of PostingsWriter::add.
  void add(std::string_view word, std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes,
           std::span<const float> impacts);
  void write(BlobWriter& writer);

 private:
  std::uint32_t size_ = 0;
  std::string last_;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint64_t> postings_of_;
  std::vector<std::byte> words_;
  PostingsWriter postings_;
};

}  // namespace souk::index
