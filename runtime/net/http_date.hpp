#pragma once
// The time stamps of HTTP headers. RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::net {

/// Parses an IMF-fixdate into Unix seconds; empty for anything else, including the two obsolete formats (no current
/// server writes them) and dates that do not exist. The weekday is not checked.
std::optional<int64_t> parse_http_date(std::string_view);
/// Formats Unix seconds as an IMF-fixdate, the date format of HTTP headers.
std::string http_date(int64_t unix_s);

} // namespace arrakis::net
