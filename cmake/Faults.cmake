# Tests behind a layer of file faults (tests/faults/): a library whose open(), write(), fsync() and so on come before the C library's, for
# Debian's RocksDB as for our own files; the tests that use it, and crash_shop, which `./run bench crash` runs.
function(souk_faults)
  if(NOT SOUK_TESTS OR NOT "engine" IN_LIST SOUK_ROOM_LIST)
    return()
  endif()
  set(folder ${CMAKE_SOURCE_DIR}/tests/faults)
  add_library(souk_faults SHARED ${folder}/file_layer.cc)
  target_include_directories(souk_faults PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(souk_faults PRIVATE ${CMAKE_DL_LIBS})

  add_library(souk_crashes OBJECT ${folder}/disk.cc ${folder}/child.cc ${folder}/mixed_work.cc ${folder}/crashes.cc)
  # First, so that its functions are found before the C library's.
  target_link_libraries(souk_crashes PUBLIC souk_faults souk)
  souk_share_pch(souk_crashes)
  souk_unite(souk_crashes)

  add_executable(crash_shop ${folder}/crash_main.cc)
  target_link_libraries(crash_shop PRIVATE souk_faults souk_crashes)
  souk_share_pch(crash_shop)

  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cc)
  add_executable(test_faults ${tests} ${CMAKE_SOURCE_DIR}/tests/main.cc)
  target_link_libraries(test_faults PRIVATE souk_faults souk_crashes GTest::gmock)
  target_compile_options(test_faults PRIVATE ${SOUK_TEST_OPTIONS})
  target_precompile_headers(test_faults REUSE_FROM souk_test_pch)
  souk_unite(test_faults)
  gtest_discover_tests(test_faults TEST_PREFIX faults. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
