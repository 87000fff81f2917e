#pragma once
// Trace ids, which come with requests and with the data of jobs: from outside, both.
#include <algorithm>
#include <string_view>

namespace arrakis {

/// 32 lower-case hex digits, not all zero: https://www.w3.org/TR/trace-context/#trace-id
constexpr bool is_trace_id(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 32 && std::ranges::all_of(text, is_hex) && text.find_first_not_of('0') != text.npos;
}

} // namespace arrakis
