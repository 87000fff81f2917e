#include "tests/tidy/coroutines.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace arrakis::tidy {
namespace {
using findings = std::vector<finding>;
using text = std::string_view;

bool is_name(char c) { return c == '_' || c == ':' || std::isalnum(static_cast<unsigned char>(c)); }

text trimmed(text s) {
  const auto begin = s.find_first_not_of(" \n");
  return begin == text::npos ? text{} : s.substr(begin, s.find_last_not_of(" \n") + 1 - begin);
}

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '>'; }

/// Behind the bracket that closes the one at `open`; npos without one.
size_t behind(text code, size_t open) {
  const char first = code[open], last = closing(first);
  int depth = 0;
  for (auto i = open; i < code.size(); ++i) {
    if (first == '<' && (code[i] == ';' || (code[i] == '>' && code[i - 1] == '-')))
      continue;
    depth += code[i] == first ? 1 : code[i] == last ? -1 : 0;
    if (depth == 0)
      return i + 1;
  }
  return text::npos;
}

/// The bracket that the one at `close` closes; npos without one.
size_t opening_of(text code, size_t close) {
  const char last = code[close], first = last == ')' ? '(' : last == ']' ? '[' : last == '}' ? '{' : '<';
  int depth = 0;
  for (auto i = close + 1; i-- > 0;) {
    depth += code[i] == last ? 1 : code[i] == first ? -1 : 0;
    if (depth == 0)
      return i;
  }
  return text::npos;
}

/// `list` split at its commas outside of brackets.
std::vector<text> split(text list) {
  std::vector<text> out;
  size_t begin = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '(' || list[i] == '[' || list[i] == '{' || list[i] == '<') {
      const auto end = behind(list, i);
      i = end == text::npos ? i : end - 1;
    } else if (list[i] == ',') {
      out.push_back(trimmed(list.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  out.push_back(trimmed(list.substr(begin)));
  return out;
}

/// Without what stands between < and >, or between parentheses: what a std::function takes is no concern of ours.
std::string bare(text parameter) {
  std::string out;
  for (size_t i = 0; i < parameter.size(); ++i) {
    if (parameter[i] == '<' || parameter[i] == '(')
      if (const auto end = behind(parameter, i); end != text::npos) {
        i = end - 1;
        continue;
      }
    out += parameter[i];
  }
  return out;
}

size_t skip_space(text code, size_t at) { return std::min(code.find_first_not_of(" \n", at), code.size()); }
size_t back_over_space(text code, size_t at) {
  while (at > 0 && (code[at - 1] == ' ' || code[at - 1] == '\n'))
    --at;
  return at;
}

void judge_parameters(const source& file, size_t open, findings& out) {
  const auto end = behind(file.code, open);
  if (end == text::npos)
    return;
  for (const auto parameter : split(text{file.code}.substr(open + 1, end - open - 2))) {
    const auto type = bare(parameter.substr(0, parameter.find('=')));
    const bool view = type.find("string_view") != text::npos || type.find("std::span") != text::npos;
    if (view || type.find('&') != text::npos)
      out.push_back(
        {"coroutine", file.path, line_of(file.code, open),
         fmt::format("'{}': a coroutine takes its parameters by value; the caller's may be gone when it goes on",
                     std::string{parameter})});
  }
}

/// The parameters of a lambda or function whose return type stands behind ->, and what the lambda captures.
void judge_trailing(const source& file, size_t arrow, findings& out) {
  const text code{file.code};
  auto at = back_over_space(code, arrow);
  if (at == 0 || code[at - 1] != ')')
    return;
  const auto open = opening_of(code, at - 1);
  if (open == text::npos)
    return;
  judge_parameters(file, open, out);
  at = back_over_space(code, open);
  if (at > 0 && code[at - 1] == '>')
    at = back_over_space(code, opening_of(code, at - 1));
  if (at == 0 || at == text::npos || code[at - 1] != ']')
    return;
  const auto captures = opening_of(code, at - 1);
  if (!trimmed(code.substr(captures + 1, at - captures - 2)).empty())
    out.push_back({"coroutine", file.path, line_of(code, captures),
                   "a coroutine captures nothing: its lambda may be gone when it goes on; give it parameters"});
}

/// Functions and lambdas that give a flow.
void declarations(const source& file, findings& out) {
  const text code{file.code};
  for (const auto at : places_of(code, "flow")) {
    const auto open = at + 4;
    if (open >= code.size() || code[open] != '<')
      continue;
    auto end = behind(code, open);
    if (end == text::npos || end >= code.size() || code[end] == ':')
      continue; // flow<T>::taken is another type.
    auto before = at;
    while (before > 0 && is_name(code[before - 1])) // arrakis::
      --before;
    before = back_over_space(code, before);
    if (before > 1 && code.substr(before - 2, 2) == "->") {
      judge_trailing(file, before - 2, out);
      continue;
    }
    end = skip_space(code, end);
    const auto name = end;
    while (end < code.size() && is_name(code[end]))
      ++end;
    end = skip_space(code, end);
    if (end > name && std::isalpha(static_cast<unsigned char>(code[name])) && end < code.size() && code[end] == '(')
      judge_parameters(file, end, out);
  }
}

void handles(const source& file, findings& out) {
  if (file.path.starts_with("runtime/flow/"))
    return;
  for (const auto at : places_of(file.code, "coroutine_handle"))
    out.push_back(
      {"coroutine", file.path, line_of(file.code, at),
       "a coroutine is resumed in runtime/flow alone; wait at a suspension of runtime/flow/suspension.hpp"});
}

/// The types of the tree whose destruction does something, as far as their declarations say.
class types {
public:
  explicit types(const std::vector<source>& files) {
    for (const auto& file : files)
      if (file.is_cpp())
        read(file);
  }
  /// Does a value of this type, as the file `from` names it, own nothing? Where several types have the name, none may.
  bool is_plain(text type, text from, int depth = 0) const {
    type = trimmed(type);
    for (const text word : {"const ", "static ", "constexpr ", "mutable ", "std::", "arrakis::"})
      while (type.starts_with(word))
        type = trimmed(type.substr(word.size()));
    constexpr std::array plain{"bool",     "char",    "int",     "unsigned", "long",
                               "size_t",   "int64_t", "int32_t", "uint64_t", "uint32_t",
                               "uint16_t", "uint8_t", "double",  "float",    "unsigned int"};
    if (std::ranges::find(plain, type) != plain.end() || type.starts_with("chrono::"))
      return true;
    if (type == "milliseconds" || type == "seconds" || type.ends_with("*"))
      return true;
    if (type.starts_with("optional<") || type.starts_with("array<"))
      return is_plain(split(type.substr(type.find('<') + 1, type.rfind('>') - type.find('<') - 1)).front(), from,
                      depth + 1);
    // "load" is many types; "manifests::load" is the one whose full name ends so, and "load" is the file's own.
    const auto scope = type.substr(0, std::min(type.rfind("::"), type.size()));
    const bool qualified = scope.size() < type.size();
    const auto [first, last] = members_.equal_range(type.substr(type.rfind(':') + 1));
    const bool own = !qualified && std::any_of(first, last, [&](const auto& x) { return x.second.path == from; });
    bool known = false;
    for (auto at = first; at != last && depth < 8; ++at) {
      const auto& [path, space, members] = at->second;
      if ((own && path != from) || (qualified && space != scope && !space.ends_with("::" + std::string{scope})))
        continue;
      known = true;
      if (!std::ranges::all_of(members, [&](const auto& member) { return is_plain(member, path, depth + 1); }))
        return false;
    }
    return known;
  }

private:
  struct declared {
    std::string path, space;
    std::vector<std::string> members; ///< The types of the members.
  };
  void read(const source& file) {
    const text code{file.code};
    for (const text word : {"struct", "class"})
      for (const auto at : places_of(code, word)) {
        const auto name = skip_space(code, at + word.size());
        auto end = name;
        while (end < code.size() && is_name(code[end]))
          ++end;
        const auto open = skip_space(code, end);
        const auto before = back_over_space(code, at);
        const bool is_enum = before >= 4 && code.substr(before - 4, 4) == "enum";
        if (end == name || open >= code.size() || (code[open] != '{' && !is_enum))
          continue;
        std::vector<std::string> members;
        if (!is_enum)
          read_members(code.substr(open, behind(code, open) - open), members);
        members_.emplace(code.substr(name, end - name),
                         declared{file.path, namespace_at(code, at), std::move(members)});
      }
  }
  /// The last named namespace that was opened before `at`: one file, one namespace.
  static std::string namespace_at(text code, size_t at) {
    for (auto from = code.rfind("namespace ", at); from != text::npos;
         from = from == 0 ? text::npos : code.rfind("namespace ", from - 1)) {
      const auto name = from + 10;
      auto end = name;
      while (end < code.size() && is_name(code[end]))
        ++end;
      if (end > name)
        return std::string{code.substr(name, end - name)};
    }
    return {};
  }
  /// `body` with its braces. Declarations of functions are left out.
  static void read_members(text body, std::vector<std::string>& members) {
    size_t begin = 1;
    for (size_t i = 1; i + 1 < body.size(); ++i) {
      if (body[i] == '{' || body[i] == '(') {
        const auto end = behind(body, i);
        if (end == text::npos)
          return;
        const bool function = body[i] == '{' && body.substr(begin, i - begin).find('(') != text::npos;
        i = end - 1;
        if (function)
          begin = end;
      } else if (body[i] == ';') {
        auto member = trimmed(body.substr(begin, i - begin));
        begin = i + 1;
        if (member.starts_with("using ") || member.starts_with("static ") || member.starts_with("friend ")
            || member.starts_with("enum") || member.find(" operator") != text::npos)
          continue;
        member = trimmed(member.substr(0, member.find_first_of("={")));
        if (member.find('(') != text::npos && member.find('<') > member.find('('))
          continue; // A function.
        if (const auto comma = split(member).front(); !comma.empty())
          members.push_back(std::string{trimmed(comma.substr(0, comma.find_last_of(" *&") + 1))});
      }
    }
  }
  std::multimap<std::string, declared, std::less<>> members_; ///< By name.
};

/// Where the statement of a co_await ends, or the bracket around it.
size_t end_of_operand(text code, size_t from) {
  for (auto i = from; i < code.size(); ++i) {
    if (code[i] == '(' || code[i] == '[' || code[i] == '{') {
      const auto end = behind(code, i);
      if (end == text::npos)
        return code.size();
      i = end - 1;
    } else if (code[i] == ';' || code[i] == ')' || code[i] == '}' || code[i] == ']') {
      return i;
    }
  }
  return code.size();
}

/// Returns the type that the braces at `open` build: "manifests::load"; "" if no type precedes them.
text type_before(text code, size_t open) {
  auto end = open;
  if (end > 0 && code[end - 1] == '>')
    end = opening_of(code, end - 1);
  auto begin = end;
  while (begin > 0 && is_name(code[begin - 1]))
    --begin;
  return code.substr(begin, open - begin);
}

void awaited(const source& file, const types& known, findings& out) {
  const text code{file.code};
  for (const auto at : places_of(code, "co_await")) {
    const auto end = end_of_operand(code, at + 8);
    const auto operand = code.substr(0, end);
    for (auto open = operand.find('{', at); open != text::npos; open = operand.find('{', open + 1)) {
      const char before = code[back_over_space(code, open) - 1];
      const auto type = type_before(code, open);
      const bool is_awaited = trimmed(code.substr(at + 8, open - at - 8)) == type && !type.empty();
      if (before == ')' || before == ']'
          || is_awaited) // The body of a lambda; what is waited for lives as long as that.
        continue;
      const auto inside = code.substr(open, behind(code, open) - open);
      const bool owns = type.empty() ? inside.find('"') != text::npos : !known.is_plain(type, file.path);
      if (owns)
        out.push_back({"coroutine", file.path, line_of(code, open),
                       fmt::format("a temporary{}{} lives across this co_await; name it before, and move it in",
                                   type.empty() ? "" : " ", std::string{type})});
    }
    // The result of an awaited call ends with the statement: a reference into it, or a loop over it, dangles.
    auto begin = code.find_last_of(";{}", at);
    begin = begin == text::npos ? 0 : begin + 1;
    const auto statement = trimmed(code.substr(begin, at - begin));
    const auto equals = statement.rfind('=');
    const bool into_part = statement.ends_with('(') && end + 1 < code.size()
                        && (code[end + 1] == '.' || code.substr(end + 1, 2) == "->");
    if (statement.starts_with("for (") && statement.find(':') != text::npos)
      out.push_back({"coroutine", file.path, line_of(code, at), "a loop over what a co_await gives; name it before"});
    else if (into_part && equals != text::npos && statement.substr(0, equals).find('&') != text::npos)
      out.push_back(
        {"coroutine", file.path, line_of(code, at), "a reference into what a co_await gives; name it before"});
  }
}

/// Waits at a suspension, or for Redis' word, are taken back where they are noted: in the state, which must still be
/// there when its flows go.
void flows_last(const source& file, findings& out) {
  const text code{file.code};
  const bool has_places = std::ranges::any_of(includes_of(file), [](const include& i) {
    return i.path == "runtime/flow/suspension.hpp" || i.path == "adapters/redis/calls.hpp";
  });
  if (!has_places || file.path.starts_with("runtime/flow/"))
    return;
  for (const auto at : places_of(code, "flows")) {
    auto end = skip_space(code, at + 5);
    const auto name = end;
    while (end < code.size() && is_name(code[end]))
      ++end;
    if (end == name || end >= code.size() || code[end] != ';' || code[skip_space(code, end + 1)] == '}')
      continue;
    out.push_back({"coroutine", file.path, line_of(code, at),
                   "flows is the last member of its state: what waits in one leaves the other members when it ends"});
  }
}
} // namespace

void coroutines(const std::vector<source>& files, findings& out) {
  const types known{files};
  for (const auto& file : files) {
    if (!file.is_cpp())
      continue;
    declarations(file, out);
    handles(file, out);
    awaited(file, known, out);
    flows_last(file, out);
  }
}
} // namespace arrakis::tidy
