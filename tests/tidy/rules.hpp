#pragma once
// The rules of tests/tidy. Each checks one file, or the whole tree, and reports what is wrong and what to do instead.
#include "tests/tidy/source.hpp"

#include <functional>

namespace arrakis::tidy {

/// A place that breaks a rule.
struct finding {
  std::string rule; ///< "line_length", the name that an exception uses.
  std::string path;
  size_t line = 0; ///< 0: the file or folder as a whole.
  std::string what;
  bool operator==(const finding&) const = default;
};
/// Formats a finding as "path:line: rule: what".
std::string to_string(const finding&);

/// Returns the findings of all rules over the given files, but for those of words (words.hpp).
std::vector<finding> check(const std::vector<source>&);

/// A function: the line it begins on and how many it has.
struct extent {
  size_t line;
  size_t lines;
};
/// Returns the functions of a C++ file, in the order of their ends.
std::vector<extent> functions_of(const source&);

constexpr size_t function_lines_max = 70; ///< A function fits a screen.
constexpr size_t file_lines_max = 600;    ///< A file has one reason to exist.
constexpr size_t line_columns_max = 120;  ///< In characters, not bytes.

} // namespace arrakis::tidy
