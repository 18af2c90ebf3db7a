#include "souk/text/atoms.h"

#include <algorithm>

#include "souk/text/analyzer.h"
#include "souk/text/numbers.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

enum class Byte : std::uint8_t { separator, word, joiner, comma, wide };

constexpr std::array<Byte, 256> kBytes = [] {
  std::array<Byte, 256> bytes{};
  for (std::size_t c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bytes[c] = c >= 0x80 ? Byte::wide : letter || (c >= '0' && c <= '9') ? Byte::word : Byte::separator;
  }
  for (const char c : {'.', '\'', '-', '&', '+', '/', '_'}) bytes[static_cast<unsigned char>(c)] = Byte::joiner;
  bytes[','] = Byte::comma;
  return bytes;
}();

Byte byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? kBytes[static_cast<unsigned char>(text[i])] : Byte::separator;
}
bool is_digit_at(std::string_view text, std::size_t i) {
  return i < text.size() && is_digit(text[i]);
}
bool is_ascii_alphanumeric(char c) {
  return kBytes[static_cast<unsigned char>(c)] == Byte::word;
}

// Hyphens and the apostrophe of general punctuation.
bool is_wide_joiner(std::string_view text, std::size_t i) {
  const std::string_view three = text.substr(i, 3);
  return three == "\u2010" || three == "\u2011" || three == "\u2019";
}

// The bytes of a blank or a mark of general punctuation that begins at `i`, which is not ASCII; 0: something else begins or goes on there.
// Only the common ones, so that groups are short: what is missed here parts atoms all the same.
std::size_t wide_break(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
  if (at(i) == 0xC2) return at(i + 1) == 0xA0 ? 2 : 0;
  if (at(i) == 0xE2 && at(i + 1) == 0x80) {
    if (is_wide_joiner(text, i)) {  // a break unless a word goes on behind it
      const Byte next = byte_at(text, i + 3);
      return next == Byte::word || (next == Byte::wide && !is_wide_joiner(text, i + 3) && wide_break(text, i + 3) == 0) ? 0 : 3;
    }
    const unsigned last = at(i + 2);
    const bool marks = (last >= 0x8C && last <= 0x8F) || (last >= 0xAA && last <= 0xAE);
    return last >= 0x80 && last <= 0xBF && !marks ? 3 : 0;
  }
  if (at(i) == 0xE3 && at(i + 1) == 0x80) {  // blank, comma, full stop and brackets of Chinese and Japanese
    const unsigned last = at(i + 2);
    return (last >= 0x80 && last <= 0x83) || (last >= 0x88 && last <= 0x91) ? 3 : 0;
  }
  return 0;
}

// Does a word go on behind a joiner?
bool goes_on(std::string_view text, std::size_t i) {
  const Byte byte = byte_at(text, i);
  return byte == Byte::word || (byte == Byte::wide && wide_break(text, i) == 0);
}

bool begins_group(std::string_view text, std::size_t i) {
  if (byte_at(text, i) == Byte::word) return true;
  return text[i] == '.' && is_digit_at(text, i + 1) && (i == 0 || byte_at(text, i - 1) == Byte::separator);  // ".5"
}

bool between_hebrew(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  return i >= 2 && i + 1 < text.size() && at(i - 2) == 0xD7 && at(i + 1) == 0xD7;
}

// Folding can leave marks of punctuation, as in parenthesised numbers. Only those that stand between digits stay.
void append_tidy(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x80 && !is_ascii_alphanumeric(c)) {
      const bool separator = c == '.' || c == ',' || c == '\'' || c == '/';
      const bool behind_digit = i == 0 ? c == '.' : is_digit(text[i - 1]);
      if (!separator || !behind_digit || !is_digit_at(text, i + 1)) continue;
    }
    out.push_back(c);
  }
}

// The first max_bytes of a text, or a few less, so that no character is cut.
std::size_t cut_at_character(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text.size();
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

}  // namespace

bool next_group(std::string_view text, std::size_t from, Group& group) {
  std::size_t i = from;
  while (i < text.size() && !begins_group(text, i)) {
    if (byte_at(text, i) == Byte::wide) {
      const std::size_t blank = wide_break(text, i);
      if (blank == 0) break;
      i += blank;
    } else {
      ++i;
    }
  }
  if (i >= text.size()) return false;
  group = {i, i, true};
  if (text[i] == '.') ++i;
  for (; i < text.size(); ++i) {
    const Byte byte = byte_at(text, i);
    if (byte == Byte::word) continue;
    if (byte == Byte::wide) {
      if (wide_break(text, i) > 0) break;
      group.ascii = false;
    } else if (byte == Byte::joiner) {
      if (!goes_on(text, i + 1)) break;
    } else if (byte == Byte::comma) {
      if (!is_digit(text[i - 1]) || !is_digit_at(text, i + 1)) break;
    } else if (text[i] != '"' || !between_hebrew(text, i)) {
      break;
    }
  }
  group.end = i;
  return true;
}

AtomKind kind_of(std::string_view folded) {
  bool digits = false, letters = false;
  for (const char c : folded) {
    if (is_digit(c)) {
      digits = true;
    } else if (c != '.' && c != ',' && c != '\'' && c != '/') {
      letters = true;
    }
  }
  return !digits ? AtomKind::letters : letters ? AtomKind::mixed : AtomKind::number;
}

// The scan of one group.
struct Atoms::Reading {
  std::string_view group;
  std::vector<Atom>& atoms;
  bool open = false;  // the last atom may go on
  bool after_digit = false, after_fraction = false;
  char joiner = '\0';  // waits for the next atom

  void extend(std::size_t end) { atoms.back().end = static_cast<std::uint32_t>(end); }
  void begin(std::size_t at, std::size_t end, AtomKind kind) {
    Atom atom;
    atom.begin = static_cast<std::uint32_t>(at);
    atom.end = static_cast<std::uint32_t>(end);
    atom.kind = kind;
    atom.joiner = joiner;
    if (!atoms.empty() && (atom.is_run() || atoms.back().is_run())) atom.joiner = '\0';  // scripts without blanks join nothing
    atoms.push_back(atom);
    open = true;
    joiner = '\0';
  }
  void close(char with) {
    open = after_digit = after_fraction = false;
    joiner = with;
  }
  void add(char32_t c, CharClass kind, std::size_t at, std::size_t end) {
    const AtomKind wanted = kind == CharClass::cjk ? AtomKind::cjk : kind == CharClass::southeast ? AtomKind::southeast : AtomKind::letters;
    const bool fraction = kind == CharClass::digit && is_fraction(c), digit = kind == CharClass::digit && !fraction;
    // One and a half are two numbers.
    if (open && atoms.back().kind == wanted && !(fraction && after_digit) && !(kind == CharClass::digit && after_fraction)) {
      extend(end);
    } else {
      begin(at, end, wanted);
    }
    after_digit = digit;
    after_fraction = fraction;
  }
  // A joiner or comma at [at, end).
  void punctuation(char mark, std::size_t at, std::size_t end) {
    const bool before_digit = is_digit_at(group, end);
    const bool narrow = end == at + 1;                       // not the middle dot
    if (mark == '.' && narrow && before_digit && at == 0) {  // ".5"
      begin(at, end, AtomKind::letters);
      return;
    }
    const bool decimal = (mark == '.' && narrow) || mark == ',' || mark == '\'' || (mark == '/' && narrow && is_fraction_slash(group, at));
    if (open && after_digit && before_digit && decimal) {
      extend(end);
      return;
    }
    const bool joins = open && mark != ',' && end < group.size();
    close(joins ? mark : '\0');
  }
};

void Atoms::read(std::string_view group) {
  atoms_.clear();
  folded_.clear();
  Reading reading{group, atoms_};
  for (std::size_t i = 0; i < group.size();) {
    const std::size_t at = i;
    const char32_t c = next_character(group, i);
    const CharClass kind = class_of(c);
    switch (kind) {
      case CharClass::separator:
        reading.punctuation(c == ',' ? ',' : '\0', at, i);
        break;
      case CharClass::joiner:
        reading.punctuation(joiner_of(c), at, i);
        break;
      case CharClass::mark:
        if (reading.open) reading.extend(i);
        break;
      default:
        reading.add(c, kind, at, i);
    }
  }
  fold_atoms(group);
}

void Atoms::fold_atoms(std::string_view group) {
  std::size_t kept = 0;
  bool dropped = false;
  for (Atom atom : atoms_) {
    atom.fold_begin = static_cast<std::uint32_t>(folded_.size());
    if (!atom.is_run()) {
      const std::string_view raw = group.substr(atom.begin, atom.end - atom.begin);
      append_tidy(accents_ ? fold_case(raw) : fold(raw), folded_);
      folded_.resize(atom.fold_begin + cut_at_character(std::string_view(folded_).substr(atom.fold_begin), kMaxTermBytes));
    }
    atom.fold_end = static_cast<std::uint32_t>(folded_.size());
    if (dropped) atom.joiner = '\0';
    dropped = !atom.is_run() && atom.fold_begin == atom.fold_end;  // only invisible characters
    if (dropped) continue;
    if (!atom.is_run()) atom.kind = kind_of(folded(atom));
    atoms_[kept++] = atom;
  }
  atoms_.resize(kept);
}

std::vector<std::array<std::uint32_t, 2>> origins(std::string_view raw, std::string_view folded, bool accents) {
  std::vector<std::array<std::uint32_t, 2>> result;
  result.reserve(folded.size());
  for (std::size_t i = 0; i < raw.size() && result.size() < folded.size();) {
    const std::size_t begin = i;
    const CharClass kind = class_of(next_character(raw, i));
    for (std::size_t next = i; next < raw.size() && class_of(next_character(raw, next)) == CharClass::mark; i = next) {
    }
    const std::string piece = accents ? fold_case(raw.substr(begin, i - begin)) : fold(raw.substr(begin, i - begin));
    if (!piece.empty() && folded.substr(result.size()).starts_with(piece)) {
      result.insert(result.end(), piece.size(), {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i)});
    } else if (!piece.empty() && kind != CharClass::joiner && kind != CharClass::separator) {
      break;
    }
  }
  if (result.size() != folded.size()) result.clear();
  return result;
}

void read_clusters(std::string_view run, std::vector<Cluster>& clusters, std::string& folded) {
  clusters.clear();
  folded.clear();
  for (std::size_t i = 0; i < run.size();) {
    const std::size_t begin = i;
    const char32_t c = next_character(run, i);
    bool marked = false;
    for (std::size_t next = i; next < run.size() && class_of(next_character(run, next)) == CharClass::mark; i = next) marked = true;
    // Most characters fold to themselves; asking ICU about each would take most of the time.
    const bool plain = (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FC && c != 0x30FB) ||
                       (c >= 0xAC00 && c <= 0xD7A3);
    Cluster cluster;
    cluster.begin = static_cast<std::uint32_t>(begin);
    cluster.end = static_cast<std::uint32_t>(i);
    cluster.fold_begin = static_cast<std::uint32_t>(folded.size());
    if (plain && !marked) {
      folded.append(run.substr(begin, i - begin));
    } else {
      const std::string_view character = run.substr(begin, i - begin);
      append_tidy(fold(character.substr(0, cut_at_character(character, Atoms::kMaxCluster))), folded);
    }
    cluster.fold_end = static_cast<std::uint32_t>(folded.size());
    if (cluster.fold_end > cluster.fold_begin) clusters.push_back(cluster);
  }
}

}  // namespace souk::text
