# Compiler, linker and cache: used when present, never required.
find_program(SOUK_CCACHE ccache)
option(SOUK_USE_CCACHE "Compile through ccache when it is installed" ON)
if(SOUK_CCACHE AND SOUK_USE_CCACHE)
  # A precompiled header carries its own definitions and time stamps; ccache must be told that this is fine.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${SOUK_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

find_program(SOUK_MOLD mold)
if(SOUK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
if(SOUK_SANITIZE)
  add_compile_options(-fsanitize=${SOUK_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${SOUK_SANITIZE})
  if(SOUK_SANITIZE MATCHES "thread")
    # Asio uses atomic_thread_fence, which TSan does not model; GCC only warns.
    add_compile_options(-Wno-error=tsan)
  endif()
endif()

# Nobody replaces single functions of libsouk.so: calls inside it need not go through its table of links.
if(NOT SOUK_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fno-semantic-interposition)
  endif()
  add_link_options(LINKER:-Bsymbolic-functions)
endif()

# Programs share one precompiled header with the libraries, and g++ refuses it when -fPIE and -fPIC differ.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE "-fPIC")
