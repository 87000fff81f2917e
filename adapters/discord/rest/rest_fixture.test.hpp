#pragma once
// For the tests of this folder: the REST client, with a wire that the test holds in its hand.
#include "adapters/discord/rest/rest.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/plain.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <deque>
#include <doctest/doctest.h>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace arrakis::discord {
using namespace std::chrono_literals;

/// A request that left, and how to answer it.
struct sent {
  net::http_request request;
  instant at;
  std::function<void(caf::expected<net::http_response>)> done;
};

/// The budget grants nothing before.
inline const auto awake = budget::options{}.quiet + 50ms;

/// The client with a wire that the test holds in its hand.
struct bench {
  test::sim_system sim;
  std::deque<sent> wire;
  std::string token = "t1";
  rest client;
  caf::scoped_actor self{sim.sys()};

  explicit bench(rest_options opt = {}, budget::handle budget = {}) {
    opt.token = [this] { return secret{token}; };
    client = start(
      sim.sys(), std::move(opt),
      [this](net::http_request r, deadline, auto done) {
        wire.push_back({test::as_received(std::move(r)), sim.now(), std::move(done)});
      },
      budget ? budget : test::memory_budget(sim.sys()));
    sim.advance(1ms);
  }
  ~bench() { // The client must not meet a wire that is gone.
    caf::anon_send_exit(client, caf::exit_reason::kill);
    sim.run();
  }
  call read(std::string path = "/guilds/1/roles", std::string tenant = "a") {
    return {.method = "GET",
            .path = path,
            .route = "GET /guilds/{guild}/roles",
            .major = path,
            .tenant = tenant,
            .until = {sim.now() + 20s}};
  }
  auto ask(call c) { return self->request(client, caf::infinite, std::move(c)); }
  void answer(int status, std::string body = "{}", net::headers headers = {}) {
    auto first = std::move(wire.front());
    wire.pop_front();
    first.done(net::http_response{status, std::move(headers), std::move(body)});
    sim.run();
  }
  template <class Pending>
  caf::expected<discord::answer> take(Pending& pending) {
    std::optional<caf::expected<discord::answer>> result;
    REQUIRE(self->has_next_message());
    pending.receive([&](discord::answer& a) { result.emplace(std::move(a)); },
                    [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
};
} // namespace arrakis::discord
