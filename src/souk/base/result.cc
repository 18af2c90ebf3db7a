#include "souk/base/result.h"

#include <cerrno>
#include <fmt/format.h>
#include <system_error>

namespace souk {

std::string Error::message() const {
  std::string line;
  if (!where.empty()) line = where + ": ";
  line += what;
  if (!expected.empty()) line += ": expected " + expected;
  if (!found.empty()) line += (expected.empty() ? ": found " : ", found ") + found;
  if (!hint.empty()) line += (line.ends_with('.') ? " " : ". ") + hint;
  return line;
}

tl::unexpected<Error> fail_errno(std::string what, std::string where, int error_number) {
  // std::generic_category, not strerror, because it is thread-safe.
  Error error{ErrorKind::io, std::move(what), std::move(where), {}, std::generic_category().message(error_number), {}};
  if (error_number == ENOENT) error.kind = ErrorKind::not_found;
  if (error_number == ENOSPC || error_number == EDQUOT) {
    error.kind = ErrorKind::disk_full;
    error.hint = kMakeRoom;
  }
  return fail(std::move(error));
}

}  // namespace souk
