#include "souk/text/words.h"

#include <algorithm>
#include <cstring>

#include "souk/base/hash.h"

namespace souk::text {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16U;
constexpr std::size_t kFirstSlots = 1024;

bool has_stem(std::string_view surface) {
  return surface.front() != '#' && std::none_of(surface.begin(), surface.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::uint32_t StringTable::hash(std::string_view key) {
  return static_cast<std::uint32_t>(hash64(key));
}

void StringTable::clear() {
  slots_.assign(kFirstSlots, Slot{0, kNone});
  mask_ = kFirstSlots - 1;
  keys_.clear();
  blocks_.clear();
  used_ = room_ = 0;
}

std::string_view StringTable::keep(std::string_view key) {
  if (room_ - used_ < key.size()) {
    room_ = std::max(kBlock, key.size());
    used_ = 0;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
  }
  char* kept = blocks_.back().get() + used_;
  if (!key.empty()) std::memcpy(kept, key.data(), key.size());
  used_ += key.size();
  return {kept, key.size()};
}

void StringTable::grow() {
  const std::vector<Slot> before = std::move(slots_);
  slots_.assign(before.size() * 2, Slot{0, kNone});
  mask_ = slots_.size() - 1;
  for (const Slot& slot : before) {
    if (slot.number == kNone) continue;
    std::size_t at = slot.hash;
    while (slots_[at & mask_].number != kNone) ++at;
    slots_[at & mask_] = slot;
  }
}

std::uint32_t StringTable::add(std::string_view key, std::uint32_t hash, bool& added) {
  const std::uint32_t found = find(key, hash);
  added = found == kNone;
  if (!added) return found;
  if (keys_.size() * 2 >= slots_.size()) grow();
  std::size_t at = hash;
  while (slots_[at & mask_].number != kNone) ++at;
  const std::uint32_t number = size();
  slots_[at & mask_] = {hash, number};
  keys_.push_back(keep(key));
  return number;
}

std::uint32_t Words::add_language(const Language& language) {
  languages_.push_back(std::make_unique<Stems>(language, languages_.empty() && !language.stem_first));
  return static_cast<std::uint32_t>(languages_.size() - 1);
}

std::uint32_t Words::add(std::string_view surface, std::string_view original) {
  const bool stemmed = stems_ && has_stem(surface);
  Stems& stems = *languages_[current_];
  bool added = false;
  std::string_view term = surface;
  std::uint32_t number = 0;
  if (stemmed && !stems.follow_surface) {
    term = stems.stemmer.stem(surface, original);
    key_.assign(surface).append(1, '\0').append(term);
    number = table_.add(key_, added);
    if (!added) return number;
  } else {
    number = table_.add(surface, added);
    if (!added) return number;
    if (stemmed) term = stems.stemmer.stem(surface, original);
  }
  Word word;
  word.surface = table_[number].substr(0, surface.size());
  word.term = terms_[terms_.add(term, added)];
  word.unit = unit_of(word.surface);
  word.begins_one_word = begins_one_word(word.surface);
  words_.push_back(word);
  return number;
}

std::uint32_t Words::add_gram(std::string_view surface, std::uint32_t hash) {
  bool added = false;
  const std::uint32_t number = table_.add(surface, hash, added);
  if (added) {
    const std::string_view kept = table_[number];
    words_.push_back({kept, kept, {}, false});
  }
  return number;
}

void Words::clear() {
  table_.clear();
  terms_.clear();
  words_.clear();
}

}  // namespace souk::text
