// Threads. run_in_background makes way for others; parallel_for splits a range over a fixed number of threads; ordered_pipeline is a
// bounded pipeline whose results keep their order.
#pragma once

#include <cstddef>
#include <functional>

namespace souk {

// Number of threads to use when the user did not say: the cores this process may run on.
unsigned default_threads();

// Leaves processor and disk to whoever else wants them: nice 19 and idle input and output for the calling thread and what it starts. An
// ordinary user cannot take it back. System calls alone: allowed between fork and exec.
void make_way();

// Calls `work` on a thread of its own that makes way, and returns when it is done. For long work
// beside which others are answered. `work` must not throw.
void run_in_background(const std::function<void()>& work);

// Calls work(begin, end, thread) for consecutive chunks of [0, count), on at most `threads` threads, the caller's included.
// Chunks have `grain` elements (the last may be shorter) and are taken dynamically: which thread runs a chunk is not defined.
// Returns when all are done. `work` must not throw.
void parallel_for(std::size_t count, std::size_t grain, unsigned threads,
                  const std::function<void(std::size_t, std::size_t, unsigned)>& work);

// Streams an unknown number of pieces through `slots` buffers, which the caller keeps and which are named by their numbers:
//   produce(slot)   fills the slot; false: there is no more, the slot is not used
//   transform(slot) works on it, on any of `threads` threads, the caller's included
//   consume(slot)   takes the result, in the order of production; false: stop, dropping what is in flight
// produce and consume run on the caller's thread only. At most `slots` pieces are in flight, which bounds the memory; twice the number
// of threads keeps all busy. Returns when every thread has stopped. The functions must not throw.
void ordered_pipeline(std::size_t slots, unsigned threads, const std::function<bool(std::size_t)>& produce,
                      const std::function<void(std::size_t)>& transform, const std::function<bool(std::size_t)>& consume);

}  // namespace souk
