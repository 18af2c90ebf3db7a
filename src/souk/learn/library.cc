#include "souk/learn/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "souk/base/build.h"

namespace souk::learn {
namespace {

constexpr const char* kFile = "libsouk_learn.so";

tl::unexpected<Error> refused(std::string what, const fs::path& path, std::string found, std::string hint) {
  return fail(Error{.kind = ErrorKind::unsupported,
                    .what = std::move(what),
                    .where = path.string(),
                    .expected = {},
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

}  // namespace

Result<Registry> open_library(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return refused("this installation has no learned models: their library is not there", path, {},
                   "Build with SOUK_LEARN=ON, or use a model that needs no training by gradients, such as co-visit.");
  }
  // RTLD_LOCAL: the 287 libraries behind it define names that are ours or other libraries' too. Never closed: OpenMP's threads run its
  // code.
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return refused("cannot load the library of learned models", path, ::dlerror(), "Install libtorch (packages/build.txt).");
  const auto add = reinterpret_cast<RegisterFunction>(::dlsym(library, kRegisterFunction));
  if (add == nullptr) return refused("the library of learned models is none of Souk's", path, fmt::format("no {}", kRegisterFunction), {});
  Registry registry;
  if (!add(&registry, build_id())) {
    return refused("the library of learned models belongs to another build of Souk", path, {}, "Build or install both again, together.");
  }
  return registry;
}

fs::path library_path() {
  Dl_info here{};
  if (::dladdr(reinterpret_cast<const void*>(&library_path), &here) == 0 || here.dli_fname == nullptr) return kFile;
  return absolute_path(here.dli_fname).parent_path() / kFile;
}

Result<const Registry*> models() {
  static const Result<Registry> opened = open_library(library_path());
  if (!opened) return fail(opened.error());
  return &*opened;
}

}  // namespace souk::learn
