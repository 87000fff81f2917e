#pragma once
// Trace ids. Requests and the data of jobs bring them from outside.
#include <algorithm>
#include <string_view>

namespace arrakis {

/// Returns true for 32 lower-case hex digits that are not all zero: https://www.w3.org/TR/trace-context/#trace-id
constexpr bool is_trace_id(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 32 && std::ranges::all_of(text, is_hex) && text.find_first_not_of('0') != text.npos;
}

} // namespace arrakis
