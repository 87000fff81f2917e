#pragma once
// The fixture of tests of stores in Redis: a private server, a connection, actors on real threads.
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

namespace arrakis::test {

/// A private Redis with a port.
struct redis_fixture {
  redis_server server;
  net::io io{1};
  redis::link client = redis::connect(io, {.url = secret{server.url()}});
  live_system live;
  redis::handle port = live.keep(redis::start(live.sys(), client));
};
} // namespace arrakis::test
