# libsouk_learn.so: everything that touches libtorch, that is the files *_torch.cc and *_model.cc of the rooms. It links libsouk.so and is
# opened on first use (src/souk/learn/library.h); nothing else links libtorch, which costs 0.5 s and 160 MB at start-up. Tests of such files
# are tests/<room>/*_torch_test.cc, one program a room (test_<room>_torch).
option(SOUK_LEARN "Build libsouk_learn.so, the models over libtorch" ON)
set(SOUK_TORCH_FILES "_(torch|model)\\.cc$")

function(souk_learn_library)
  if(NOT SOUK_LEARN OR NOT "learn" IN_LIST SOUK_ROOM_LIST)
    return()
  endif()
  # Torch's package asks for all it was built with and sets compiler flags of its own; two libraries and a header path are all that is used.
  find_library(SOUK_TORCH_LIBRARY torch_cpu REQUIRED)
  find_library(SOUK_C10_LIBRARY c10 REQUIRED)
  find_path(SOUK_TORCH_INCLUDE torch/csrc/autograd/custom_function.h REQUIRED)
  add_library(souk_libtorch INTERFACE)
  target_include_directories(souk_libtorch SYSTEM INTERFACE ${SOUK_TORCH_INCLUDE} ${SOUK_TORCH_INCLUDE}/torch/csrc/api/include)
  target_link_libraries(souk_libtorch INTERFACE ${SOUK_TORCH_LIBRARY} ${SOUK_C10_LIBRARY})

  # ATen takes 8 s to parse and 3 s as a precompiled header.
  file(WRITE ${CMAKE_BINARY_DIR}/torch_pch.cc "// Carries the precompiled header of the files that touch libtorch.\n")
  add_library(souk_torch_pch OBJECT ${CMAKE_BINARY_DIR}/torch_pch.cc)
  target_include_directories(souk_torch_pch PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(souk_torch_pch PUBLIC tl::expected fmt::fmt souk_libtorch)
  target_precompile_headers(souk_torch_pch PRIVATE ${CMAKE_SOURCE_DIR}/src/souk/learn/torch.h)

  set(sources "")
  foreach(room IN LISTS SOUK_ROOM_LIST)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/souk/${room}/*.cc)
    list(FILTER files INCLUDE REGEX ${SOUK_TORCH_FILES})
    list(APPEND sources ${files})
  endforeach()
  add_library(souk_torch SHARED ${sources})
  set_target_properties(souk_torch PROPERTIES OUTPUT_NAME souk_learn)
  target_sources(souk_torch PRIVATE $<TARGET_OBJECTS:souk_learn_build>)
  target_link_libraries(souk_torch PUBLIC souk souk_libtorch)
  target_precompile_headers(souk_torch REUSE_FROM souk_torch_pch)
  if(TARGET souk_cli_main)
    add_dependencies(souk_cli_main souk_torch)  # a binary whose library is older refuses it
    install(TARGETS souk_torch LIBRARY DESTINATION lib/souk)
  endif()

  foreach(room IN LISTS SOUK_ROOM_LIST)
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/*_torch_test.cc)
    if(NOT SOUK_TESTS OR NOT tests)
      continue()
    endif()
    add_executable(test_${room}_torch ${tests} ${CMAKE_SOURCE_DIR}/tests/main.cc)
    target_include_directories(test_${room}_torch PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(test_${room}_torch PRIVATE souk_torch GTest::gmock)
    target_precompile_headers(test_${room}_torch REUSE_FROM souk_torch_pch)
    gtest_discover_tests(test_${room}_torch TEST_PREFIX ${room}. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  endforeach()
endfunction()
