#include "runtime/cli/command.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>

namespace arrakis::cli {
namespace {
constexpr size_t width_max = 100;

std::string word_of(const word& w) {
  const auto name = w.name + (w.many ? "..." : "");
  return w.required ? name : "[" + name + "]";
}
std::string option_of(const option& o) { return o.value.empty() ? o.name : o.name + " " + o.value; }

/// `text` behind `first`, broken between words, its further lines `indent` columns from the left.
std::string wrapped(const std::string& first, const std::string& text, size_t indent) {
  auto out = first;
  auto at = first.size();
  std::istringstream in{text};
  for (std::string w; in >> w; at += w.size()) {
    if (at + 1 + w.size() > width_max) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (at > indent) {
      out += " ";
      ++at;
    }
    out += w;
  }
  return out + "\n";
}

/// Text behind a column of names.
std::string entry(const std::string& name, const std::string& text, size_t column) {
  return wrapped(fmt::format("  {:<{}} ", name, column), text, column + 3);
}

using entries = std::vector<std::pair<std::string, std::string>>;
std::string section(const std::string& heading, const entries& all) {
  if (all.empty())
    return {};
  size_t column = 0;
  for (const auto& [name, text] : all)
    column = std::max(column, name.size());
  std::string out = "\n" + heading + ":\n";
  for (const auto& [name, text] : all)
    out += entry(name, text, column + 1);
  return out;
}

std::string with_choices(const std::string& help, const std::vector<std::string>& choices) {
  return choices.empty() ? help : fmt::format("{} One of {}.", help, fmt::join(choices, ", "));
}

entries options_of(const command& c) {
  entries out;
  for (const auto& o : c.options)
    out.emplace_back(option_of(o), with_choices(o.help, o.choices));
  return out;
}
} // namespace

std::string usage_of(const command& c, const std::string& full_name) {
  std::string out = full_name;
  for (const auto& o : c.options)
    out += " [" + option_of(o) + "]";
  if (!c.commands.empty())
    out += c.run ? " [COMMAND]" : " COMMAND";
  for (const auto& w : c.words)
    out += " " + word_of(w);
  return out;
}

std::string help_of(const command& root, const std::vector<std::string>& path) {
  const auto* at = &root;
  auto name = root.name;
  for (const auto& step : path) {
    at = &*std::ranges::find(at->commands, step, &command::name);
    name += " " + step;
  }
  auto out = fmt::format("{}\n\nUsage: {}\n", at->help, usage_of(*at, name));
  if (!at->details.empty())
    out += "\n" + wrapped("", at->details, 0);
  entries commands, words;
  for (const auto& c : at->commands)
    commands.emplace_back(c.name, c.help);
  if (!commands.empty())
    commands.emplace_back("help", "Shows this, or the help of the command that follows.");
  for (const auto& w : at->words)
    words.emplace_back(w.name, with_choices(w.help, w.choices));
  out += section("Commands", commands) + section("Words", words);
  auto options = options_of(*at);
  options.emplace_back("-h, --help", "Show this.");
  if (at == &root)
    options.emplace_back("-V, --version", "Show the version.");
  out += section("Options", options);
  if (at != &root)
    out += section("Options of every command", options_of(root));
  if (!at->examples.empty()) {
    out += "\nExamples:\n";
    for (const auto& e : at->examples)
      out += fmt::format("  # {}\n  {}\n", e.help, e.line);
  }
  return out;
}
} // namespace arrakis::cli
