# arrakis_bullmq_scripts(target HEADER header OUTPUT file.cpp)
#   BullMQ's Lua scripts come out of its npm package when we build: they are never part of this repository. `header` declares
#   the scripts that are wanted, named by script and number of keys (`move_to_active_11`); `file.cpp` defines them. A script
#   that the pinned version lacks, or has with another number of keys, fails the build with its name.
function(arrakis_bullmq_scripts target)
  cmake_parse_arguments(arg "" "HEADER;OUTPUT" "" ${ARGN})
  set(step "${CMAKE_SOURCE_DIR}/config/build/bullmq.mjs")
  set(run "${CMAKE_SOURCE_DIR}/config/build/bullmq")
  get_filename_component(folder "${arg_HEADER}" DIRECTORY)
  file(GLOB ours CONFIGURE_DEPENDS "${folder}/*.lua")
  add_custom_command(
    OUTPUT "${arg_OUTPUT}"
    COMMAND "${run}" "${arg_HEADER}" "${arg_OUTPUT}"
    DEPENDS "${run}" "${step}" "${arg_HEADER}" ${ours} "${CMAKE_SOURCE_DIR}/NOTICE"
    COMMENT "BullMQ's Lua scripts out of its npm package"
    VERBATIM)
  target_sources(${target} PRIVATE "${arg_OUTPUT}")
endfunction()
