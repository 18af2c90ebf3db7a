// What an analyzer is made of, shared by it and its tokenizers.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "souk/text/analyzer.h"
#include "souk/text/languages.h"

namespace souk::text {

struct AnalyzerCore {  // immutable
  std::string tag;     // as asked for
  Language language;
  AnalyzerSettings settings;
};

struct Analyzer::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Tokenizer>> idle;
};

// A tokenizer of the analyzer's own, given back at the end of the scope.
class TokenizerLoan {
 public:
  explicit TokenizerLoan(const Analyzer& analyzer);
  ~TokenizerLoan();
  TokenizerLoan(const TokenizerLoan&) = delete;
  TokenizerLoan& operator=(const TokenizerLoan&) = delete;
  Tokenizer& operator*() const { return *tokenizer_; }
  Tokenizer* operator->() const { return tokenizer_.get(); }

 private:
  Analyzer::Pool& pool_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

}  // namespace souk::text
