#pragma once
// Private to runtime/net: the opening handshake of a WebSocket (RFC 6455 4), as texts.
#include "runtime/net/http.hpp"

namespace arrakis::net::handshake {
/// Generates a Sec-WebSocket-Key: 16 random bytes in Base64.
std::string make_key();
/// Sec-WebSocket-Accept value for a Sec-WebSocket-Key.
std::string accept_of(std::string_view key);
/// Request of the opening handshake.
std::string request_text(const std::string& authority, const std::string& target, const std::string& key);
/// Response that accepts the handshake with `key`.
std::string response_text(std::string_view key);

/// End of a response head, behind its empty line; npos: incomplete.
size_t head_end(std::string_view bytes);
/// Size limit of a response head.
constexpr size_t head_bytes_max = 16 << 10;
/// Result of the handshake. `why_not`: error text; empty: the WebSocket is open. `declined`: the server answered HTTP
/// and refused.
struct verdict {
  std::string why_not;
  bool declined = false;
};
/// Checks the response to `key`.
verdict judge(std::string_view head, std::string_view key);

/// True when the comma-separated list `values` has `token`, compared without case.
bool lists(std::string_view values, std::string_view token);
} // namespace arrakis::net::handshake
