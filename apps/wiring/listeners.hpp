#pragma once
// The HTTP listeners of a daemon.
#include "actors/api/api.hpp"
#include "apps/wiring/rereading.hpp"
#include "runtime/config.hpp"
#include "runtime/net/io.hpp"

#include <memory>
#include <string>

namespace arrakis::wiring {

/// The public port and the admin port of a process.
class listeners {
public:
  /// Opens the admin port on `admin`, and on `open` the public port if this process has the role api. Throws
  /// std::runtime_error that names a key: an address in use, a certificate that is not valid. The services and the
  /// objects that they refer to outlive the listeners.
  listeners(net::io& open, net::io& admin, const config&, const services&);
  ~listeners();
  /// Reads the files of http.tls again if one has changed since the last call; new connections use them. Files that are
  /// not valid are logged and change nothing; they are tried again after growing intervals.
  void follow_certificates();
  /// Lets running responses end for a moment, then closes.
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
