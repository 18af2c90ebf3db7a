// What every verb shares: the global flags, exit statuses, and how results and errors are printed. Results go to stdout; logs, progress
// and errors to stderr. With --json, stdout carries exactly one JSON object (or NDJSON for streams), errors included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/engine/words.h"

namespace souk::cli {

enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kRejected = 3,  // nothing was applied because too many rows were refused
  kBusy = 4,      // the shop is held by another process
};

struct Console {
  bool json = false, quiet = false;
  unsigned threads = 1;
  std::uint64_t seed = 1;

  Progress::Style progress() const { return quiet ? Progress::Style::silent : Progress::Style::automatic; }
};

void print(std::string_view text);  // to stdout, as it is
void print_line(std::string_view text);
// Flushes stdout, and turns success into failure, with a message, where not all of the results could be written.
int finish_output(int status);
void note(const Console& console, std::string_view text);  // to stderr, unless quiet

// Prints the error and returns the exit status of its kind.
int report(const Console& console, const Error& error);
// The same for a flag or argument that could not be understood: status 2.
int report_usage(const Console& console, const Error& error);
// The same for a question that the shop could not answer: wrong usage when what was asked cannot be read, such as a filter.
int report_question(const Console& console, const Error& error);
std::string error_json(const Error& error);

enum class Access : std::uint8_t { write, read, repair };
// Opens a shop for a verb. A verb that only reads is served beside the process that holds the shop.
Result<std::unique_ptr<engine::Shop>> open_shop(const Console& console, const std::string& directory, Access access);

// Text in aligned columns; the last column is not padded. Widths are counted in code points.
class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  explicit Table(std::vector<std::string> header, std::vector<Align> align = {});  // an empty header prints none
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text(std::string_view indent = {}) const;

 private:
  std::vector<std::string> header_;
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

using engine::with_commas;

std::string clipped(std::string_view text, std::size_t columns);  // with an ellipsis when cut
std::string bytes_text(std::uint64_t bytes);                      // "12.3 MB"
std::string price_text(const store::Item& item);                  // "29.90 EUR", empty without an offer

// "10%" or "0.1": a share from 0 to 1.
Result<double> parse_share(std::string_view text, std::string_view flag);

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
// SOUK_OR_REPORT(auto x, console, f()): x is the value of f(), or the error is reported and its exit status returned.
#define SOUK_OR_REPORT(declaration, console, expression) \
  SOUK_OR_REPORT_INNER(declaration, console, expression, SOUK_CONCAT(souk_result_, __LINE__))
#define SOUK_OR_REPORT_INNER(declaration, console, expression, result) \
  auto result = (expression);                                          \
  if (!result) return ::souk::cli::report(console, result.error());    \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace souk::cli
