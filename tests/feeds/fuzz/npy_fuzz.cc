// Any bytes as a file of NumPy.
#include "tests/feeds/fuzz/vector_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::feeds::check_vector_bytes(souk::feeds::VectorForm::npy, data, size);
  return 0;
}
