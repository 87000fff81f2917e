#pragma once
// Media types: what a request brings and what it takes. Pure; reads headers from strangers.
#include "runtime/net/http.hpp"

#include <string_view>

namespace arrakis::net::router {

/// True if the client accepts `media_type` (without parameters) by its Accept headers (RFC 9110 12.5.1): the most
/// specific matching range decides, and quality 0 refuses. Without a header, or with no readable range, everything is
/// accepted.
bool accepts(const headers&, std::string_view media_type);

/// Media type without parameters (its essence): "application/json" of "application/json; charset=utf-8".
std::string_view essence_of(std::string_view media_type);

/// True if the head announces a body: a Content-Length other than 0, or a Transfer-Encoding.
bool has_body(const headers&);

} // namespace arrakis::net::router
