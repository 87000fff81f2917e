#include "tests/tidy/rules.hpp"

namespace arrakis::tidy {
namespace {
enum class scope { space, type, function, other };

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto part_of_word = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); };
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool left = at == 0 || !part_of_word(text[at - 1]);
    const bool right = at + word.size() == text.size() || !part_of_word(text[at + word.size()]);
    if (left && right)
      return true;
  }
  return false;
}

/// Returns the kind of scope that a `{` opens, from the statement before it. Called only at the level of a namespace
/// or type: inside a function everything belongs to the function.
scope opened_by(std::string_view statement) {
  statement = trimmed(statement);
  if (has_word(statement, "namespace") || statement.starts_with("extern"))
    return scope::space;
  const bool has_parameters = statement.find('(') != std::string_view::npos;
  for (auto word : {"struct", "class", "union"})
    if (has_word(statement, word) && !has_parameters)
      return scope::type;
  if (has_word(statement, "enum"))
    return scope::other;
  const auto assigned = statement.find(" = ");
  if (assigned != std::string_view::npos && statement.find("operator") == std::string_view::npos
      && assigned < statement.find('('))
    return scope::other;
  return has_parameters ? scope::function : scope::other;
}
} // namespace

std::vector<extent> functions_of(const source& file) {
  std::vector<extent> out;
  std::vector<scope> open;
  size_t statement = 0, began = 0;
  for (size_t at = 0; at < file.code.size(); ++at) {
    const char c = file.code[at];
    if (c == '#' && trimmed(std::string_view{file.code}.substr(statement, at - statement)).empty()) {
      at = std::min(file.code.find('\n', at), file.code.size()); // A directive is no statement.
      statement = at + 1;
    } else if (c == '{') {
      const bool outside = open.empty() || open.back() == scope::space || open.back() == scope::type;
      const auto before = std::string_view{file.code}.substr(statement, at - statement);
      const auto kind = outside ? opened_by(before) : scope::other;
      if (kind == scope::function)
        began = statement
              + (before.find_first_not_of(" \t\r\n") == std::string_view::npos ? 0
                                                                               : before.find_first_not_of(" \t\r\n"));
      open.push_back(kind);
      statement = at + 1;
    } else if (c == '}' && !open.empty()) {
      if (open.back() == scope::function) {
        const auto first = line_of(file.code, began);
        out.push_back({first, line_of(file.code, at) - first + 1});
      }
      open.pop_back();
      statement = at + 1;
    } else if (c == ';') {
      statement = at + 1;
    }
  }
  return out;
}
} // namespace arrakis::tidy
