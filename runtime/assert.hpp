#pragma once
#include <source_location>
#include <string_view>

namespace arrakis {
/// Prints the broken invariant and its location, then aborts. Also in release: it must not reach Discord.
[[noreturn]] void assertion_failed(std::string_view expression, std::string_view what, std::source_location where);
} // namespace arrakis

/// Checks an invariant of our own code; never use it for input from outside.
#define ARRAKIS_ASSERT(condition, what)                                                                                \
  ((condition) ? void() : ::arrakis::assertion_failed(#condition, what, std::source_location::current()))
