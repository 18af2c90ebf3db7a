// What a piece of work writes to stderr.
#pragma once

#include <gtest/gtest.h>
#include <string>

namespace souk::testing {

template <class Body>
std::string stderr_of(const Body& body) {
  ::testing::internal::CaptureStderr();
  body();
  return ::testing::internal::GetCapturedStderr();
}

}  // namespace souk::testing
