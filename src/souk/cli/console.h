// What every verb shares: the global flags, exit statuses, and how results and errors are printed. Results go to stdout; logs, progress
// and errors to stderr. With --json, stdout carries exactly one JSON object (or NDJSON for streams), errors included.
//
// A verb that writes may run in the process that serves the shop, for somebody at another terminal (forward.h). So a verb prints through
// its Console, asks it for files and shops, and leaves the process's own streams, folder and signals alone.
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

enum class Access : std::uint8_t { write, read, repair };

class Caller {  // who gave the command
 public:
  virtual ~Caller() = default;
  virtual void out(std::string_view text) = 0;  // results
  virtual void err(std::string_view text) = 0;  // messages
  // Whether all results so far have arrived.
  virtual bool arrived() { return true; }
  // Of this command. It is cancelled when the caller does not want it any more.
  virtual Progress& progress(bool quiet) = 0;
  // A file as the caller named it, for this process to open: "-" is their standard input, everything else stands below their folder.
  virtual fs::path file(const std::string& name) = 0;
  virtual Result<std::shared_ptr<engine::Shop>> open(const std::string& directory, Access access, const engine::OpenOptions& options) = 0;
};

struct Console {
  Caller* caller = nullptr;  // outlives the command
  bool json = false, quiet = false;
  unsigned threads = 1;
  std::uint64_t seed = 1;

  Progress& progress() const { return caller->progress(quiet); }
  fs::path file(const std::string& name) const { return caller->file(name); }
};

void print(const Console& console, std::string_view text);  // to stdout, as it is
void print_line(const Console& console, std::string_view text);
void note(const Console& console, std::string_view text);  // to stderr, unless quiet

// Prints the error and returns the exit status of its kind.
int report(const Console& console, const Error& error);
// The same for a flag or argument that could not be understood: status 2.
int report_usage(const Console& console, const Error& error);
// The same for a question that the shop could not answer: wrong usage when what was asked cannot be read, such as a filter.
int report_question(const Console& console, const Error& error);
std::string error_json(const Error& error);

// Opens a shop for a verb. A verb that only reads is served beside the process that holds the shop.
Result<std::shared_ptr<engine::Shop>> open_shop(const Console& console, const std::string& directory, Access access);

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
