#pragma once
// Private to runtime/net: the heads of HTTP/1.1 messages, judged by RFC 9112 and RFC 9110. Plain functions over bytes.
#include "runtime/net/http.hpp"

#include <cstdint>

namespace arrakis::net {
/// Reason for refusing a message, as text for the peer. `status`: the server's answer; 0: the message is valid.
struct rejection {
  int status = 0;
  std::string_view why = {};
  explicit operator bool() const { return status != 0; }
};

/// How a body ends (RFC 9112 6.3).
struct body_framing {
  /// Ways to end a body.
  enum class form { none, length, chunked, until_end };
  form is = form::none;
  uint64_t length = 0; ///< Length for form::length.
};

/// Limit of header lines of one message, trailers included. Real clients and proxies send fewer than 40.
constexpr size_t header_lines_max = 128;

/// Parsed head of a request.
struct request_head {
  /// The target is in origin form, or "*". Of a target in absolute form the authority has replaced the value of Host
  /// (RFC 9112 3.2.2).
  http_request message;
  body_framing body;
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

/// Parsed head of a response.
struct response_head {
  http_response message;
  body_framing body;
  bool keep_alive = false;
};

/// Parses a complete request head, from the request line to the empty line, inclusive; every line ends in CR LF.
/// Refuses, besides malformed heads: any Transfer-Encoding but a single `chunked` (400; codings before it: 501), one
/// beside Content-Length or in HTTP/1.0, a repeated or listed Content-Length, no Host or several, folded lines, a space
/// before a colon, control characters, CONNECT (501), another major version (505), an unknown expectation (417).
rejection read_head(std::string_view bytes, request_head& into);
/// Parses the head of a response. `answers_head`: to a HEAD request. More lenient, as RFC 9112 asks of clients: folded
/// lines are unfolded, equal Content-Lengths count once, and an unknown Transfer-Encoding ends with the connection.
rejection read_head(std::string_view bytes, bool answers_head, response_head& into);

/// Length of the token at the front of `text` (RFC 9110 5.6.2); 0: no token.
size_t token_size(std::string_view text);
/// True if `text` is a valid field value: visible characters, obs-text, space and tab (RFC 9110 5.5).
bool is_field_value(std::string_view text);
/// True if `line` is a valid line of a trailer section, without its line end.
bool is_field_line(std::string_view line);
} // namespace arrakis::net
