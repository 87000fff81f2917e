# The two functions that carry the build.
#
# arrakis_component(DEPS other_component... LIBS library... [EXCLUDE file...] [REDIS_CLUSTER])
#   called from a folder's CMakeLists.txt: *.cpp becomes the static library named after the folder (adapters/queue is
#   adapters_queue), *.test.cpp becomes the test program <name>_test. A folder of headers alone becomes an INTERFACE library.
# arrakis_registry(TYPE type HEADER header [LIST function] [ALSO folder...] [DEPS component...] [TEST_DEPS component...])
#   called from the folder of an extension kind: each sub-folder x must define `const type& x::definition()` in the
#   namespace of the kind; the build writes the sorted list `all()`, which the header declares. Adding an extension edits no
#   other file. ALSO: components elsewhere that define one in their own namespace. DEPS: of a folder that is no component,
#   as those of tests/extensions. TEST_DEPS: of the test program of each extension. LIST: another name than `all`, for a
#   list beside that of the product.

add_library(arrakis_options INTERFACE)
target_compile_definitions(arrakis_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_compile_options(arrakis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers
  -Wno-missing-designated-field-initializers -Wno-unknown-warning-option -Werror=switch -Werror=return-type
  $<$<BOOL:${ARRAKIS_WERROR}>:-Werror>)
target_include_directories(arrakis_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
if(ARRAKIS_SANITIZE)
  # Without "null": CAF 0.17's init_fun_factory binds a null reference for each argument-less spawn and never reads it.
  target_compile_options(arrakis_options INTERFACE
    -fsanitize=${ARRAKIS_SANITIZE} -fno-sanitize=null -fno-omit-frame-pointer)
  target_link_options(arrakis_options INTERFACE -fsanitize=${ARRAKIS_SANITIZE})
endif()
target_link_libraries(arrakis_options INTERFACE caf::core Boost::json fmt::fmt Threads::Threads)

# One precompiled header for all: CAF and Boost.JSON are the price of nearly every file.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pch.cpp" CONTENT "" @ONLY) # Written when it changes: all depends on it.
add_library(arrakis_pch OBJECT "${CMAKE_BINARY_DIR}/pch.cpp")
target_link_libraries(arrakis_pch PUBLIC arrakis_options)
target_compile_options(arrakis_pch PRIVATE -fpch-instantiate-templates)
target_precompile_headers(arrakis_pch PRIVATE
  <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view> <unordered_map>
  <utility> <variant> <vector>
  <boost/json.hpp> <fmt/format.h>
  <caf/actor_system.hpp> <caf/event_based_actor.hpp> <caf/stateful_actor.hpp> <caf/typed_actor.hpp>
  <caf/typed_event_based_actor.hpp> <caf/send.hpp> <caf/typed_response_promise.hpp> <caf/expected.hpp> <caf/make_message.hpp>)

function(arrakis_name result)
  file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  string(REPLACE "/" "_" name "${path}")
  set(${result} "${name}" PARENT_SCOPE)
endfunction()

function(arrakis_target name)
  target_link_libraries(${name} PUBLIC arrakis_options)
  target_precompile_headers(${name} REUSE_FROM arrakis_pch)
endfunction()

function(arrakis_component)
  cmake_parse_arguments(arg "REDIS_CLUSTER" "" "DEPS;LIBS;EXCLUDE;TEST_DEPS" ${ARGN})
  arrakis_name(name)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB tests CONFIGURE_DEPENDS *.test.cpp)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cpp *_fuzz.cpp main.cpp)
  list(REMOVE_ITEM sources ${tests} ${benches})
  foreach(file IN LISTS arg_EXCLUDE)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    arrakis_target(${name})
    target_link_libraries(${name} PUBLIC ${arg_DEPS} ${arg_LIBS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE arrakis_options ${arg_DEPS} ${arg_LIBS})
  endif()
  if(tests)
    set(cluster "")
    if(arg_REDIS_CLUSTER)
      set(cluster REDIS_CLUSTER)
    endif()
    arrakis_test(${name}_test SOURCES ${tests} DEPS ${name} ${arg_TEST_DEPS} ${cluster})
  endif()
endfunction()

# arrakis_test(name SOURCES file... DEPS component... [LABELS label...]): a doctest program, one ctest entry per program.
# REDIS_CLUSTER: a second entry, {name}_cluster, runs it against Redis servers that are clusters of one.
function(arrakis_test name)
  cmake_parse_arguments(arg "REDIS_CLUSTER" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  arrakis_target(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} tests_support tests_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  # Of what hangs: the longest takes 90 s beside two others, and a busy machine some times that.
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS "${arg_LABELS}"
    ENVIRONMENT "ARRAKIS_BUILD_DIR=${CMAKE_BINARY_DIR};ARRAKIS_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
  if(arg_REDIS_CLUSTER)
    add_test(NAME ${name}_cluster COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${name}_cluster PROPERTIES TIMEOUT 900 LABELS "${arg_LABELS}" ENVIRONMENT
      "ARRAKIS_BUILD_DIR=${CMAKE_BINARY_DIR};ARRAKIS_SOURCE_DIR=${CMAKE_SOURCE_DIR};ARRAKIS_REDIS_CLUSTER=1")
  endif()
endfunction()

function(arrakis_registry)
  cmake_parse_arguments(arg "" "TYPE;HEADER;LIST" "ALSO;DEPS;TEST_DEPS" ${ARGN})
  if(NOT arg_LIST)
    set(arg_LIST all)
  endif()
  arrakis_name(name)
  if(NOT TARGET ${name})
    add_library(${name} STATIC)
    arrakis_target(${name})
    target_link_libraries(${name} PUBLIC ${arg_DEPS})
  endif()
  file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  get_filename_component(kind "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  if(NOT arg_HEADER MATCHES "/")
    set(arg_HEADER "${path}/${arg_HEADER}")
  endif()
  file(GLOB entries CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *)
  set(declarations "")
  set(list "")
  foreach(entry IN LISTS entries)
    file(GLOB code CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${entry}/*.cpp")
    if(code AND NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${entry}/CMakeLists.txt") # That is a component beside them.
      string(APPEND declarations "namespace ${entry} { const ${arg_TYPE}& definition(); }\n")
      string(APPEND list "    &${entry}::definition(),\n")
      list(FILTER code EXCLUDE REGEX "\\.test\\.cpp$")
      target_sources(${name} PRIVATE ${code})
      file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${entry}/*.test.cpp")
      if(tests)
        arrakis_test(${name}_${entry}_test SOURCES ${tests} DEPS ${name} ${arg_TEST_DEPS})
      endif()
    endif()
  endforeach()
  set(elsewhere "")
  foreach(folder IN LISTS arg_ALSO)
    get_filename_component(owner "${folder}" NAME)
    string(REPLACE "/" "_" component "${folder}")
    string(APPEND elsewhere "namespace arrakis::${owner} { const ${arg_TYPE}& definition(); }\n")
    string(APPEND list "    &arrakis::${owner}::definition(),\n")
    target_link_libraries(${name} PUBLIC ${component})
  endforeach()
  set(output "${CMAKE_BINARY_DIR}/generated/${path}/registry.cpp")
  file(CONFIGURE OUTPUT "${output}" CONTENT "// Written by arrakis_registry: the sub-folders of ${path}, sorted.
#include \"${arg_HEADER}\"
${elsewhere}namespace arrakis::${kind} {
${declarations}
const std::vector<const ${arg_TYPE}*>& ${arg_LIST}() {
  static const std::vector<const ${arg_TYPE}*> list{
${list}  };
  return list;
}
} // namespace arrakis::${kind}
" @ONLY)
  target_sources(${name} PRIVATE "${output}")
endfunction()
