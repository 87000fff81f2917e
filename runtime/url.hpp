#pragma once
// Addresses of servers, as operators and other programs write them.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis {

/// scheme://[user[:password]@]host[:port][/path][?query] (RFC 3986). User, password, path and query may hold a key, so
/// only origin() may be printed.
class url {
public:
  /// Parses a URL. `schemes`: the allowed ones of "http https ws wss", separated by blanks. ec::invalid tells the fault
  /// and repeats nothing of `text`. Drops a fragment (RFC 9110, 4.2.5).
  static caf::expected<url> parse(std::string_view text, std::string_view schemes);

  const std::string& scheme() const { return scheme_; } ///< In lower case.
  const std::string& host() const { return host_; }     ///< In lower case; an IPv6 address without brackets.
  uint16_t port() const { return port_; }               ///< The scheme's own where the text has none.
  bool encrypted() const { return scheme_ == "https" || scheme_ == "wss"; }
  /// Host and port as in the Host header: the port only if it is not the scheme's default, IPv6 in brackets.
  std::string authority() const;
  /// Origin: "https://rpc.example.org:8545"; only this part of the address may be printed.
  std::string origin() const { return scheme_ + "://" + authority(); }
  /// Path and query; "/" where there is none.
  const secret& target() const { return target_; }
  /// The value of the header Authorization that user and password ask for (RFC 7617); empty without them.
  const secret& authorization() const { return authorization_; }

private:
  std::string scheme_, host_;
  uint16_t port_ = 0;
  secret target_, authorization_;
};

/// An address split into origin and base path of the requests below it.
struct base_address {
  std::string origin; ///< As url::origin(); an address that is none stays whole.
  std::string path;   ///< Stands before the target of each request; no '/' at its end.
};
/// Splits `text`, an address of http or https.
base_address base_of(std::string_view text);

/// Host as written in a URL: an IPv6 address gets brackets.
std::string bracketed(std::string_view host);

} // namespace arrakis
