#pragma once
// Output of programs to a terminal. Each text among the arguments is untrusted and escaped as by for_terminal.
// Standard output that cannot be written is a std::runtime_error: a full disk is no success.
#include "runtime/foreign_text.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <type_traits>

namespace arrakis::terminal {

/// Standard streams.
enum class stream { output, error };
/// Writes bytes verbatim and flushes. Gives up on standard error if its reader reads nothing for 1 s.
void write(stream, std::string_view);

/// Argument for a format: a number unchanged, a text escaped for a terminal.
template <class T>
auto shown(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>)
    return for_terminal(value);
  else {
    static_assert(std::is_arithmetic_v<T>, "a terminal is shown texts and numbers");
    return value;
  }
}
/// Formats and writes; texts must be escaped already.
template <class... T>
void write_with(stream to, fmt::string_view format, const T&... values) {
  write(to, fmt::vformat(format, fmt::make_format_args(values...)));
}

/// Prints to standard output: the format is our own text and may contain line breaks.
template <class... T>
void print(fmt::format_string<T...> format, T&&... values) {
  write_with(stream::output, format, shown(values)...);
}
/// Prints to standard error, as `print`.
template <class... T>
void print_error(fmt::format_string<T...> format, T&&... values) {
  write_with(stream::error, format, shown(values)...);
}
/// Prints text with its own line breaks, such as several faults of a configuration.
void print_lines(stream, std::string_view);
/// Prints a document for other programs (JSON, a list of settings) verbatim; to a terminal as print_lines.
void print_document(std::string_view);

} // namespace arrakis::terminal
