#pragma once
// Options of the HTTP listeners, read from the configuration.
#include "runtime/config.hpp"
#include "runtime/memory_limit.hpp"
#include "runtime/net/http_server.hpp"

namespace arrakis::wiring {
/// Returns address, port and limits of the public port. `descriptors` and `memory` are the limits of the process. By
/// default an eighth of the memory is for unauthenticated bytes, and an eighth of that for one peer. A connection
/// counts as 16 KiB, so little memory allows fewer connections. ec::invalid names the key.
caf::expected<net::http_server_options> http_options(const config&, size_t descriptors, const memory_limit& memory);
/// Returns the options of the admin port, which serves few clients: operators and probes.
net::http_server_options admin_options(const config&);
} // namespace arrakis::wiring
