# The commit that a build is made from. Run at each build: a commit made after configuring counts, and the file changes only when it does.
function(souk_stamp)
  set(stamp ${CMAKE_BINARY_DIR}/generated/souk/base/build.cc)
  add_custom_target(souk_stamp BYPRODUCTS ${stamp}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DTO=${stamp} -P ${CMAKE_SOURCE_DIR}/cmake/Stamp.cmake
    COMMENT "Stamping the commit" VERBATIM)
  add_library(souk_build OBJECT ${stamp})
  target_include_directories(souk_build PRIVATE ${CMAKE_SOURCE_DIR}/src)
  add_dependencies(souk_build souk_stamp)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(commit "")
  find_program(git git)
  if(git)
    execute_process(COMMAND ${git} -C ${SOURCE} describe --always --dirty --abbrev=10 --exclude=* OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  file(CONFIGURE OUTPUT ${TO} @ONLY CONTENT [[
#include "souk/base/build.h"

namespace souk {
std::string_view build_commit() {
  return "@commit@";
}
}  // namespace souk
]])
endif()
