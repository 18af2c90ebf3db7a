// Writes served records behind the requests: a request only queues its record; a thread hands batches to the store.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "souk/store/store.h"

namespace souk::engine {

class ServedLog {  // thread-safe; the store must outlive it
 public:
  explicit ServedLog(store::Store& store);
  ~ServedLog();  // writes what is queued
  ServedLog(const ServedLog&) = delete;
  ServedLog& operator=(const ServedLog&) = delete;

  // Never waits. When the store cannot keep up with kMaxQueued records, new ones are dropped and the loss is logged.
  void add(store::Served record);
  // Returns when everything added before the call was handed to the store.
  void drain();

 private:
  void run();

  store::Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<store::Served> queue_;
  bool writing_ = false, draining_ = false, stop_ = false;
  std::uint64_t dropped_ = 0;
  std::thread thread_;
};

// 32 lower-case hexadecimal digits from the system's generator: names a request, cannot be guessed.
std::string new_request_id();

}  // namespace souk::engine
