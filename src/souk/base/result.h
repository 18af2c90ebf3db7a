// Errors are values. A function that can fail returns Result<T>; exceptions never cross a room's border.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace souk {

enum class ErrorKind {
  invalid,      // the caller's input is wrong
  not_found,    // the named thing does not exist
  exists,       // the named thing exists already
  corrupt,      // stored bytes fail their checksum or cannot be read
  version,      // a format of another version
  io,           // the operating system refused
  disk_full,    // no room on the disk, or no more of the user's quota
  busy,         // held by another process, or overloaded
  limit,        // a configured or stated limit was exceeded
  unsupported,  // known, but not possible here
  cancelled,    // stopped on request
  internal,     // a bug in Souk
};

// What went wrong, told so that a shop owner can act on it. Every field but `what` may be empty.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;      // "cannot read the item feed"
  std::string where;     // file, line and column, field, or route: "items.csv:17: price"
  std::string expected;  // "a decimal number such as 29.90"
  std::string found;     // "abc"
  std::string hint;      // what to do about it

  // One line for people: "items.csv:17: price: cannot read ...: expected ..., found .... Hint".
  std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(ErrorKind kind, std::string what, std::string where = {}, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(what), std::move(where), {}, {}, std::move(hint)});
}
// An error that carries the text of errno: ErrorKind::not_found for ENOENT, disk_full for ENOSPC and EDQUOT, io for all others.
tl::unexpected<Error> fail_errno(std::string what, std::string where, int error_number);
inline constexpr const char* kMakeRoom = "Make room on that disk, and try again";  // the hint of disk_full

}  // namespace souk

#define SOUK_CONCAT_INNER(a, b) a##b
#define SOUK_CONCAT(a, b) SOUK_CONCAT_INNER(a, b)
// SOUK_TRY(auto x, f()): x is the value of f(), or the error is returned to the caller.
#define SOUK_TRY(declaration, expression) SOUK_TRY_INNER(declaration, expression, SOUK_CONCAT(souk_result_, __LINE__))
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define SOUK_TRY_INNER(declaration, expression, result)        \
  auto result = (expression);                                  \
  if (!result) return ::souk::fail(std::move(result).error()); \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)
// SOUK_CHECK(f()): returns f()'s error, if any, to the caller.
#define SOUK_CHECK(expression)                                                                              \
  do {                                                                                                      \
    if (auto souk_status = (expression); !souk_status) return ::souk::fail(std::move(souk_status).error()); \
  } while (false)
