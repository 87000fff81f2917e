# arrakis_embed_config(target NAMESPACE namespace KINDS folder...)
#   compiles the TOML files of config/<folder> into `target`, so that a program finds them wherever it is started, as
#   `namespace::config_files()`, which config_files.hpp beside the CMakeLists.txt declares. A new file is found by itself.
function(arrakis_embed_config target)
  cmake_parse_arguments(arg "" "NAMESPACE" "KINDS" ${ARGN})
  file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(entries "")
  foreach(kind IN LISTS arg_KINDS)
    file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/config/${kind}/*.toml")
    foreach(file IN LISTS files)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
      file(READ "${file}" content)
      get_filename_component(stem "${file}" NAME_WE)
      string(APPEND entries "    {\"${kind}\", \"${stem}\", R\"toml(${content})toml\"},\n")
    endforeach()
  endforeach()
  set(output "${CMAKE_BINARY_DIR}/generated/${path}/config_files.cpp")
  file(CONFIGURE OUTPUT "${output}" CONTENT "// Written by arrakis_embed_config from config/.
#include \"${path}/config_files.hpp\"
namespace ${arg_NAMESPACE} {
const std::vector<config_file>& config_files() {
  static const std::vector<config_file> list{
${entries}  };
  return list;
}
} // namespace ${arg_NAMESPACE}
" @ONLY)
  target_sources(${target} PRIVATE "${output}")
endfunction()
