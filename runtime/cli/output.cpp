#include "runtime/cli/output.hpp"

#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cstdio>
#include <unistd.h>

namespace arrakis::cli {
namespace {
void print_failure(const arguments& given, ec code, const std::string& sentence) {
  if (given.has("--json"))
    terminal::print_lines(terminal::stream::error,
                          json::print(boost::json::object{{"error", sentence}, {"code", to_string(code)}}) + "\n");
  else
    terminal::print_lines(terminal::stream::error, sentence + "\n");
}
} // namespace

std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows,
                  const std::string& otherwise) {
  if (rows.empty())
    return line("{}", otherwise);
  std::vector<std::vector<std::string>> cells{headings};
  for (const auto& row : rows) {
    auto& shown = cells.emplace_back();
    for (const auto& cell : row)
      shown.push_back(for_terminal(cell));
  }
  std::vector<size_t> widths(headings.size());
  for (const auto& row : cells)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], unicode::length(row[i]));
  std::string out;
  for (const auto& row : cells) {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i)
      text += (i > 0 ? "  " : "") + row[i] + std::string(widths[i] - unicode::length(row[i]), ' ');
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::function<int(const arguments&)> printed(std::function<caf::expected<output>(const arguments&)> action) {
  return [action = std::move(action)](const arguments& given) -> int {
    const auto result = action(given);
    if (!result) {
      print_failure(given, code_of(result.error()), text_of(result.error()));
      return failure;
    }
    if (given.has("--json"))
      terminal::print_document(json::print(result->json) + "\n");
    else
      terminal::print_document(result->text);
    if (!result->failure)
      return success;
    print_failure(given, code_of(result->failure), text_of(result->failure));
    return failure;
  };
}

option json_option() {
  return {"--json", "", "Print the result as one JSON document, and a failure as another.", {}, {}};
}
option yes_option() { return {"--yes", "", "Do it without asking.", {}, {}}; }

caf::expected<caf::unit_t> confirm(const arguments& given, const std::string& question) {
  if (given.has("--yes"))
    return caf::unit;
  if (isatty(STDIN_FILENO) != 1)
    return fail(ec::refused, "Nothing was done: this needs your confirmation. Repeat it with --yes.");
  terminal::print_error("{} Type yes: ", question);
  std::array<char, 16> typed{};
  if (std::fgets(typed.data(), typed.size(), stdin) != nullptr && std::string_view{typed.data()} == "yes\n")
    return caf::unit;
  return fail(ec::refused, "Nothing was done: you did not type yes.");
}
} // namespace arrakis::cli
