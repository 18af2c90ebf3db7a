// The words that a tokenizer has met, numbered, with all that depends on the word alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/text/stemmer.h"
#include "souk/text/units.h"

namespace souk::text {

// Numbers strings in the order of arrival. They stay where they are put until clear().
class StringTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  StringTable() { clear(); }
  static std::uint32_t hash(std::string_view key);
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  std::uint32_t add(std::string_view key, bool& added) { return add(key, hash(key), added); }
  std::uint32_t add(std::string_view key, std::uint32_t hash, bool& added);  // the number it has, or a new one
  std::string_view operator[](std::uint32_t number) const { return keys_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  void clear();

 private:
  struct Slot {
    std::uint32_t hash, number;  // kNone: free
  };
  std::uint32_t find(std::string_view key, std::uint32_t hash) const {
    for (std::size_t at = hash;; ++at) {
      const Slot& slot = slots_[at & mask_];
      if (slot.number == kNone || (slot.hash == hash && keys_[slot.number] == key)) return slot.number;
    }
  }
  std::string_view keep(std::string_view key);
  void grow();

  std::vector<Slot> slots_;  // at most half full
  std::size_t mask_ = 0;
  std::vector<std::string_view> keys_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0, room_ = 0;  // bytes of the last block
};

struct Word {
  std::string_view surface, term;
  Unit unit;
  bool begins_one_word = false;
};

class Words {  // not thread-safe
 public:
  Words(const Language& language, bool stems) : stems_(stems) { speak(add_language(language)); }

  // Words are stemmed as of one language at a time: at first the one given above, number 0.
  std::uint32_t add_language(const Language& language);
  void speak(std::uint32_t language) { current_ = language; }

  // surface: folded, not empty. original: as written. Words with digits, numbers and units ("#...") keep their surface as term.
  std::uint32_t add(std::string_view surface, std::string_view original);
  std::uint32_t add(std::string_view surface) { return add(surface, surface); }
  // Of a script that has no stems. hash: of the surface, so that whoever adds many can ask memory for all of them ahead.
  std::uint32_t add_gram(std::string_view surface, std::uint32_t hash);
  std::uint32_t prefetch_gram(std::string_view surface) const {
    const std::uint32_t hash = StringTable::hash(surface);
    table_.prefetch(hash);
    return hash;
  }
  const Word& operator[](std::uint32_t number) const { return words_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(words_.size()); }
  void clear();

 private:
  struct Stems {
    Stems(const Language& language, bool follow) : stemmer(language), follow_surface(follow) {}
    Stemmer stemmer;
    bool follow_surface;  // a term of this language is a function of the surface
  };
  const bool stems_;
  std::vector<std::unique_ptr<Stems>> languages_;
  std::uint32_t current_ = 0;
  StringTable table_;  // surfaces; "surface NUL term" where the term is no function of the surface
  StringTable terms_;
  std::vector<Word> words_;
  std::string key_;
};

}  // namespace souk::text
