#include "souk/engine/blas.h"

#include <dlfcn.h>
#include <filesystem>
#include <link.h>

namespace souk::engine {

Blas find_blas() {
  Blas blas;
  if (void* const library = ::dlopen("libblas.so.3", RTLD_LAZY | RTLD_LOCAL); library != nullptr) {
    blas.found = true;
    link_map* map = nullptr;
    if (::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr) {
      std::error_code error;
      const auto real = std::filesystem::canonical(map->l_name, error);
      blas.library = error ? std::string(map->l_name) : real.string();
    }
    const bool optimised = blas.library.find("openblas") != std::string::npos || blas.library.find("mkl") != std::string::npos ||
                           blas.library.find("blis") != std::string::npos || blas.library.find("atlas") != std::string::npos;
    blas.reference = !optimised;
    ::dlclose(library);
  }
  if (void* const library = ::dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL); library != nullptr) {
    using Describe = char* (*)();
    if (const auto describe = reinterpret_cast<Describe>(::dlsym(library, "openblas_get_config")); describe != nullptr) {
      blas.openblas = describe();
    }
    // Stays loaded: OpenBLAS may have started threads that run its code.
  }
  return blas;
}

}  // namespace souk::engine
