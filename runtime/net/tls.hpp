#pragma once
#include "runtime/error.hpp"

#include <string>

namespace arrakis::net {
/// Client side of TLS: certificate chain and host name are always verified; there is no switch to turn that off.
struct tls_client {
  std::string ca_file; ///< PEM; empty: the system's store.
};
/// Server side of TLS: PEM files. TLS 1.2 and newer.
struct tls_server {
  std::string certificate_file;
  std::string key_file;
};
/// Checks the files. ec::invalid names one that cannot be read or is not PEM, or says that the two do not match.
caf::error check(const tls_server&);
} // namespace arrakis::net
