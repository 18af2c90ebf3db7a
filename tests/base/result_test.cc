#include "souk/base/result.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace souk {
namespace {

TEST(Error, MessageTellsAllItKnowsInOneLine) {
  const Error error{ErrorKind::invalid, "cannot read the price", "items.csv:17: price", "a decimal number such as 29.90",
                    "\"abc\"",          "Correct the row."};
  EXPECT_EQ(error.message(),
            "items.csv:17: price: cannot read the price: expected a decimal number such as 29.90, found \"abc\". Correct the row.");
}

TEST(Error, MessageLeavesOutWhatIsEmpty) {
  EXPECT_EQ((Error{ErrorKind::io, "disk full", {}, {}, {}, {}}.message()), "disk full");
  EXPECT_EQ((Error{ErrorKind::io, "disk full", {}, {}, {}, "Free some space."}.message()), "disk full. Free some space.");
  EXPECT_EQ((Error{ErrorKind::io, "odd", "f", {}, "x", {}}.message()), "f: odd: found x");
}

TEST(FailErrno, CarriesTheSystemsTextAndTellsMissingFilesApart) {
  const Status missing = fail_errno("cannot open", "/nowhere", ENOENT);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_EQ(missing.error().message(), "/nowhere: cannot open: found No such file or directory");
  const Status full = fail_errno("cannot write", "f", ENOSPC);
  EXPECT_EQ(full.error().kind, ErrorKind::disk_full);
  EXPECT_EQ(full.error().message(), "f: cannot write: found No space left on device. Make room on that disk, and try again");
  EXPECT_EQ(fail_errno("cannot write", "f", EDQUOT).value().kind, ErrorKind::disk_full);
  EXPECT_EQ(fail_errno("cannot write", "f", EIO).value().kind, ErrorKind::io);
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::invalid, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  SOUK_TRY(const int once, half(number));
  SOUK_CHECK(half(once));
  return half(once);
}

TEST(Try, PassesTheFirstErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().what, "odd");
  EXPECT_EQ(quarter(3).error().what, "odd");
}

}  // namespace
}  // namespace souk
