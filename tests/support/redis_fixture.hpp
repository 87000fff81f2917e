#pragma once
// What tests of those who keep something in Redis share: a private server, a connection, actors on real threads.
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

namespace arrakis::test {

struct redis_fixture {
  redis_server server;
  net::io io{1};
  redis::link client = redis::connect(io, {.url = secret{server.url()}});
  live_system live;
  redis::handle port = live.keep(redis::start(live.sys(), client));
};
} // namespace arrakis::test
