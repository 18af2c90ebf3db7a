#include "souk/text/analyzer.h"

#include "souk/text/core.h"

namespace souk::text {
namespace {

constexpr std::size_t kLentWords = std::size_t{1} << 15U;  // that a lent tokenizer remembers
constexpr std::size_t kMaxIdle = 16;

}  // namespace

std::shared_ptr<const Analyzer> Analyzer::for_language(std::string_view language, AnalyzerSettings settings) {
  auto core = std::make_shared<AnalyzerCore>();
  core->tag = language;
  core->language = language_of(language);
  core->settings = std::move(settings);
  return std::shared_ptr<const Analyzer>(new Analyzer(std::move(core)));
}

Analyzer::Analyzer(std::shared_ptr<const AnalyzerCore> core) : core_(std::move(core)), pool_(std::make_unique<Pool>()) {}
Analyzer::~Analyzer() = default;

std::string_view Analyzer::language() const {
  return core_->tag;
}

bool Analyzer::term_follows_surface() const {
  return !core_->settings.stems || (!core_->language.stem_first && !core_->settings.detects);
}

std::vector<Token> Analyzer::analyze(std::string_view text) const {
  const TokenizerLoan tokenizer(*this);
  const std::span<const TokenRef> read = tokenizer->analyze(text);
  std::vector<Token> tokens;
  tokens.reserve(read.size());
  for (const TokenRef& token : read) {
    tokens.push_back({std::string(tokenizer->term(token.word)), std::string(tokenizer->surface(token.word)), token.begin, token.end,
                      token.position, token.kind, token.extra});
  }
  return tokens;
}

TokenizerLoan::TokenizerLoan(const Analyzer& analyzer) : pool_(*analyzer.pool_) {
  {
    const std::lock_guard lock(pool_.mutex);
    if (!pool_.idle.empty()) {
      tokenizer_ = std::move(pool_.idle.back());
      pool_.idle.pop_back();
    }
  }
  if (tokenizer_ == nullptr) tokenizer_ = std::make_unique<Tokenizer>(analyzer, kLentWords);
}

TokenizerLoan::~TokenizerLoan() {
  const std::lock_guard lock(pool_.mutex);
  if (pool_.idle.size() < kMaxIdle) pool_.idle.push_back(std::move(tokenizer_));
}

}  // namespace souk::text
