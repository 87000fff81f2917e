#pragma once
// Private to runtime/net: the opening handshake of a WebSocket (RFC 6455 4), as texts.
#include "runtime/net/http.hpp"

namespace arrakis::net::handshake {
/// Sixteen random bytes in Base64.
std::string make_key();
/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string accept_of(std::string_view key);
std::string request_text(const std::string& authority, const std::string& target, const std::string& key);
std::string response_text(std::string_view key);

/// Where the head of an answer ends, behind its empty line; npos: not there yet.
size_t head_end(std::string_view bytes);
constexpr size_t head_bytes_max = 16 << 10;
/// Empty: the answer to `key` opens the WebSocket. Otherwise what is wrong; `declined`: the server speaks HTTP and said
/// no.
struct verdict {
  std::string why_not;
  bool declined = false;
};
verdict judge(std::string_view head, std::string_view key);

/// Whether the comma-separated list `values` has `token`, compared without case.
bool lists(std::string_view values, std::string_view token);
} // namespace arrakis::net::handshake
