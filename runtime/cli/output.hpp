#pragma once
// Output of a command: the same result as text for a person and as JSON for a program.
#include "runtime/cli/command.hpp"
#include "runtime/terminal.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace arrakis::cli {

/// Result of a command.
struct output {
  boost::json::value json; ///< The one document that --json prints.
  std::string text;        ///< Lines, made by line() and table().
  caf::error failure;      ///< Set: it is printed after the result, and the exit code is 1.
};

/// Formats one line for a person. Text values count as foreign and are escaped by for_terminal.
template <class... T>
std::string line(fmt::format_string<T...> format, T&&... values) {
  const auto print = [&](const auto&... shown) {
    return fmt::vformat(fmt::string_view{format}, fmt::make_format_args(shown...)) + "\n";
  };
  return print(terminal::shown(values)...);
}
/// Formats a table with headings; `otherwise` instead of a table without rows.
std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows,
                  const std::string& otherwise);

/// Wraps a function that returns an output as a command's action, which prints it. With --json, result and failure are
/// one JSON document each (the failure on standard error).
std::function<int(const arguments&)> printed(std::function<caf::expected<output>(const arguments&)>);
/// Declares the option --json of the root, which `printed` reads.
option json_option();

/// Declares the option --yes of a command that asks before it acts.
option yes_option();
/// True with --yes, or when a person at a terminal types yes. ec::refused, with the remedy, without a terminal and
/// after any other answer. `question` goes to standard error, which --json leaves to people.
caf::expected<caf::unit_t> confirm(const arguments&, const std::string& question);

} // namespace arrakis::cli
