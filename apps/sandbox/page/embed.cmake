# cmake -DOUTPUT=x.cpp "-DFILES=a;b" -P embed.cmake: each file as raw string literals of at most 8 KB.
set(text "#include \"apps/sandbox/page/built_in.hpp\"\nnamespace arrakis::sandbox::page {\nconst std::vector<built_in_file>& built_in() {\n  static const std::vector<built_in_file> files{\n")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${bytes}")
  # A literal each 64 bytes: an escape never swallows what follows it.
  string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?(\\\\x[0-9a-f][0-9a-f])?)" "\"\\1\"\n" escaped "${escaped}")
  string(LENGTH "${bytes}" length)
  math(EXPR length "${length} / 2")
  string(APPEND text "    {\"${name}\", {${escaped}, ${length}}},\n")
endforeach()
string(APPEND text "  };\n  return files;\n}\n} // namespace arrakis::sandbox::page\n")
file(WRITE "${OUTPUT}" "${text}")
