// The number of threads that OpenBLAS uses, which is the process's: set, and put back at the end.
#pragma once

#include <algorithm>
#include <cblas.h>

namespace souk::linear {

class BlasThreads {
 public:
  explicit BlasThreads(unsigned threads) : before_(openblas_get_num_threads()) {
    openblas_set_num_threads(static_cast<int>(std::max(1U, threads)));
  }
  ~BlasThreads() { openblas_set_num_threads(before_); }
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  int before_;
};

}  // namespace souk::linear
