// Any bytes as vectors that say their own dimension (.fvecs and .bvecs).
#include "tests/feeds/fuzz/vector_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::feeds::check_vector_bytes(souk::feeds::VectorForm::fvecs, data, size);
  souk::feeds::check_vector_bytes(souk::feeds::VectorForm::bvecs, data, size);
  return 0;
}
