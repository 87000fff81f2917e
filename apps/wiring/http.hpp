#pragma once
// What the configuration says about the HTTP listeners.
#include "runtime/config.hpp"
#include "runtime/memory_limit.hpp"
#include "runtime/net/http_server.hpp"

namespace arrakis::wiring {
/// Address, port and limits. `descriptors`: that the process may have; `memory`: that it may use. An eighth of the
/// memory is for bytes that nobody has authenticated, an eighth of that for one peer, unless the configuration says
/// otherwise; a connection counts 16 KiB, so that there are fewer of them where memory is small. ec::invalid names the
/// key.
caf::expected<net::http_server_options> http_options(const config&, size_t descriptors, const memory_limit& memory);
/// Of the admin port: whoever reaches it is an operator or a probe, and few.
net::http_server_options admin_options(const config&);
} // namespace arrakis::wiring
