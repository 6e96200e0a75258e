# floe_library(NAME SOURCES a.cc ... DEPS t ... [PRIVATE_DEPS t ...]): one folder's target. Includes are written from the repository's root.
function(floe_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS} floe_warnings)
endfunction()

# floe_test(NAME SOURCES a_test.cc ... DEPS t ... [LABELS l ...] [TIMEOUT_SECONDS n]): a GoogleTest binary, one ctest per binary.
function(floe_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT_SECONDS" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT_SECONDS)
    set(ARG_TIMEOUT_SECONDS 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  # What is tested is built as it is shipped; the tests themselves build a quarter faster so.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} floe_testing GTest::gtest_main GTest::gmock floe_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  # Exit code 77 is ctest's skip: test data absent (tests/testing/shared_data.h).
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT_SECONDS} SKIP_REGULAR_EXPRESSION "FLOE_TEST_DATA_ABSENT")
endfunction()

add_library(floe_warnings INTERFACE)
# (maybe-)uninitialized: GCC 12 sees them in absl::InlinedVector's moves, which copy their inline storage whole.
# restrict: GCC 12 sees overlaps in `"a" + string` (its bug 105651).
target_compile_options(floe_warnings INTERFACE -Wall -Wextra -Wno-uninitialized -Wno-unused-parameter -Wnon-virtual-dtor -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wshadow=local>)
if(FLOE_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "FLOE_BUILD_FUZZERS: libFuzzer comes with clang; configure with -DCMAKE_CXX_COMPILER=clang++ (preset fuzz)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(FLOE_SANITIZE)
  add_compile_options(-fsanitize=${FLOE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FLOE_SANITIZE})
endif()
