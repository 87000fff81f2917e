#pragma once
// Media types: what a request brings and what it takes. Pure; reads headers from strangers.
#include "runtime/net/http.hpp"

#include <string_view>

namespace arrakis::net::router {

/// True when the client accepts `media_type` (without parameters), by its Accept headers
/// (RFC 9110 12.5.1): the most specific range that names it decides, and a quality of 0 refuses. Without a header, and
/// where no range of it can be read, everything is taken.
bool accepts(const headers&, std::string_view media_type);

/// "application/json" of "application/json; charset=utf-8", trimmed; the case is as written.
std::string_view essence_of(std::string_view media_type);

/// By its head: a Content-Length other than 0, or a Transfer-Encoding.
bool has_body(const headers&);

} // namespace arrakis::net::router
