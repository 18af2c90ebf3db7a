// Which BLAS this machine would give to whoever asks for libblas.so.3. On Debian that is the reference BLAS unless another is installed,
// and the reference BLAS is tens of times slower.
#pragma once

#include <string>

namespace souk::engine {

struct Blas {
  bool found = false;
  bool reference = false;  // the slow one
  std::string library;     // the file libblas.so.3 resolves to
  std::string openblas;    // OpenBLAS's own description of its build, empty when it is not installed
};
Blas find_blas();

}  // namespace souk::engine
