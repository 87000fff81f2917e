#pragma once
// The rules of the house. Each looks at one file, or at the whole tree, and says what is wrong and what to do instead.
#include "tests/tidy/source.hpp"

#include <functional>

namespace arrakis::tidy {

struct finding {
  std::string rule; ///< "line_length", the name that an exception uses.
  std::string path;
  size_t line = 0; ///< 0: the file or folder as a whole.
  std::string what;
  bool operator==(const finding&) const = default;
};
/// "path:line: rule: what"
std::string to_string(const finding&);

/// All rules over the given files.
std::vector<finding> check(const std::vector<source>&);

/// The functions of a C++ file: where each begins and how many lines it has.
struct extent {
  size_t line;
  size_t lines;
};
std::vector<extent> functions_of(const source&);

/// The limits: a function fits a screen, a file one reason to exist.
constexpr size_t function_lines_max = 70;
constexpr size_t file_lines_max = 600;
constexpr size_t line_columns_max = 120;

} // namespace arrakis::tidy
