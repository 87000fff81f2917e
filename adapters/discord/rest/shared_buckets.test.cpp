// Buckets across processes: one that follows a dead one, and two beside each other.
#include "adapters/discord/rest/rest_fixture.test.hpp"

#include <algorithm>

using namespace arrakis;
using namespace arrakis::discord;
using namespace std::chrono_literals;

TEST_CASE("discord.rest: the process that follows a dead one waits for the bucket that the dead one emptied") {
  test::sim_system* sim = nullptr;
  bench b;
  sim = &b.sim;
  auto budget = test::memory_budget(sim->sys());
  const auto process = [&] {
    return start(
      sim->sys(), {.token = [] { return secret{"t"}; }},
      [&](net::http_request r, deadline, auto done) {
        b.wire.push_back({test::as_received(std::move(r)), sim->now(), std::move(done)});
      },
      budget);
  };
  const auto left = [](int remaining) {
    return net::headers{{"X-RateLimit-Limit", "2"},
                        {"X-RateLimit-Remaining", std::to_string(remaining)},
                        {"X-RateLimit-Reset-After", "4"},
                        {"X-RateLimit-Bucket", "roles"}};
  };
  for (const bool is_answered : {true, false}) {
    CAPTURE(is_answered);
    const auto path = is_answered ? "/guilds/1/roles" : "/guilds/2/roles";
    auto first = process();
    for (const int remaining : {1, 0}) {
      b.self->send(first, b.read(path));
      sim->advance(awake);
      REQUIRE(b.wire.size() == 1);
      if (remaining > 0 || is_answered)
        b.answer(200, "[]", left(remaining));
      else
        b.wire.clear(); // Discord counts it, and the process dies before the answer.
    }
    caf::anon_send_exit(first, caf::exit_reason::kill);
    auto second = process();
    b.self->send(second, b.read(path));
    sim->advance(1'500ms);
    CHECK(b.wire.empty());
    sim->advance(3s);
    REQUIRE(b.wire.size() == 1);
    b.answer(200, "[]", left(1));
    caf::anon_send_exit(second, caf::exit_reason::kill);
    sim->run();
  }
}

TEST_CASE("discord.rest: two processes exceed a bucket that they share only if they do not share the budget") {
  for (const bool is_shared : {true, false}) {
    CAPTURE(is_shared);
    bench b;
    const auto budget = test::memory_budget(b.sim.sys());
    const auto process = [&](const budget::handle& to) {
      return start(
        b.sim.sys(), {.token = [] { return secret{"t"}; }},
        [&](net::http_request r, deadline, auto done) {
          b.wire.push_back({test::as_received(std::move(r)), b.sim.now(), std::move(done)});
        },
        to);
    };
    const auto one = process(budget), two = process(is_shared ? budget : test::memory_budget(b.sim.sys()));
    for (int i = 0; i < 6; ++i)
      for (const auto& client : {one, two}) {
        auto c = b.read();
        c.until = {b.sim.now() + 60s};
        b.self->send(client, std::move(c));
      }
    int used = 0, refused = 0, answered = 0; // Three calls in 2 s, by arrival.
    instant closes{};
    for (int step = 0; step < 3'000; ++step) {
      b.sim.advance(10ms);
      for (; !b.wire.empty(); ++answered) {
        const auto now = b.sim.now();
        if (now >= closes) {
          used = 0;
          closes = now + 2s;
        }
        const bool is_refused = ++used > 3;
        refused += is_refused;
        const auto left = std::to_string(std::chrono::duration<double>(closes - now).count());
        b.answer(is_refused ? 429 : 200, is_refused ? R"({"retry_after":)" + left + R"(,"global":false})" : "[]",
                 {{"X-RateLimit-Limit", "3"},
                  {"X-RateLimit-Remaining", std::to_string(std::max(0, 3 - used))},
                  {"X-RateLimit-Reset-After", left},
                  {"X-RateLimit-Bucket", "roles"}});
      }
    }
    CHECK(answered - refused == 12);
    CHECK((refused == 0) == is_shared);
    for (const auto& client : {one, two})
      caf::anon_send_exit(client, caf::exit_reason::kill);
    b.sim.run();
  }
}
