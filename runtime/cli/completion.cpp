#include "runtime/cli/command.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arrakis::cli {
namespace {
/// Completions at one position of the command line.
struct candidate {
  std::string name, help;
};
/// A node of the command tree: names below the program, with a blank before each (" community show").
struct node {
  std::string path;
  std::vector<candidate> candidates;
};

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? "'\\''" : std::string{c};
  return out + "'";
}

void collect(const command& root, const command& c, const std::string& path, std::vector<node>& out) {
  node here{path, {}};
  for (const auto& each : c.commands)
    here.candidates.push_back({each.name, each.help});
  if (!c.commands.empty())
    here.candidates.push_back({"help", "Shows help."});
  for (const auto& w : c.words)
    for (const auto& choice : w.choices)
      here.candidates.push_back({choice, w.help});
  for (const auto& o : c.options)
    here.candidates.push_back({o.name, o.help});
  if (&c != &root)
    for (const auto& o : root.options)
      here.candidates.push_back({o.name, o.help});
  here.candidates.push_back({"--help", "Show help."});
  if (&c == &root)
    here.candidates.push_back({"--version", "Show the version."});
  out.push_back(std::move(here));
  for (const auto& each : c.commands)
    collect(root, each, path + " " + each.name, out);
}

std::vector<node> nodes_of(const command& root) {
  std::vector<node> out;
  collect(root, root, "", out);
  return out;
}

/// Options of the root that a value follows, which is no command.
std::vector<option> valued(const command& root) {
  std::vector<option> out;
  std::ranges::copy_if(root.options, std::back_inserter(out), [](const auto& o) { return !o.value.empty(); });
  return out;
}

/// The patterns of a `case` that leads one level deeper; the same in bash and zsh.
std::string steps(const std::vector<node>& nodes) {
  std::string out;
  for (const auto& n : nodes)
    if (!n.path.empty())
      out += (out.empty() ? "" : "|") + single_quoted(n.path);
  return out;
}

/// Branches for the values of the root's options: their choices, else files. `files` and `words` are the shell's own.
std::string value_branches(const command& root, const std::string& files, const char* words) {
  std::string out;
  for (const auto& o : valued(root))
    out += fmt::format("    {}) {}; return ;;\n", o.name,
                       o.choices.empty() ? files : fmt::format(fmt::runtime(words), fmt::join(o.choices, " ")));
  return out;
}

std::string skipped(const command& root) {
  std::string names;
  for (const auto& o : valued(root))
    names += (names.empty() ? "" : "|") + o.name;
  return names.empty() ? "" : fmt::format("    case \"$word\" in {}) i=$((i + 2)); continue ;; esac\n", names);
}

std::string bash(const command& root) {
  const auto nodes = nodes_of(root);
  auto out = fmt::format(
    "# Completion of {0} for bash; {0} completion bash wrote it.\n"
    "_{0}() {{\n"
    "  local cur=\"${{COMP_WORDS[COMP_CWORD]}}\" place='' word i=1 choices=''\n"
    "  while [ \"$i\" -lt \"$COMP_CWORD\" ]; do\n"
    "    word=\"${{COMP_WORDS[i]}}\"\n{1}"
    "    case \"$place $word\" in\n      {2}) place=\"$place $word\" ;;\n    esac\n"
    "    i=$((i + 1))\n  done\n"
    "  COMPREPLY=()\n"
    "  case \"${{COMP_WORDS[COMP_CWORD - 1]}}\" in\n{3}  esac\n"
    "  case \"$place\" in\n",
    root.name, skipped(root), steps(nodes),
    value_branches(root, "COMPREPLY=($(compgen -f -- \"$cur\"))", "COMPREPLY=($(compgen -W '{}' -- \"$cur\"))"));
  for (const auto& n : nodes) {
    std::vector<std::string> names;
    for (const auto& c : n.candidates)
      names.push_back(c.name);
    out += fmt::format("    '{}') choices='{}' ;;\n", n.path, fmt::join(names, " "));
  }
  return out
       + fmt::format("  esac\n  COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n}}\ncomplete -F _{0} {0}\n",
                     root.name);
}

std::string zsh(const command& root) {
  const auto nodes = nodes_of(root);
  auto out = fmt::format("#compdef {0}\n# {0} completion zsh wrote it.\n"
                         "_{0}() {{\n"
                         "  local place='' word i=2\n  local -a choices\n"
                         "  while [ \"$i\" -lt \"$CURRENT\" ]; do\n"
                         "    word=\"${{words[i]}}\"\n{1}"
                         "    case \"$place $word\" in\n      {2}) place=\"$place $word\" ;;\n    esac\n"
                         "    i=$((i + 1))\n  done\n"
                         "  case \"${{words[CURRENT - 1]}}\" in\n{3}  esac\n"
                         "  case \"$place\" in\n",
                         root.name, skipped(root), steps(nodes), value_branches(root, "_files", "compadd -- {}"));
  for (const auto& n : nodes) {
    out += fmt::format("    '{}') choices=(", n.path);
    for (const auto& c : n.candidates)
      out += "\n      " + single_quoted(c.name + ":" + c.help);
    out += ") ;;\n";
  }
  return out
       + fmt::format("  esac\n  _describe '{0}' choices\n}}\n"
                     "if [ \"$funcstack[1]\" = _{0} ]; then _{0} \"$@\"; else compdef _{0} {0}; fi\n",
                     root.name);
}

std::string fish(const command& root) {
  const auto nodes = nodes_of(root);
  std::vector<std::string> paths, with_value;
  for (const auto& n : nodes)
    if (!n.path.empty())
      paths.push_back(single_quoted(n.path));
  for (const auto& o : valued(root))
    with_value.push_back(o.name);
  auto out = fmt::format("# Completion of {0} for fish; {0} completion fish wrote it.\n"
                         "function __{0}_is_at\n"
                         "  set -l place ''\n  set -l skips 0\n"
                         "  for word in (commandline -opc)[2..-1]\n"
                         "    if test $skips -eq 1\n      set skips 0\n      continue\n    end\n"
                         "    if contains -- $word {1}\n      set skips 1\n"
                         "    else if contains -- \"$place $word\" {2}\n      set place \"$place $word\"\n    end\n"
                         "  end\n  test $skips -eq 0 -a \"$place\" = \"$argv[1]\"\nend\n"
                         "complete -c {0} -f\n",
                         root.name, fmt::join(with_value, " "), fmt::join(paths, " "));
  for (const auto& o : valued(root))
    out += fmt::format("complete -c {} -l {} {} -d {}\n", root.name, o.name.substr(2),
                       o.choices.empty() ? std::string{"-r -F"} : fmt::format("-x -a '{}'", fmt::join(o.choices, " ")),
                       single_quoted(o.help));
  for (const auto& n : nodes)
    for (const auto& c : n.candidates)
      out += fmt::format("complete -c {} -n \"__{}_is_at '{}'\" {} -d {}\n", root.name, root.name, n.path,
                         c.name.starts_with("--") ? "-l " + c.name.substr(2) : "-a " + c.name, single_quoted(c.help));
  return out;
}
} // namespace

std::string completion_of(const command& root, const std::string& shell) {
  return shell == "bash" ? bash(root) : shell == "zsh" ? zsh(root) : fish(root);
}
} // namespace arrakis::cli
