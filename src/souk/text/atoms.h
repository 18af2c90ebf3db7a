// Cuts a text into groups (what stands between blanks and punctuation: "WH-1000XM4") and groups into atoms ("WH", "1000XM4").
//
// A group's atoms do not depend on what stands around it: a document that holds a query's text between blanks has all of its groups.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk::text {

struct Group {  // bytes of the text
  std::size_t begin = 0, end = 0;
  bool ascii = true;
};
// The first group at or after byte `from`, with borders at characters; false: there is none.
bool next_group(std::string_view text, std::size_t from, Group& group);

enum class AtomKind : std::uint8_t {
  letters,
  number,  // digits, with separators between them
  mixed,   // both
  cjk,     // runs of scripts without blanks; not folded yet
  southeast,
};

struct Atom {
  std::uint32_t begin = 0, end = 0;            // bytes of the group
  std::uint32_t fold_begin = 0, fold_end = 0;  // of Atoms::folded(); empty for runs of scripts without blanks
  char joiner = '\0';                          // what joins it to the atom before (joiner_of), 0: nothing does
  AtomKind kind = AtomKind::letters;
  bool is_run() const { return kind == AtomKind::cjk || kind == AtomKind::southeast; }
};

AtomKind kind_of(std::string_view folded);  // letters, number or mixed

class Atoms {  // of one group; reusable
 public:
  static constexpr std::size_t kMaxTermBytes = 255;  // longer words are cut: nobody types them, and they would bloat the dictionary
  static constexpr std::size_t kMaxCluster = 64;     // of a character with all its marks

  explicit Atoms(bool accents = false) : accents_(accents) {}  // do accents stay?
  void read(std::string_view group);
  std::span<const Atom> all() const { return atoms_; }
  std::string_view folded(const Atom& atom) const {
    return std::string_view(folded_).substr(atom.fold_begin, atom.fold_end - atom.fold_begin);
  }

 private:
  struct Reading;
  void fold_atoms(std::string_view group);
  const bool accents_;
  std::vector<Atom> atoms_;
  std::string folded_;  // of all atoms, one behind the other
};

// For each byte of `folded`, the bytes of `raw` (what it was folded from) that hold its character. Empty where characters fold together.
// accents: they stayed.
std::vector<std::array<std::uint32_t, 2>> origins(std::string_view raw, std::string_view folded, bool accents = false);

struct Cluster {  // a character with its marks: bytes of a run, and of its folded text
  std::uint32_t begin = 0, end = 0;
  std::uint32_t fold_begin = 0, fold_end = 0;
};
// The clusters of a run of a script without blanks, those that fold to nothing left out. folded: the folded text of all.
void read_clusters(std::string_view run, std::vector<Cluster>& clusters, std::string& folded);

}  // namespace souk::text
