#pragma once
// Bytes that a stranger may send to an HTTP/1.1 server, and what RFC 9112 and RFC 9110 have it do: for runtime/net over
// a socket of its own, and for tests/interop/proxies through real proxies.
#include <string>
#include <vector>

namespace arrakis::test {
/// Bytes, and the answers and requests that they must lead to.
struct framing_case {
  std::string name, bytes;
  std::string statuses;              ///< Of all answers, in order.
  std::vector<std::string> requests; ///< "method target body", as the handler sees them.
  bool closes;                       ///< A request behind these bytes finds the connection closed.
};

/// All of them.
std::vector<framing_case> framing_cases();
} // namespace arrakis::test
