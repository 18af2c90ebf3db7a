// Reads one group ("WH-1000XM4", "5.5oz", "l'huile") into tokens: words, and at their positions the further readings of analyzer.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/text/atoms.h"
#include "souk/text/core.h"
#include "souk/text/unicode.h"
#include "souk/text/words.h"

namespace souk::text {

struct GroupReading {
  std::vector<TokenRef> tokens;  // bytes and positions count from the group's beginning
  std::uint32_t positions = 0;
  std::uint32_t first = 0, last = 0;  // places of the first and the last word among the tokens; none when positions is 0
};

class GroupReader {  // not thread-safe
 public:
  GroupReader(const AnalyzerCore& core, Words& words) : core_(core), words_(words), atoms_(!core.settings.folds) {}
  void read(std::string_view group, GroupReading& reading);
  WordBreaker& breaker();

 private:
  struct Run {  // bytes of a folded atom: digits, or no digits
    std::uint32_t begin, end;
    bool digits;
  };
  void read_chain(std::span<const Atom> atoms);
  void merge_apostrophes(std::span<const Atom> atoms);
  void plan_joined();
  void read_atom(const Atom& atom, bool after_number);
  void read_word(const Atom& atom, bool after_number);
  void read_number_atom(const Atom& atom);
  void read_list(const Atom& atom, std::uint32_t begin, std::uint32_t end);
  void read_mixed(const Atom& atom);
  void read_quantity(const Atom& atom);
  void read_code(const Atom& atom);
  void read_run(const Atom& atom);
  void read_version(const Atom& atom);
  bool is_quantity(std::string_view folded) const;
  void split_runs(std::string_view folded);
  std::string_view canonical(std::string_view folded, const Run& run);

  std::string_view raw(const Atom& atom) const { return group_.substr(atom.begin, atom.end - atom.begin); }
  std::array<std::uint32_t, 2> place_of(const Atom& atom, std::uint32_t begin, std::uint32_t end) const;
  void locate(const Atom& atom);
  void push_word(std::uint32_t word, std::uint32_t begin, std::uint32_t end, TokenKind kind);
  void push_extra(std::uint32_t word, std::array<std::uint32_t, 2> place, TokenKind kind);
  void push_unit(std::uint32_t of_word, std::array<std::uint32_t, 2> place, bool after_number);

  const AnalyzerCore& core_;
  Words& words_;
  std::string_view group_;
  GroupReading* out_ = nullptr;
  Atoms atoms_;
  std::vector<Atom> chain_;    // of the atoms joined to each other, apostrophes merged
  std::vector<bool> elided_;   // of chain_: no word of its own
  std::string joined_;         // the chain as one word; empty: there is no such reading
  bool joined_waits_ = false;  // for the first word of its chain
  std::vector<Run> runs_;
  std::vector<std::array<std::uint32_t, 2>> origins_;  // of the atom at hand
  std::string number_, surface_;
  std::vector<Cluster> clusters_;
  std::string run_folded_;
  std::vector<std::uint32_t> hashes_;
  std::vector<WordSpan> spans_;
  std::unique_ptr<WordBreaker> breaker_;  // opened when it is first needed
};

}  // namespace souk::text
