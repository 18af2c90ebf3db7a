// For tests that go on in a forked process while the first one has threads, as RocksDB keeps some. ThreadSanitizer knows the threads of
// the process it began in only.
#pragma once

#include <gtest/gtest.h>

#ifdef __SANITIZE_THREAD__
#define SOUK_NEEDS_FORK() GTEST_SKIP() << "ThreadSanitizer does not follow a forked process that starts threads"
#else
#define SOUK_NEEDS_FORK() static_cast<void>(0)
#endif
