#include "runtime/cli/command.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arrakis::cli {
namespace {
/// Text as roff shows it: no dash becomes a hyphen, no line a request.
std::string roff(const std::string& text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '-' || c == '\\')
      out += '\\';
    out += c == '\\' ? "e" : std::string{c};
    begins = c == '\n';
  }
  return out;
}

std::string tagged(const std::string& tag, const std::string& text) {
  return fmt::format(".TP\n.B {}\n{}\n", roff(tag), roff(text));
}

std::string with_choices(const std::string& help, const std::vector<std::string>& choices) {
  return choices.empty() ? help : fmt::format("{} One of {}.", help, fmt::join(choices, ", "));
}

std::string options_of(const command& c) {
  std::string out;
  for (const auto& o : c.options)
    out += tagged(o.value.empty() ? o.name : o.name + " " + o.value, with_choices(o.help, o.choices));
  return out;
}

void list_commands(const command& c, const std::string& name, std::string& out, std::vector<example>& examples) {
  for (const auto& each : c.commands) {
    const auto full = name + " " + each.name;
    examples.insert(examples.end(), each.examples.begin(), each.examples.end());
    if (each.run) {
      out += fmt::format(".SS {}\n{}\n", roff(usage_of(each, full)), roff(each.help));
      if (!each.details.empty())
        out += ".PP\n" + roff(each.details) + "\n";
      for (const auto& w : each.words)
        out += tagged(w.name, with_choices(w.help, w.choices));
      out += options_of(each);
    }
    list_commands(each, full, out, examples);
  }
}
} // namespace

std::string man_of(const command& root, const std::string& version) {
  auto capitals = root.name;
  std::ranges::transform(capitals, capitals.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  auto examples = root.examples;
  std::string commands;
  list_commands(root, root.name, commands, examples);
  auto out = fmt::format(".TH {} 1 \"\" \"Arrakis {}\"\n.SH NAME\n{} \\- {}\n", capitals, version, root.name,
                         roff(root.help));
  out += fmt::format(".SH SYNOPSIS\n.B {}\n", roff(usage_of(root, root.name)));
  if (!root.details.empty())
    out += ".SH DESCRIPTION\n" + roff(root.details) + "\n";
  out += ".SH OPTIONS\n" + options_of(root) + tagged("-h, --help", "Show the help of any command.")
       + tagged("-V, --version", "Show the version.") + ".SH COMMANDS\n" + commands;
  out += ".SH EXIT STATUS\n" + tagged("0", "It was done.")
       + tagged("1", "It was understood and could not be done; standard error says why.")
       + tagged("2", "The command line was not understood; nothing was done.");
  if (!examples.empty()) {
    out += ".SH EXAMPLES\n";
    for (const auto& e : examples)
      out += tagged(e.line, e.help);
  }
  return out;
}
} // namespace arrakis::cli
