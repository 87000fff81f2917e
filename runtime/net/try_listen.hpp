#pragma once
#include "runtime/error.hpp"
#include "runtime/net/http_server.hpp"

#include <memory>

namespace arrakis::net {
/// For a server that a program can go without: ec::unavailable says why its address cannot be listened on.
caf::expected<std::unique_ptr<http_server>> try_listen(io&, http_server_options, http_server::handler);
} // namespace arrakis::net
