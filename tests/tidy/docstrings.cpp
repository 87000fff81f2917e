#include "tests/tidy/words.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::tidy {
namespace {
std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Removes `template <...>`, a `requires` clause of one line and attributes from the front of a statement.
std::string_view without_prefix(std::string_view text) {
  for (;;) {
    text = trimmed(text);
    if (text.starts_with("template")) {
      auto at = text.find('<');
      int depth = 0;
      for (; at < text.size(); ++at) {
        depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
        if (depth == 0)
          break;
      }
      text.remove_prefix(std::min(at == std::string_view::npos ? at : at + 1, text.size()));
    } else if (text.starts_with("requires") && text.find('\n') != std::string_view::npos) {
      text.remove_prefix(text.find('\n'));
    } else if (text.starts_with("[[") && text.find("]]") != std::string_view::npos) {
      text.remove_prefix(text.find("]]") + 2);
    } else {
      return text;
    }
  }
}

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word)
      && (text.size() == word.size()
          || (text[word.size()] != '_' && !std::isalnum(static_cast<unsigned char>(text[word.size()]))));
}
bool is_type(std::string_view statement) {
  for (const auto* word : {"struct", "class", "union", "enum"})
    if (begins_with_word(statement, word))
      return true;
  return false;
}
bool is_name(char c) { return c == '_' || c == ':' || c == '~' || std::isalnum(static_cast<unsigned char>(c)); }
/// The name before the first parenthesis, or the last one before `=`, `{` or the end.
std::string_view name_of(std::string_view statement) {
  auto end = std::min(statement.find_first_of("(={["), statement.size());
  while (end > 0 && !is_name(statement[end - 1]))
    --end;
  auto begin = end;
  while (begin > 0 && is_name(statement[begin - 1]))
    --begin;
  return statement.substr(begin, end - begin);
}

/// Walks over the declarations of a header. Bodies of functions, initializers, enumerators and everything that is not
/// public are passed over.
class walker {
public:
  walker(const source& file, std::vector<finding>& out)
    : file_(file), code_(file.code), comments_(lines_of(file.comments)), lines_(lines_of(file.code)), out_(out) {}

  void run() {
    for (; at_ < code_.size(); ++at_) {
      const char c = code_[at_];
      if (c == '#' && trimmed(statement()).empty())
        pass_directive();
      else if (c == '(' || c == ')')
        parentheses_ += c == '(' ? 1 : -1;
      else if (parentheses_ == 0 && c == '{')
        open();
      else if (parentheses_ == 0 && c == '}')
        close();
      else if (parentheses_ == 0 && c == ';')
        end_statement();
      else if (parentheses_ == 0 && c == ':')
        label();
      else if (parentheses_ == 0 && c == '\n' && is_macro(trimmed(statement())))
        begin_ = at_ + 1;
    }
  }

private:
  struct scope {
    bool is_type;
    bool is_public; ///< Declarations at this place can be seen by who includes the header.
  };

  std::string_view statement() const { return code_.substr(begin_, at_ - begin_); }
  bool is_public() const { return scopes_.empty() || scopes_.back().is_public; }
  bool in_type() const { return !scopes_.empty() && scopes_.back().is_type; }

  void pass_directive() {
    do
      at_ = std::min(code_.find('\n', at_ + 1), code_.size());
    while (at_ < code_.size() && at_ > 0 && code_[at_ - 1] == '\\');
    begin_ = at_ + 1;
  }
  static bool is_macro(std::string_view text) {
    const auto end = text.find('(');
    return end != std::string_view::npos && end > 3 && text.ends_with(')')
        && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                       [](char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  }
  void label() {
    const auto word = trimmed(statement());
    if (!in_type() || (word != "public" && word != "protected" && word != "private"))
      return;
    scopes_.back().is_public = word == "public";
    begin_ = at_ + 1;
  }

  /// Passes over the braces at `at_`.
  void pass_braces() {
    for (int depth = 0; at_ < code_.size(); ++at_) {
      depth += code_[at_] == '{' ? 1 : code_[at_] == '}' ? -1 : 0;
      if (depth == 0)
        return;
    }
  }
  void open() {
    const auto text = without_prefix(statement());
    if (begins_with_word(text, "namespace") || begins_with_word(text, "inline namespace")
        || text.starts_with("extern")) {
      const auto name = trimmed(text.substr(std::min(text.find("namespace") + 9, text.size())));
      const bool hidden = !text.starts_with("extern") && (name.empty() || name == "detail");
      scopes_.push_back({false, is_public() && !hidden});
      begin_ = at_ + 1;
    } else if (!is_public()) {
      pass_hidden(text);
    } else if (is_type(text)) {
      declare(text);
      if (text.starts_with("enum")) {
        pass_braces();
        after_type_ = true;
        begin_ = at_ + 1;
      } else {
        scopes_.push_back({true, !begins_with_word(text, "class")});
        begin_ = at_ + 1;
      }
    } else if (is_function(text)) {
      declare(text);
      pass_braces();
      begin_ = at_ + 1;
    } else {
      pass_braces(); // An initializer: its statement goes on.
    }
  }
  /// In a private section only the end of what is opened matters.
  void pass_hidden(std::string_view text) {
    pass_braces();
    if (is_type(text) || is_function(text))
      begin_ = at_ + 1;
  }
  void close() {
    if (!scopes_.empty()) {
      after_type_ = scopes_.back().is_type;
      scopes_.pop_back();
    }
    begin_ = at_ + 1;
  }
  void end_statement() {
    const auto text = without_prefix(statement());
    if (is_public() && !after_type_ && !text.empty() && !is_type(text))
      declare(text);
    after_type_ = false;
    begin_ = at_ + 1;
  }

  static bool is_function(std::string_view text) {
    const auto open = text.find('(');
    return open != std::string_view::npos && (text.find(" = ") > open || text.find("operator") < open);
  }
  /// Parts of another declaration, and texts that the language or CAF asks for.
  static bool needs_none(std::string_view text) {
    for (const auto* word : {"using", "typedef", "static_assert", "friend", "namespace", "requires"})
      if (begins_with_word(text, word))
        return true;
    if (text.starts_with("extern template") || text.find("operator") != std::string_view::npos || is_macro(text))
      return true;
    const auto name = name_of(text);
    return name == "inspect" || name.find("::") != std::string_view::npos;
  }
  void declare(std::string_view text) {
    const bool type = is_type(text);
    const bool specialized = trimmed(statement()).starts_with("template <>");
    const bool member = in_type() && !type
                     && !(text.starts_with("virtual") && text.find('(') != std::string_view::npos);
    if (specialized || member || needs_none(type ? std::string_view{} : text))
      return;
    const auto name = type ? type_name(text) : name_of(text);
    if (name.empty() || name.starts_with('~') || (type && name.find("::") != std::string_view::npos))
      return;
    const auto full = statement();
    const auto first = line_of(code_, begin_ + full.find_first_not_of(" \t\r\n"));
    const auto last = line_of(code_, at_);
    const bool overload = name == last_name_ && first == last_line_ + 1;
    last_name_ = name;
    last_line_ = last_line_of_body(text, last);
    if (has_docstring(first, last) || overload)
      return;
    out_.push_back({"docstring", file_.path, first, fmt::format("{} has no /// docstring", name)});
  }
  /// The line on which a declaration ends, its body included.
  size_t last_line_of_body(std::string_view text, size_t last) {
    if (code_[at_] != '{' || is_type(text))
      return last;
    const auto at = at_;
    pass_braces();
    const auto line = line_of(code_, at_);
    at_ = at;
    return line;
  }
  static std::string_view type_name(std::string_view text) {
    text = trimmed(text.substr(text.find(' ') == std::string_view::npos ? text.size() : text.find(' ')));
    if (begins_with_word(text, "class") || begins_with_word(text, "struct"))
      text = trimmed(text.substr(text.find(' ')));
    size_t end = 0;
    while (end < text.size() && (is_name(text[end]) && !(text[end] == ':' && !text.substr(end).starts_with("::"))))
      end += text[end] == ':' ? 2 : 1;
    return text.substr(0, end);
  }
  bool has_docstring(size_t first, size_t last) const {
    const auto comment = [&](size_t line) {
      return line > 0 && line <= comments_.size() ? trimmed(comments_[line - 1]) : std::string_view{};
    };
    const bool above = first > 1 && comment(first - 1).starts_with("///") && !comment(first - 1).starts_with("///<")
                    && trimmed(lines_[first - 2]).empty();
    return above || comment(last).starts_with("///<");
  }

  const source& file_;
  std::string_view code_;
  std::vector<std::string_view> comments_, lines_;
  std::vector<finding>& out_;
  std::vector<scope> scopes_;
  size_t at_ = 0, begin_ = 0; ///< The character looked at; where its statement begins.
  int parentheses_ = 0;
  bool after_type_ = false; ///< Between the end of a type and its semicolon.
  std::string_view last_name_;
  size_t last_line_ = 0;
};
} // namespace

void docstrings(const source& file, std::vector<finding>& out) {
  if (file.is_header())
    walker{file, out}.run();
}
} // namespace arrakis::tidy
