#pragma once
#include "runtime/error.hpp"
#include "runtime/net/http_server.hpp"

#include <memory>

namespace arrakis::net {
/// Starts an optional server of a program: ec::unavailable tells why its address cannot be used.
caf::expected<std::unique_ptr<http_server>> try_listen(io&, http_server_options, http_server::handler);
} // namespace arrakis::net
