#pragma once
// The HTTP listeners of a daemon.
#include "actors/api/api.hpp"
#include "apps/wiring/rereading.hpp"
#include "runtime/config.hpp"
#include "runtime/net/io.hpp"

#include <memory>
#include <string>

namespace arrakis::wiring {

class listeners {
public:
  /// Opens the admin port on `admin`, and on `open` the public port where this process has the role api. Throws
  /// std::runtime_error that names a key: an address in use, a certificate that cannot be used. What the services refer
  /// to outlives the listeners.
  listeners(net::io& open, net::io& admin, const config&, const services&);
  ~listeners();
  /// Where a file of http.tls has changed since the last call, reads both anew, for connections from now on. What
  /// cannot be used is logged and changes nothing, and is tried again, the later the more often it failed.
  void follow_certificates();
  /// Lets answers end for a moment, then closes.
  void stop();
  /// http(s)://address:port; empty: this process has no public port.
  std::string public_url() const;
  std::string admin_url() const;

private:
  std::string public_address_, admin_address_;
  std::optional<net::tls_server> tls_;
  rereading certificates_;
  std::unique_ptr<net::http_server> admin_, public_;
};
} // namespace arrakis::wiring
