# cmake -DOUTPUT=file.cpp -DFILES="a.sql;b.sql" -P embed.cmake: the files as one C++ source.
set(text "// Written by schemas/migrations/embed.cmake.\n#include \"schemas/migrations/migrations.hpp\"\n
namespace arrakis::migrations {\nconst std::vector<migration>& all() {\n  static const std::vector<migration> list{\n")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(APPEND text "    {\"${name}\", {\"${bytes}\", ${size}}},\n")
endforeach()
string(APPEND text "  };\n  return list;\n}\n} // namespace arrakis::migrations\n")
file(WRITE "${OUTPUT}" "${text}")
