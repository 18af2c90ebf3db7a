#include "souk/text/reader.h"

#include <algorithm>

#include "souk/text/numbers.h"

namespace souk::text {
namespace {

constexpr std::size_t kMaxParts = 8;         // of a code or a chain: longer ones are serial numbers and addresses, and have no parts
constexpr std::size_t kMaxJoined = 48;       // bytes of a joined form
constexpr std::size_t kMinJoinedDigits = 8;  // "978-3-16-148410-0" is one number, "10-20" is not
constexpr std::size_t kMaxBesideSlash = 3;   // "ac/dc" is one word, "audio/video" is not

bool is_one_character(std::string_view text) {
  std::size_t i = 0;
  next_character(text, i);
  return i == text.size();
}

// "women's", "don't": what stands behind the apostrophe goes with the word.
bool is_contraction(std::string_view folded, std::string_view language) {
  if (folded == "s") return true;
  return language == "en" && (folded == "t" || folded == "d" || folded == "m" || folded == "ll" || folded == "re" || folded == "ve");
}

}  // namespace

void GroupReader::read(std::string_view group, GroupReading& reading) {
  reading.tokens.clear();
  reading.positions = reading.first = reading.last = 0;
  group_ = group;
  out_ = &reading;
  atoms_.read(group);
  const std::span<const Atom> atoms = atoms_.all();
  for (std::size_t i = 0; i < atoms.size();) {
    std::size_t end = i + 1;
    for (; end < atoms.size() && atoms[end].joiner != '\0' && core_.settings.codes; ++end) {
      const bool slash = atoms[end].joiner == '/';
      const auto is_short = [&](const Atom& atom) {
        return atom.kind == AtomKind::letters && atom.fold_end - atom.fold_begin <= kMaxBesideSlash;
      };
      if (slash && (!is_short(atoms[end - 1]) || !is_short(atoms[end]))) break;
    }
    read_chain(atoms.subspan(i, end - i));
    i = end;
  }
}

WordBreaker& GroupReader::breaker() {
  if (breaker_ == nullptr) breaker_ = std::make_unique<WordBreaker>();
  return *breaker_;
}

void GroupReader::read_chain(std::span<const Atom> atoms) {
  merge_apostrophes(atoms);
  plan_joined();
  for (std::size_t i = 0; i < chain_.size(); ++i) {
    if (elided_[i]) {
      if (joined_waits_) push_extra(words_.add(joined_), {chain_.front().begin, chain_.back().end}, TokenKind::joined);
      joined_waits_ = false;
      continue;
    }
    const bool glued = i > 0 && chain_[i].joiner == '-' && out_->positions > 0;
    const bool after_number = glued && out_->tokens[out_->last].kind == TokenKind::number;
    read_atom(chain_[i], after_number);
  }
  joined_waits_ = false;
}

// Fills chain_ and elided_. Behind an apostrophe an "s" goes with its word ("women's" is "womens", which people type); before one, some
// words are articles ("l'huile"); in Turkish, what follows one are the endings of a name.
void GroupReader::merge_apostrophes(std::span<const Atom> atoms) {
  chain_.clear();
  elided_.clear();
  const Language& language = core_.language;
  for (const Atom& atom : atoms) {
    const std::string_view folded = atoms_.folded(atom);
    const bool apostrophe = !chain_.empty() && atom.joiner == '\'';
    if (apostrophe && is_contraction(folded, language.code) && chain_.back().fold_end == atom.fold_begin) {
      Atom& word = chain_.back();
      const bool same = folded == "s" && atoms_.folded(word).ends_with('s');
      word.end = atom.end;
      if (!same && atom.fold_end - word.fold_begin <= Atoms::kMaxTermBytes) word.fold_end = atom.fold_end;
      word.kind = kind_of(atoms_.folded(word));
      continue;
    }
    if (apostrophe) {
      const auto& articles = language.elided;
      elided_.back() = std::find(articles.begin(), articles.end(), atoms_.folded(chain_.back())) != articles.end();
    }
    chain_.push_back(atom);
    elided_.push_back(apostrophe && language.code == "tr");
  }
}

// Decides whether the chain has a reading as one word, and fills joined_ with it.
void GroupReader::plan_joined() {
  joined_.clear();
  joined_waits_ = false;
  if (chain_.size() < 2 || chain_.size() > kMaxParts) return;
  std::size_t digits = 0;
  for (const Atom& atom : chain_) {
    const std::string_view folded = atoms_.folded(atom);
    if (joined_.size() + folded.size() > kMaxJoined) return;
    for (const char c : folded) {
      if (c != ',' && c != '\'' && c != '/') joined_.push_back(c);
      digits += is_digit(c) ? 1 : 0;
    }
  }
  const AtomKind kind = kind_of(joined_);
  if (kind == AtomKind::number) {
    joined_waits_ = digits == joined_.size() && digits >= kMinJoinedDigits;
    return;
  }
  split_runs(joined_);
  const bool quantity = kind == AtomKind::mixed && core_.settings.units && is_quantity(joined_);  // "32-inch" is 32 inches
  joined_waits_ = !quantity;
}

void GroupReader::push_word(std::uint32_t word, std::uint32_t begin, std::uint32_t end, TokenKind kind) {
  if (out_->positions == 0) out_->first = static_cast<std::uint32_t>(out_->tokens.size());
  out_->last = static_cast<std::uint32_t>(out_->tokens.size());
  out_->tokens.push_back({word, begin, end, out_->positions, kind, false});
  ++out_->positions;
  if (!joined_waits_ || elided_[0]) return;
  joined_waits_ = false;
  push_extra(words_.add(joined_), {chain_.front().begin, chain_.back().end}, TokenKind::joined);
}

// At the position of the last word; before the first one, at its position.
void GroupReader::push_extra(std::uint32_t word, std::array<std::uint32_t, 2> place, TokenKind kind) {
  const bool behind = out_->positions > 0 && !(joined_waits_ && elided_[0]);
  out_->tokens.push_back({word, place[0], place[1], behind ? out_->positions - 1 : out_->positions, kind, true});
}

void GroupReader::push_unit(std::uint32_t of_word, std::array<std::uint32_t, 2> place, bool after_number) {
  const Unit unit = words_[of_word].unit;
  if (!core_.settings.units || unit.term.empty() || (unit.after_number && !after_number)) return;
  push_extra(words_.add(unit.term), place, TokenKind::unit);
}

void GroupReader::read_atom(const Atom& atom, bool after_number) {
  switch (atom.kind) {
    case AtomKind::letters:
      return read_word(atom, after_number);
    case AtomKind::number:
      return read_number_atom(atom);
    case AtomKind::mixed:
      return read_mixed(atom);
    default:
      return read_run(atom);
  }
}

void GroupReader::read_word(const Atom& atom, bool after_number) {
  const std::string_view folded = atoms_.folded(atom);
  const std::uint32_t word = words_.add(folded, raw(atom));
  push_word(word, atom.begin, atom.end, TokenKind::word);
  push_unit(word, {atom.begin, atom.end}, after_number);
  if (core_.settings.compounds == nullptr) return;
  const std::vector<CompoundPart> parts = core_.settings.compounds->split(folded);
  if (parts.empty()) return;
  locate(atom);
  for (const CompoundPart& part : parts) {
    push_extra(words_.add(folded.substr(part.begin, part.end - part.begin)), place_of(atom, part.begin, part.end), TokenKind::part);
  }
}

// The bytes of the group that a piece of an atom's folded text comes from; all of the atom's where characters fold together.
std::array<std::uint32_t, 2> GroupReader::place_of(const Atom& atom, std::uint32_t begin, std::uint32_t end) const {
  if (origins_.empty()) return {atom.begin, atom.end};
  return {atom.begin + origins_[begin][0], atom.begin + origins_[end - 1][1]};
}

void GroupReader::locate(const Atom& atom) {
  origins_ = origins(raw(atom), atoms_.folded(atom), !core_.settings.folds);
}

void GroupReader::read_number_atom(const Atom& atom) {
  const std::string_view folded = atoms_.folded(atom);
  if (!core_.settings.units) return push_word(words_.add(folded), atom.begin, atom.end, TokenKind::number);
  const NumberKind kind = read_number(folded, core_.language.decimal_comma, number_);
  if (kind == NumberKind::number) return push_word(words_.add(number_), atom.begin, atom.end, TokenKind::number);
  if (kind == NumberKind::version) return read_version(atom);
  read_list(atom, 0, static_cast<std::uint32_t>(folded.size()));
}

// Reads the pieces of an atom whose digits [begin, end) are several numbers, each for itself: "1,2,3", "6'2in" (six feet two).
void GroupReader::read_list(const Atom& atom, std::uint32_t begin, std::uint32_t end) {
  const std::string_view folded = atoms_.folded(atom);
  locate(atom);
  const std::vector<std::array<std::uint32_t, 2>> places = origins_;
  const auto place = [&](std::size_t from, std::size_t to) {
    return places.empty() ? std::array{atom.begin, atom.end} : std::array{atom.begin + places[from][0], atom.begin + places[to - 1][1]};
  };
  for (std::size_t from = 0; from < folded.size();) {
    std::size_t to = folded.find_first_of(",'", std::max<std::size_t>(from, begin));
    if (to == std::string_view::npos || to >= end) to = folded.size();
    const std::array<std::uint32_t, 2> bytes = place(from, to);
    Atom piece = atom;
    piece.begin = bytes[0];
    piece.end = bytes[1];
    piece.fold_begin = atom.fold_begin + static_cast<std::uint32_t>(from);
    piece.fold_end = atom.fold_begin + static_cast<std::uint32_t>(to);
    piece.kind = kind_of(atoms_.folded(piece));
    read_atom(piece, false);
    if (to < end && folded[to] == '\'') {
      const std::array<std::uint32_t, 2> mark = place(to, to + 1);
      push_word(words_.add("#foot"), mark[0], mark[1], TokenKind::unit);
    }
    from = to + 1;
  }
}

// "1.2.3" as it stands, and its numbers.
void GroupReader::read_version(const Atom& atom) {
  const std::string_view folded = atoms_.folded(atom);
  push_word(words_.add(folded), atom.begin, atom.end, TokenKind::code);
  const auto points = static_cast<std::size_t>(std::count(folded.begin(), folded.end(), '.'));
  if (!core_.settings.codes || points >= kMaxParts) return;
  locate(atom);
  for (std::uint32_t begin = 0; begin < folded.size();) {
    const auto end = static_cast<std::uint32_t>(std::min(folded.find('.', begin), folded.size()));
    if (end > begin) push_extra(words_.add(folded.substr(begin, end - begin)), place_of(atom, begin, end), TokenKind::part);
    begin = end + 1;
  }
}

void GroupReader::split_runs(std::string_view folded) {
  runs_.clear();
  for (std::uint32_t i = 0; i < folded.size(); ++i) {
    const char c = folded[i];
    const bool digits = is_digit(c) || c == '.' || c == ',' || c == '\'' || c == '/';
    if (runs_.empty() || runs_.back().digits != digits) runs_.push_back({i, i, digits});
    runs_.back().end = i + 1;
  }
}

std::string_view GroupReader::canonical(std::string_view folded, const Run& run) {
  const std::string_view text = folded.substr(run.begin, run.end - run.begin);
  if (!run.digits || !core_.settings.units) return text;
  if (read_number(text, core_.language.decimal_comma, number_) != NumberKind::number) return text;
  return number_;
}

void GroupReader::read_mixed(const Atom& atom) {
  const std::string_view folded = atoms_.folded(atom);
  split_runs(folded);
  if (core_.settings.units) {
    for (const Run& run : runs_) {
      if (run.digits &&
          read_number(folded.substr(run.begin, run.end - run.begin), core_.language.decimal_comma, number_) == NumberKind::list) {
        return read_list(atom, run.begin, run.end);
      }
    }
    if (is_quantity(folded)) return read_quantity(atom);
  }
  read_code(atom);
}

// Numbers with their units, or with an x between them: "5.5oz", "12v7ah", "20x30cm". Not a whole number with one letter ("5g", "3m", "4a"):
// that may as well be a name, and is read as a code with the quantity beside it.
bool GroupReader::is_quantity(std::string_view folded) const {
  if (!runs_.front().digits) return false;
  for (const Run& run : runs_) {
    const std::string_view text = folded.substr(run.begin, run.end - run.begin);
    std::string number;
    if (run.digits ? read_number(text, core_.language.decimal_comma, number) != NumberKind::number
                   : text != "x" && unit_of(text).term.empty()) {
      return false;
    }
  }
  const std::string_view first = folded.substr(0, runs_[0].end), second = folded.substr(runs_[1].begin, runs_[1].end - runs_[1].begin);
  const bool whole = std::all_of(first.begin(), first.end(), is_digit);
  return runs_.size() > 2 || second == "x" || !whole || !is_one_character(second);
}

void GroupReader::read_quantity(const Atom& atom) {
  const std::string_view folded = atoms_.folded(atom);
  locate(atom);
  for (const Run& run : runs_) {
    const std::array<std::uint32_t, 2> place = place_of(atom, run.begin, run.end);
    const std::uint32_t word = words_.add(canonical(folded, run));
    push_word(word, place[0], place[1], run.digits ? TokenKind::number : TokenKind::word);
    if (!run.digits) push_unit(word, place, true);
  }
}

// The code as one term; its letters and numbers each; and in longer ones each group of letters with its number, as in "1000xm4".
void GroupReader::read_code(const Atom& atom) {
  const std::string_view folded = atoms_.folded(atom);
  surface_.clear();
  for (const Run& run : runs_) surface_ += canonical(folded, run);
  std::erase_if(surface_, [](char c) { return c == ',' || c == '\'' || c == '/'; });
  push_word(words_.add(surface_), atom.begin, atom.end, TokenKind::code);
  if (!core_.settings.codes || runs_.size() < 2 || runs_.size() > kMaxParts) return;
  locate(atom);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (!run.digits && i + 1 < runs_.size() && runs_.size() > 2) {
      surface_ = canonical(folded, run);
      surface_ += canonical(folded, runs_[i + 1]);
      push_extra(words_.add(surface_), place_of(atom, run.begin, runs_[i + 1].end), TokenKind::joined);
    }
    const std::uint32_t part = words_.add(canonical(folded, run));
    push_extra(part, place_of(atom, run.begin, run.end), TokenKind::part);
    if (runs_.size() == 2 && i == 1 && runs_[0].digits) push_unit(part, place_of(atom, run.begin, run.end), true);
  }
}

// A script without blanks: pairs of neighbours, and the last one alone, so that a query of one character finds it wherever it stands.
void GroupReader::read_run(const Atom& atom) {
  const std::string_view run = raw(atom);
  if (!core_.settings.grams) {
    breaker().words(run, spans_);
    for (const WordSpan& span : spans_) {
      surface_ = fold(run.substr(span.begin, span.end - span.begin));
      surface_.resize(std::min(surface_.size(), Atoms::kMaxTermBytes));
      if (!surface_.empty()) push_word(words_.add(surface_), atom.begin + span.begin, atom.begin + span.end, TokenKind::word);
    }
    return;
  }
  read_clusters(run, clusters_, run_folded_);
  const auto surface = [&](std::size_t i) {  // of the pair that begins with cluster i; the last one's is alone
    const Cluster& to = clusters_[std::min(i + 1, clusters_.size() - 1)];
    return std::string_view(run_folded_).substr(clusters_[i].fold_begin, to.fold_end - clusters_[i].fold_begin);
  };
  hashes_.clear();
  for (std::size_t i = 0; i < clusters_.size(); ++i) hashes_.push_back(words_.prefetch_gram(surface(i)));
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    const bool last = i + 1 == clusters_.size();
    const std::uint32_t word = words_.add_gram(surface(i), hashes_[i]);
    const std::uint32_t begin = atom.begin + clusters_[i].begin;
    if (last && i > 0) {
      push_extra(word, {begin, atom.begin + clusters_[i].end}, TokenKind::part);
    } else {
      push_word(word, begin, atom.begin + clusters_[last ? i : i + 1].end, TokenKind::gram);
    }
  }
}

}  // namespace souk::text
