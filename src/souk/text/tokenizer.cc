#include <map>

#include "souk/text/analyzer.h"
#include "souk/text/core.h"
#include "souk/text/detect.h"
#include "souk/text/memo.h"
#include "souk/text/reader.h"

namespace souk::text {
namespace {

constexpr std::size_t kMaxRemembered = 64;       // bytes of a group; longer ones are read anew
constexpr std::size_t kMaxRememberedTokens = 6;  // of a group that is not ASCII: sentences of Chinese do not come again

// Blanks, and the wide ones that stand between numbers and units.
bool is_blank(std::string_view gap) {
  for (std::size_t i = 0; i < gap.size();) {
    if (gap[i] == ' ' || (gap[i] >= '\t' && gap[i] <= '\r')) {
      ++i;
    } else if (gap.substr(i).starts_with("\u00A0")) {
      i += 2;
    } else if (gap.substr(i).starts_with("\u202F") || gap.substr(i).starts_with("\u2009")) {
      i += 3;
    } else {
      return false;
    }
  }
  return !gap.empty();
}

bool only_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

struct Tokenizer::State {
  State(std::shared_ptr<const AnalyzerCore> core_, std::size_t max_words_)
      : max_words(std::max<std::size_t>(max_words_, 1)), words(core_->language, core_->settings.stems), own(std::move(core_), 0, words) {}

  // How texts of one language are read. The languages of a tokenizer share its words.
  struct Spoken {
    Spoken(std::shared_ptr<const AnalyzerCore> core_, std::uint32_t number_, Words& words)
        : core(std::move(core_)), number(number_), reader(*core, words) {}
    const std::shared_ptr<const AnalyzerCore> core;
    const std::uint32_t number;  // in words
    GroupReader reader;
    GroupMemo memo;
  };

  const std::size_t max_words;
  Words words;
  Spoken own;
  std::map<std::string, std::unique_ptr<Spoken>, std::less<>> others;  // by tag, as they are met
  Spoken* spoken = &own;                                               // in the text at hand
  GroupReading fresh;
  std::vector<TokenRef> tokens;
  std::uint64_t generation = 0;

  // What the last word means for the next one.
  struct Flow {
    bool number = false, half = false;  // it is a number; it may be the first half of one that is written apart
    std::uint32_t last = 0;             // its place among the tokens
    std::size_t end = 0;                // bytes of the text
    std::uint32_t positions = 0;
  };

  void forget() {
    words.clear();
    own.memo.clear();
    for (auto& [tag, language] : others) language->memo.clear();
    ++generation;
  }

  void detect(std::string_view text) {
    const std::string tag = detect_language(text, own.core->tag).language;
    spoken = tag == own.core->tag ? &own : &other(tag);
    words.speak(spoken->number);
  }

  Spoken& other(const std::string& tag) {
    std::unique_ptr<Spoken>& known = others[tag];
    if (known == nullptr) {
      auto core = std::make_shared<AnalyzerCore>(AnalyzerCore{tag, language_of(tag), own.core->settings});
      core->settings.compounds = nullptr;  // they are the shop's language's
      const std::uint32_t number = words.add_language(core->language);
      known = std::make_unique<Spoken>(std::move(core), number, words);
    }
    return *known;
  }

  // Reads a group into `fresh`.
  Remembered read(std::string_view group) {
    spoken->reader.read(group, fresh);
    Remembered head;
    head.positions = fresh.positions;
    head.first = fresh.first;
    head.last = fresh.last;
    if (fresh.positions == 0) return head;
    const TokenRef& last = fresh.tokens[fresh.last];
    head.number = last.kind == TokenKind::number && last.end == group.size();
    head.half =
        last.kind == TokenKind::word && last.end == group.size() && spoken->core->settings.codes && words[last.word].begins_one_word;
    head.unit = spoken->core->settings.units && words[fresh.tokens[fresh.first].word].unit.after_number;
    return head;
  }

  struct Pending {
    Group group;
    std::uint64_t hash = 0;
  };

  void add(std::string_view text, const Pending& next, Flow& flow) {
    const Group& group = next.group;
    const std::string_view bytes = text.substr(group.begin, group.end - group.begin);
    if (bytes.size() > kMaxRemembered) {
      const Remembered head = read(bytes);
      append(text, group, head, fresh.tokens, flow);
      return;
    }
    if (const Remembered* known = spoken->memo.find(bytes, next.hash); known != nullptr) {
      append(text, group, *known, known->tokens(), flow);
      return;
    }
    const Remembered head = read(bytes);
    if (group.ascii || fresh.tokens.size() <= kMaxRememberedTokens) spoken->memo.add(bytes, next.hash, head, fresh.tokens);
    append(text, group, head, fresh.tokens, flow);
  }

  void append(std::string_view text, const Group& group, const Remembered& head, std::span<const TokenRef> read_tokens, Flow& flow) {
    if (head.positions == 0) return;
    const auto offset = static_cast<std::uint32_t>(group.begin);
    const bool meets = (flow.number || flow.half) && is_blank(text.substr(flow.end, group.begin - flow.end));
    if (meets) join_before(text, offset, read_tokens[head.first], head.positions, flow);
    const std::size_t base = tokens.size();
    tokens.resize(base + read_tokens.size());
    for (std::size_t i = 0; i < read_tokens.size(); ++i) {
      TokenRef token = read_tokens[i];
      token.begin += offset;
      token.end += offset;
      token.position += flow.positions;
      tokens[base + i] = token;
    }
    flow.last = static_cast<std::uint32_t>(base + head.last);
    if (meets && flow.number && head.unit) {
      TokenRef token = tokens[base + head.first];
      token.word = words.add(words[token.word].unit.term);
      token.kind = TokenKind::unit;
      token.extra = true;
      tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(base + head.first + 1), token);
      if (head.last > head.first) ++flow.last;
    }
    flow.number = head.number;
    flow.half = head.half;
    flow.end = group.end;
    flow.positions += head.positions;
  }

  // Readings of the last word together with the next one: "1 000", "wi fi".
  void join_before(std::string_view text, std::uint32_t offset, const TokenRef& next, std::uint32_t positions, const Flow& flow) {
    TokenRef token = tokens[flow.last];
    const std::string_view before = words[token.word].surface, after = words[next.word].surface;
    const std::string_view gap = text.substr(flow.end, offset + next.begin - flow.end);
    if (flow.number && spoken->core->settings.units && next.kind == TokenKind::number) {
      const bool grouped = before.size() <= 3 && before[0] != '0' && only_digits(before) && after.size() == 3 && only_digits(after) &&
                           (gap == " " ? spoken->core->language.spaced_groups : gap.size() > 1 && gap[0] != ' ');
      if (!grouped) return;
      token.kind = TokenKind::number;
    } else if (flow.half && positions == 1 && one_word(before, after)) {
      token.kind = TokenKind::joined;
    } else {
      return;
    }
    token.word = words.add(std::string(before).append(after));
    token.end = offset + next.end;
    token.extra = true;
    tokens.insert(tokens.begin() + flow.last + 1, token);
  }

  // The marks of inches and feet behind a number.
  void add_mark(std::string_view text, Flow& flow) {
    if (!flow.number || !spoken->core->settings.units) return;
    struct Mark {
      std::string_view mark, unit;
    };
    constexpr Mark kMarks[] = {{"\"", "#inch"},     {"''", "#inch"}, {"\u2033", "#inch"},
                               {"\u201D", "#inch"}, {"'", "#foot"},  {"\u2032", "#foot"}};
    for (const Mark& mark : kMarks) {
      if (!text.substr(flow.end).starts_with(mark.mark)) continue;
      const auto begin = static_cast<std::uint32_t>(flow.end);
      tokens.push_back(
          {words.add(mark.unit), begin, begin + static_cast<std::uint32_t>(mark.mark.size()), flow.positions, TokenKind::unit, false});
      ++flow.positions;
      flow.number = false;
      return;
    }
  }
};

Tokenizer::Tokenizer(const Analyzer& analyzer, std::size_t max_words) : state_(std::make_unique<State>(analyzer.core_, max_words)) {}
Tokenizer::~Tokenizer() = default;

std::span<const TokenRef> Tokenizer::analyze(std::string_view text) {
  State& state = *state_;
  if (state.words.size() > state.max_words || state.spoken->memo.size() > state.max_words) state.forget();
  state.tokens.clear();
  text = text.substr(0, UINT32_MAX);
  if (state.own.core->settings.detects) state.detect(text);
  GroupMemo& memo = state.spoken->memo;
  State::Flow flow;
  std::array<State::Pending, 16> batch;
  for (std::size_t at = 0, filled = batch.size(); filled == batch.size();) {
    for (filled = 0; filled < batch.size() && next_group(text, at, batch[filled].group); ++filled) {
      State::Pending& next = batch[filled];
      at = next.group.end;
      if (at - next.group.begin > kMaxRemembered) continue;
      next.hash = GroupMemo::hash(text.substr(next.group.begin, at - next.group.begin));
      memo.prefetch_slot(next.hash);
    }
    for (std::size_t i = 0; i < filled; ++i) memo.prefetch_group(batch[i].hash);
    for (std::size_t i = 0; i < filled; ++i) {
      state.add(text, batch[i], flow);
      if (flow.end == batch[i].group.end) state.add_mark(text, flow);
    }
  }
  return state.tokens;
}

std::string_view Tokenizer::surface(std::uint32_t word) const {
  return state_->words[word].surface;
}
std::string_view Tokenizer::term(std::uint32_t word) const {
  return state_->words[word].term;
}
std::uint32_t Tokenizer::words() const {
  return state_->words.size();
}
std::uint64_t Tokenizer::generation() const {
  return state_->generation;
}
std::uint32_t Tokenizer::add_word(std::string_view surface) {
  return state_->words.add(surface);
}
WordBreaker& Tokenizer::breaker() {
  return state_->spoken->reader.breaker();
}

}  // namespace souk::text
