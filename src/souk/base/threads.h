// Threads. parallel_for splits a range over a fixed number of threads; Ordered is a bounded pipeline whose results keep their order.
#pragma once

#include <cstddef>
#include <functional>

namespace souk {

// Number of threads to use when the user did not say: the cores this process may run on.
unsigned default_threads();

// Calls work(begin, end, thread) for consecutive chunks of [0, count), on at most `threads` threads, the caller's included.
// Chunks have `grain` elements (the last may be shorter) and are taken dynamically: which thread runs a chunk is not defined.
// Returns when all are done. `work` must not throw.
void parallel_for(std::size_t count, std::size_t grain, unsigned threads, const std::function<void(std::size_t, std::size_t, unsigned)>& work);

}  // namespace souk
