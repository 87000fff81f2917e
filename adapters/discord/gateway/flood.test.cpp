// A gateway that sends more than a shard reads.
#include "adapters/discord/gateway/gateway_fixture.test.hpp"
#include "runtime/log.hpp"
#include "runtime/urgent_exit.hpp"

#include <algorithm>
#include <atomic>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord::gateway::test;

TEST_CASE("gateway: a shard that is sent more than it reads leaves at once, and a successor is sent the rest again") {
  fixture r;
  r.start();
  r.run();
  const auto flood = [](fixture& to) {
    for (int i = 0; i < 1'000; ++i)
      to.socket().dispatches(2 + i, "GUILD_DELETE", R"({"id":"10"})");
  };
  flood(r);
  send_urgent_exit(r.subject, caf::exit_reason::user_shutdown);
  r.sim.run();
  CHECK(std::ranges::count(r.heard, "kicked 10") == 0);
  CHECK(r.sockets.back()->closed_with == 4200); // A code that keeps the session.
  CHECK(r.stored.id == "sid");
  CHECK(r.stored.sequence == 1);
  // Negative control: an exit like any other message waits until all of it is read.
  fixture late;
  late.start();
  late.run();
  flood(late);
  late.stop();
  CHECK(std::ranges::count(late.heard, "kicked 10") == 1'000);
}

TEST_CASE("gateway: dispatches that cannot be parsed are logged with a rate limit") {
  static std::atomic<int> lines;
  lines = 0;
  fixture r;
  r.start();
  r.run();
  log::set_sink([](std::string_view line) { lines += line.find("shard.dispatch_unreadable") != line.npos; });
  for (int i = 0; i < 100; ++i)
    r.dispatches(2 + i, "GUILD_ROLE_CREATE", R"({"guild_id":"x"})");
  log::set_sink(nullptr);
  CHECK(lines == 1); // Negative control: one for each of the hundred without log::rate_limit.
  CHECK(r.status().sequence == 101);
}
