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

/// One line for a person. Texts among the values are foreign and shown as for_terminal shows them.
template <class... T>
std::string line(fmt::format_string<T...> format, T&&... values) {
  const auto print = [&](const auto&... shown) {
    return fmt::vformat(fmt::string_view{format}, fmt::make_format_args(shown...)) + "\n";
  };
  return print(terminal::shown(values)...);
}
/// Columns below their headings, with `otherwise` in the place of a table without rows.
std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows,
                  const std::string& otherwise);

/// Makes a command's action of a function that gives its result. With --json the result, and a failure on standard
/// error, are one JSON document each.
std::function<int(const arguments&)> printed(std::function<caf::expected<output>(const arguments&)>);
/// The root's option that `printed` obeys.
option json_option();

/// The option of a command that asks before it acts.
option yes_option();
/// True with --yes, or when a person at a terminal types yes. ec::refused, with the remedy, without a terminal and
/// after any other answer. `question` goes to standard error, which --json leaves to people.
caf::expected<caf::unit_t> confirm(const arguments&, const std::string& question);

} // namespace arrakis::cli
