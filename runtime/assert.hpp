#pragma once
#include <source_location>
#include <string_view>

namespace arrakis {
/// Says what must hold and where it did not, then aborts. Also in release: a broken invariant must not reach Discord.
[[noreturn]] void assertion_failed(std::string_view expression, std::string_view what, std::source_location where);
} // namespace arrakis

/// For bugs of ours only; never reachable by input from outside.
#define ARRAKIS_ASSERT(condition, what)                                                                                \
  ((condition) ? void() : ::arrakis::assertion_failed(#condition, what, std::source_location::current()))
