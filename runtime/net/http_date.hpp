#pragma once
// The time stamps of HTTP headers. RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::net {

/// Unix seconds of an IMF-fixdate; empty for anything else, also for the two obsolete forms, which no server of today
/// writes, and for a day that does not exist. The name of the day is not compared with the date.
std::optional<int64_t> parse_http_date(std::string_view);
/// Writes an IMF-fixdate.
std::string http_date(int64_t unix_s);

} // namespace arrakis::net
