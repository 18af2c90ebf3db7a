// The one function that libsouk_learn.so exports to be looked up by name, and the list of what its files register.
#include <cstdint>

#include "souk/learn/library.h"

namespace souk::learn {

std::uint64_t library_build_id();  // generated (cmake/Stamp.cmake), of the headers that this library was made from

namespace {

// Begun before any registration, as it is constant at compile time; registrations of other files are made while the library is loaded.
constinit const Registration* first = nullptr;

}  // namespace

Registration::Registration(Add add) : add_(add), next_(first) {
  first = this;
}

void Registration::add_all(Registry& registry) {
  for (const Registration* each = first; each != nullptr; each = each->next_) each->add_(*each, registry);
}

}  // namespace souk::learn

extern "C" bool souk_learn_register(souk::learn::Registry* registry, std::uint64_t build_id) {
  if (build_id != souk::learn::library_build_id()) return false;
  souk::learn::Registration::add_all(*registry);
  return true;
}
