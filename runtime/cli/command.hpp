#pragma once
// The command line of a program, declared once: parsing, help, shell completion and the man page are made from it.
#include "runtime/error.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::cli {

/// Exit codes of all our programs; docs/operating.md lists them for operators.
enum exit_code : int {
  success = 0,
  failure = 1, ///< Understood, and it could not be done: standard error says why.
  misuse = 2,  ///< The command line is not understood; nothing was done.
};

/// Checks the value of a word or of an option: empty when it is allowed, else what it has to be ("must be ...").
using check = std::function<std::string(const std::string&)>;
/// Checks a word: empty if it is a whole number from 1 on, without a sign; else the fault.
std::string whole_number(const std::string&);

/// A positional argument.
struct word {
  std::string name; ///< In capitals: "ID".
  std::string help;
  bool required = true;
  bool many = false;                ///< Takes all the words that are left.
  std::vector<std::string> choices; ///< Empty: any that passes `is_valid`.
  check is_valid;
};
/// An option of a command.
struct option {
  std::string name;  ///< With its dashes: "--config".
  std::string value; ///< Name of its value, in capitals ("FILE"); empty: a flag.
  std::string help;
  std::vector<std::string> choices;
  check is_valid;
};
/// An example in the help text.
struct example {
  std::string line; ///< As typed, with the program's name.
  std::string help;
};

/// Parsed arguments, by the names of the declaration.
class arguments {
public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// The first value; `otherwise` when the word or option is absent.
  std::string text(const std::string& name, const std::string& otherwise = {}) const;
  /// All values of a word with `many`, with a blank between them.
  std::string joined(const std::string& name) const;
  /// Number of a word that whole_number checked; 0 when it is absent.
  int64_t number(const std::string& name) const;
  void set(const std::string& name, std::vector<std::string> values) { values_[name] = std::move(values); }

private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// A command or a group of commands.
struct command {
  std::string name;
  std::string help;    ///< One sentence.
  std::string details; ///< More of it, for the help and the man page; lines may be of any length.
  std::vector<word> words;
  std::vector<option> options; ///< Options of the root apply to every command and may stand anywhere.
  std::vector<example> examples;
  /// Runs the command and returns the exit code. Empty: a group, whose caller must name one of `commands`.
  std::function<int(const arguments&)> run;
  std::vector<command> commands;
};

/// Parses `words` (without the program's name) and runs what they name. Answers -h, --help, help and --version itself.
/// The commands `completion` and `man` are added to `root`.
int run(command root, const std::string& version, const std::vector<std::string>& words);

/// Help text (-h) of the command at `path` (names below the root).
std::string help_of(const command& root, const std::vector<std::string>& path);
/// Usage line: "arrakisctl community freeze [--json] ID [REASON...]", without the options of the root.
std::string usage_of(const command&, const std::string& full_name);
/// Completion script for bash, zsh or fish, to be sourced.
std::string completion_of(const command& root, const std::string& shell);
/// Manual page (section 1) in man(7) format.
std::string man_of(const command& root, const std::string& version);

} // namespace arrakis::cli
