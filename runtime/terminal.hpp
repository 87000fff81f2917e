#pragma once
// What programs print for a person. Each text among the arguments is foreign: it is shown as for_terminal shows it.
// Standard output that cannot be written is a std::runtime_error: a full disk is no success.
#include "runtime/foreign_text.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <type_traits>

namespace arrakis::terminal {

enum class stream { output, error };
/// Writes the bytes as they are, and flushes. To standard error nothing when nobody takes anything from it for 1 s.
void write(stream, std::string_view);

/// A number as it is, a text as a terminal may show it.
template <class T>
auto shown(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>)
    return for_terminal(value);
  else {
    static_assert(std::is_arithmetic_v<T>, "a terminal is shown texts and numbers");
    return value;
  }
}
template <class... T>
void write_with(stream to, fmt::string_view format, const T&... values) {
  write(to, fmt::vformat(format, fmt::make_format_args(values...)));
}

/// To standard output: the format is our own text, and may hold lines.
template <class... T>
void print(fmt::format_string<T...> format, T&&... values) {
  write_with(stream::output, format, shown(values)...);
}
/// To standard error.
template <class... T>
void print_error(fmt::format_string<T...> format, T&&... values) {
  write_with(stream::error, format, shown(values)...);
}
/// Text with lines of its own, such as several faults of a configuration.
void print_lines(stream, std::string_view);
/// What another program may read (JSON, a list of settings): exactly, but as print_lines where a terminal is listening.
void print_document(std::string_view);

} // namespace arrakis::terminal
