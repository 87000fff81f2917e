#pragma once
// HTTP/1.1 values, without a Boost header.
#include "runtime/secret.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::net {
using headers = std::vector<std::pair<std::string, std::string>>;

/// True if two ASCII words are equal without case.
bool equal_without_case(std::string_view a, std::string_view b);
/// The first value of `name`, compared without case; empty when absent.
std::string_view header(const headers&, std::string_view name);

/// An HTTP request.
struct http_request {
  std::string method;
  std::string target; ///< Path and query as on the wire, still percent-encoded.
  net::headers headers;
  std::string body;
  std::string peer; ///< Address of the other end (server side only).
  // Client side only: secrets, which are wiped wherever the client has them.
  secret private_target; ///< In the place of `target`: one that holds a key.
  secret authorization;  ///< The value of the header Authorization; empty: none.
};
/// An HTTP response.
struct http_response {
  int status = 200;
  net::headers headers;
  std::string body;
};
/// Response of type application/json with `body`.
http_response json_response(int status, std::string body);
/// Path of a target, percent-decoded.
std::string path_of(std::string_view target);
/// Value of a query parameter, percent-decoded; empty when absent.
std::string query_value(std::string_view target, std::string_view key);
/// Percent-encodes all but unreserved characters (RFC 3986 2.3).
std::string percent_encode(std::string_view text);
/// Percent-decodes a text.
std::string percent_decode(std::string_view text);
} // namespace arrakis::net
