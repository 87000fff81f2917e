#pragma once
// Plain text of a secret, and of a request that holds some, for a test.
#include "runtime/net/http.hpp"
#include "runtime/secret.hpp"

#include <string>

namespace arrakis::test {

/// Copies the text of a secret.
inline std::string plain(const secret& from) {
  std::string out;
  from.lend([&](std::string_view text) { out = text; });
  return out;
}

/// The request as a server reads it: path and Authorization stand where everybody's do.
inline net::http_request as_received(net::http_request r) {
  if (!r.private_target.empty())
    r.target = plain(std::exchange(r.private_target, {}));
  if (!r.authorization.empty())
    r.headers.emplace_back("Authorization", plain(std::exchange(r.authorization, {})));
  return r;
}
} // namespace arrakis::test
