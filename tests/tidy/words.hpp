#pragma once
// The rules of words: banned private words, comments that begin with their subject, and documented declarations.
// CONTRIBUTING.md, "Words", explains each rule.
#include "tests/tidy/rules.hpp"

namespace arrakis::tidy {

/// Returns the findings of the rules "word", "comment" and "docstring" over the given files, without those that
/// `word_exceptions` allows.
std::vector<finding> check_words(const std::vector<source>&);

/// Rule "word": reports each private word in the file's path and text, in whatever case, as a whole word or as a part
/// of an identifier, split at `_` and at the capitals of camelCase; plurals too.
void banned_words(const source&, std::vector<finding>& out);

/// Rule "comment": reports comments that begin with a word such as What, Who, That or It. Looks at C++, JavaScript,
/// Python, shell scripts, CMake, TOML and YAML.
void comment_starts(const source&, std::vector<finding>& out);

/// Rule "docstring": reports public declarations of a header without a `///` comment: types, free functions, constants
/// and virtual functions, outside anonymous namespaces, `detail` and private sections. An overload may share the
/// docstring of the declaration directly above it.
void docstrings(const source&, std::vector<finding>& out);

} // namespace arrakis::tidy
