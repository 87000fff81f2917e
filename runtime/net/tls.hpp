#pragma once
#include <string>

namespace arrakis::net {
/// Client side: certificate chain and host name are always verified; there is no switch to turn that off.
struct tls_client {
  std::string ca_file; ///< PEM; empty: the system's store.
};
/// Server side: PEM files. TLS 1.2 and newer.
struct tls_server {
  std::string certificate_file;
  std::string key_file;
};
} // namespace arrakis::net
