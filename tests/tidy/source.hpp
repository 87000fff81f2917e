#pragma once
// A file of the tree as the rules see it.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::tidy {

/// `code` is `text` with comments, strings and characters blanked, `comments` with everything else blanked; both keep
/// every line at its place. For files that are not C++ both equal `text`.
struct source {
  std::string path; ///< From the root: "actors/gate/gate.cpp".
  std::string text, code, comments;

  bool is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }
  bool is_header() const { return path.ends_with(".hpp"); }
  /// Code that runs in tests only.
  bool is_test() const {
    return path.ends_with(".test.cpp") || path.ends_with(".test.hpp") || path.starts_with("tests/");
  }
  std::string folder() const { return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/')); }
  std::string name() const { return path.substr(path.rfind('/') + 1); }
};

/// One `#include` of a file.
struct include {
  std::string path;
  bool quoted; ///< With quotes, so one of ours.
  size_t line;
};

/// Splits `text` into code and comments.
source make_source(std::string path, std::string text);
/// Returns the includes of a file, in order.
std::vector<include> includes_of(const source&);
/// Returns the places of `word` in `text`; where it begins or ends with a letter it must be a whole word there.
std::vector<size_t> places_of(std::string_view text, std::string_view word);
/// Returns the number of the line, from 1, that holds the character `at`.
size_t line_of(std::string_view text, size_t at);
/// Splits `text` at its newlines.
std::vector<std::string_view> lines_of(std::string_view text);
/// Reads every text file that belongs to the project, sorted by path.
std::vector<source> read_tree(const std::filesystem::path& root);

} // namespace arrakis::tidy
