# A room is src/souk/<room>/: an object library, its tests in tests/<room>/*_test.cc (one program a room), its benchmarks in
# bench/<room>/*_bench.cc (one program each), its fuzz targets in tests/<room>/fuzz/*_fuzz.cc (one program each).
set(SOUK_ROOM_LIST "")

# The headers that nearly every file includes, compiled once and shared by all rooms and tests.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cc "// Carries the shared precompiled header.\n")
add_library(souk_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
target_link_libraries(souk_pch PUBLIC tl::expected fmt::fmt)
target_precompile_headers(souk_pch PRIVATE
  <algorithm> <array> <atomic> <cstdint> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view>
  <thread> <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> <fmt/format.h>)

function(souk_share_pch target)
  target_precompile_headers(${target} REUSE_FROM souk_pch)
endfunction()

# Compiles sixteen files at a time: what they instantiate alike is compiled once, which halves the time of a whole build. A change then
# compiles its neighbours too, and files share their anonymous namespaces, so that two parts that look alike do not compile; the preset for
# daily work (debug) leaves it off.
option(SOUK_UNITY "Compile several files of a room in one go" OFF)
function(souk_unite target)
  if(SOUK_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    # A type of an anonymous namespace in a class of the same source file is no mistake; g++ cannot see that it is the same file.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# Tests are compiled with their framework precompiled as well, without the optimiser and without line numbers: they are half of the house's
# files, and what they test is optimised, and has line numbers, all the same.
set(SOUK_TEST_OPTIONS $<$<CONFIG:Release>:-O0> $<$<CONFIG:Release>:-g0>)
if(SOUK_TESTS)
  file(WRITE ${CMAKE_BINARY_DIR}/test_pch.cc "// Carries the precompiled header of the tests.\n")
  add_library(souk_test_pch OBJECT ${CMAKE_BINARY_DIR}/test_pch.cc)
  target_link_libraries(souk_test_pch PUBLIC tl::expected fmt::fmt GTest::gmock)
  target_compile_options(souk_test_pch PRIVATE ${SOUK_TEST_OPTIONS})
  target_precompile_headers(souk_test_pch PRIVATE
    <algorithm> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <optional> <span> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector> <tl/expected.hpp> <fmt/format.h> <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(souk_room room)
  cmake_parse_arguments(ROOM "GLUE;APART" "PROTO" "LINK" ${ARGN})
  if(SOUK_ROOMS AND NOT room IN_LIST SOUK_ROOMS)
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/souk/${room}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.cc$")
  list(FILTER sources EXCLUDE REGEX ${SOUK_TORCH_FILES})
  if(NOT sources)
    return()
  endif()
  add_library(souk_${room} OBJECT ${sources})
  target_include_directories(souk_${room} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(souk_${room} PUBLIC souk_libraries ${ROOM_LINK} Threads::Threads)
  if(ROOM_GLUE)  # carries words to and fro: a quarter of its compile time goes for nothing anyone would notice
    target_compile_options(souk_${room} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(ROOM_PROTO)
    # Not protobuf_generate: it would put the files under generated/src. Generated code is not held to our warnings.
    string(REGEX REPLACE "\\.proto$" ".pb" stem ${ROOM_PROTO})
    set(stem ${CMAKE_BINARY_DIR}/generated/souk/${room}/${stem})
    set(generated ${stem}.cc ${stem}.h)
    add_custom_command(OUTPUT ${generated}
      COMMAND protobuf::protoc --cpp_out=${CMAKE_BINARY_DIR}/generated -I${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/src/souk/${room}/${ROOM_PROTO}
      DEPENDS ${CMAKE_SOURCE_DIR}/src/souk/${room}/${ROOM_PROTO} protobuf::protoc VERBATIM)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
    target_sources(souk_${room} PRIVATE ${generated})
    set_source_files_properties(${generated} PROPERTIES COMPILE_OPTIONS -w SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
    target_include_directories(souk_${room} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
    add_custom_target(souk_generated DEPENDS ${generated})
  endif()
  souk_share_pch(souk_${room})
  if(NOT ROOM_APART)  # files that define the same names: SIMD targets, methods
    souk_unite(souk_${room})
  endif()
  set(SOUK_ROOM_LIST ${SOUK_ROOM_LIST} ${room} PARENT_SCOPE)
endfunction()

# Room libraries see each other's generated headers and link lists through this target.
add_library(souk_libraries INTERFACE)
target_link_libraries(souk_libraries INTERFACE tl::expected fmt::fmt)

function(souk_assemble)
  add_library(souk SHARED)
  target_include_directories(souk PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(souk INTERFACE SOUK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set_target_properties(souk PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION 0)
  foreach(room IN LISTS SOUK_ROOM_LIST)
    target_link_libraries(souk PUBLIC souk_${room})
  endforeach()
  souk_stamp()
  target_sources(souk PRIVATE $<TARGET_OBJECTS:souk_build>)
  if("store" IN_LIST SOUK_ROOM_LIST)
    foreach(room IN LISTS SOUK_ROOM_LIST)
      if(NOT room STREQUAL "base" AND NOT room STREQUAL "store")
        add_dependencies(souk_${room} souk_store)  # records.pb.h
      endif()
    endforeach()
    target_include_directories(souk_libraries SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/generated)
  endif()

  if("cli" IN_LIST SOUK_ROOM_LIST)
    add_executable(souk_cli_main ${CMAKE_SOURCE_DIR}/src/souk/cli/main.cc)
    set_target_properties(souk_cli_main PROPERTIES OUTPUT_NAME souk)
    target_link_libraries(souk_cli_main PRIVATE souk)
    if(NOT SOUK_SANITIZE)  # sanitizers bring an allocator of their own
      target_link_options(souk_cli_main PRIVATE LINKER:--no-as-needed)
      target_link_libraries(souk_cli_main PRIVATE PkgConfig::jemalloc)
    endif()
    souk_share_pch(souk_cli_main)
    install(TARGETS souk_cli_main RUNTIME DESTINATION bin)
    install(TARGETS souk LIBRARY DESTINATION lib/souk)
    install(DIRECTORY console recipes results DESTINATION share/souk)
  endif()

  foreach(room IN LISTS SOUK_ROOM_LIST)
    if(SOUK_TESTS)
      file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/*_test.cc)
      list(FILTER tests EXCLUDE REGEX "_torch_test\\.cc$")
      if(tests)
        add_executable(test_${room} ${tests} ${CMAKE_SOURCE_DIR}/tests/main.cc)
        target_include_directories(test_${room} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(test_${room} PRIVATE souk GTest::gmock)
        target_compile_options(test_${room} PRIVATE ${SOUK_TEST_OPTIONS})
        target_precompile_headers(test_${room} REUSE_FROM souk_test_pch)
        souk_unite(test_${room})
        gtest_discover_tests(test_${room} TEST_PREFIX ${room}. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
      endif()
    endif()
    if(SOUK_BENCH)
      file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/${room}/*_bench.cc)
      list(FILTER benches EXCLUDE REGEX "_torch_bench\\.cc$")
      foreach(source IN LISTS benches)
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(${name} PRIVATE souk benchmark::benchmark_main PkgConfig::openblas)
        souk_share_pch(${name})
      endforeach()
    endif()
    if(SOUK_FUZZ)
      file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/fuzz/*_fuzz.cc)
      foreach(source IN LISTS fuzzers)
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(${name} PRIVATE souk)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
      endforeach()
    endif()
  endforeach()
endfunction()
