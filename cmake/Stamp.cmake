# The commit that a build is made from, and the id of its interfaces. Run at each build: a commit made after configuring counts, and the
# files change only when what they say does.
function(souk_stamp)
  set(stamp ${CMAKE_BINARY_DIR}/generated/souk/base/build.cc)
  set(learn_stamp ${CMAKE_BINARY_DIR}/generated/souk/learn/build.cc)
  add_custom_target(souk_stamp BYPRODUCTS ${stamp} ${learn_stamp}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DTO=${stamp} -DLEARN_TO=${learn_stamp} -P ${CMAKE_SOURCE_DIR}/cmake/Stamp.cmake
    COMMENT "Stamping the commit" VERBATIM)
  add_library(souk_build OBJECT ${stamp})
  add_library(souk_learn_build OBJECT ${learn_stamp})
  target_include_directories(souk_build PRIVATE ${CMAKE_SOURCE_DIR}/src)
  add_dependencies(souk_build souk_stamp)
  add_dependencies(souk_learn_build souk_stamp)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(commit "")
  find_program(git git)
  if(git)
    execute_process(COMMAND ${git} -C ${SOURCE} describe --always --dirty --abbrev=10 --exclude=* OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  # Two libraries fit when they were made from the same headers.
  file(GLOB_RECURSE headers ${SOURCE}/src/souk/*.h)
  list(SORT headers)
  set(all "")
  foreach(header IN LISTS headers)
    file(SHA256 ${header} hash)
    string(APPEND all "${hash}")
  endforeach()
  string(SHA256 id "${all}")
  string(SUBSTRING ${id} 0 16 id)
  file(CONFIGURE OUTPUT ${TO} @ONLY CONTENT [[
#include "souk/base/build.h"

namespace souk {
std::string_view build_commit() {
  return "@commit@";
}
std::uint64_t build_id() {
  return 0x@id@;
}
}  // namespace souk
]])
  file(CONFIGURE OUTPUT ${LEARN_TO} @ONLY CONTENT [[
#include <cstdint>

namespace souk::learn {
std::uint64_t library_build_id();
std::uint64_t library_build_id() {
  return 0x@id@;
}
}  // namespace souk::learn
]])
endif()
