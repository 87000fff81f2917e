#include "actors/waiting_notice/waiting_notice.hpp"

#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
using strings = std::vector<std::string>;

std::string text(const secret& token) {
  std::string out;
  token.lend([&](std::string_view t) { out = t; });
  return out;
}

struct surroundings {
  std::vector<conversations::conversation> ending; ///< The next answer of the store.
  bool away = false;
  bool still_waits = true;
  bool says_nothing = false; ///< When it is asked whether it still waits.
  size_t pages = 0;          ///< Full ones that follow.
  size_t taken = 0;
  std::vector<std::string> asked;   ///< Tokens, before each word.
  std::vector<std::string> settled; ///< Tokens.
  gate::trouble gate_says = gate::trouble::none;
  std::vector<gate::write> written;
};

conversations::handle::behavior_type serve_store(conversations::handle::pointer, surroundings* w) {
  return {[w](const conversations::take_ending& m) -> caf::result<conversations::ending> {
            CHECK(m.within == 60s);
            CHECK(m.hold == 10s);
            ++w->taken;
            if (w->away)
              return fail(ec::unavailable, "no connection");
            if (w->pages == 0)
              return conversations::ending{std::exchange(w->ending, {}), false};
            return conversations::ending{w->ending, --w->pages > 0};
          },
          [w](const conversations::still_waits& m) -> caf::result<conversations::waits> {
            w->asked.push_back(text(m.of.interaction_token));
            CHECK(m.of.deployment == "dep-1");
            if (w->says_nothing)
              return fail(ec::unavailable, "no connection");
            return conversations::waits{w->still_waits};
          },
          [w](const conversations::settle& m) -> caf::result<conversations::settled> {
            w->settled.push_back(text(m.of.interaction_token));
            return conversations::settled{};
          }};
}
gate::handle::behavior_type serve_gate(gate::handle::pointer, surroundings* w) {
  return {[w](const gate::write& x) {
            w->written.push_back(x);
            return gate::written{.why = {w->gate_says, "because"}, .answer = {}, .nonce = {}, .newest_seen = {}};
          },
          [](const gate::set_lease&) {}};
}

struct fixture {
  surroundings w;
  test::sim_system sim;
  waiting_notice::handle actor = waiting_notice::start(
    sim.sys(), {sim.sys().spawn(serve_store, &w), sim.sys().spawn(serve_gate, &w)});
  ~fixture() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
  static conversations::conversation one() {
    return {{"6ba7b810-9dad-11d1-80b4-000000000001"}, 4, 9, "dep-1", 3, {99}, secret{"token"}, 50s};
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "waiting notice: a conversation that ends is told where to look on, through the gate") {
  sim.run();
  CHECK(w.written.empty());
  w.ending = {one()};
  sim.advance(60s);
  REQUIRE(w.written.size() == 1);
  const auto& x = w.written[0];
  CHECK(x.community.value == "6ba7b810-9dad-11d1-80b4-000000000001");
  CHECK(x.fence == 4); // So that the gate refuses it once the community is frozen.
  CHECK(x.as_of == 9);
  CHECK(x.of.id.empty());
  CHECK(x.call.interaction);
  CHECK(x.call.token == "token");
  CHECK(x.call.method == "PATCH");
  const auto body = boost::json::parse(x.call.body);
  const std::string text{body.at("content").as_string()};
  CHECK(text.find("still waiting") != std::string::npos);
  CHECK(text.find("/resume") != std::string::npos);
  CHECK(body.at("components").at(0).at("components").at(0).at("custom_id").as_string() == "deployment:progress:3");
  CHECK(w.asked == strings{"token"}); // Once before the one word.
  CHECK(w.settled == strings{"token"});
  sim.advance(60s);
  CHECK(w.written.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: where a worker or a newer click came since, nothing is said") {
  w.ending = {one()};
  w.still_waits = false;
  sim.advance(60s);
  CHECK(w.asked.size() == 1);
  CHECK(w.written.empty());
  CHECK(w.settled.empty());
}

TEST_CASE_FIXTURE(fixture, "waiting notice: between two tries the deployment may have gone on, so it is asked again") {
  w.ending = {one()};
  w.gate_says = gate::trouble::unavailable;
  for (int i = 0; i < 200 && w.written.empty(); ++i)
    sim.advance(100ms);
  REQUIRE(w.written.size() == 1);
  w.still_waits = false;
  w.gate_says = gate::trouble::none;
  sim.advance(60s);
  CHECK(w.asked.size() == 2);
  CHECK(w.written.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: while the store does not say that it still waits, nothing is said") {
  w.ending = {one()};
  w.says_nothing = true;
  sim.advance(60s);
  CHECK(w.asked.size() == 4);
  CHECK(w.written.empty());
}

TEST_CASE_FIXTURE(fixture, "waiting notice: while there are more, the next are read at once") {
  sim.run();
  w.ending = {one()};
  w.pages = 3;
  w.taken = 0;
  for (int i = 0; i < 200 && w.taken == 0; ++i)
    sim.advance(100ms);
  CHECK(w.taken == 3);
  CHECK(w.written.size() == 3);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: it is tried again while Discord is away, and not where the gate says no") {
  w.ending = {one()};
  w.gate_says = gate::trouble::unavailable;
  sim.advance(60s);
  CHECK(w.written.size() == 4);
  CHECK(w.asked.size() == 4);
  CHECK(w.settled.empty()); // The next poll takes it again.
  w.written.clear();
  w.ending = {one()};
  w.gate_says = gate::trouble::frozen;
  sim.advance(60s);
  CHECK(w.written.size() == 1);
  CHECK(w.settled.empty()); // The community may thaw.
  w.ending = {one()};
  w.gate_says = gate::trouble::not_found;
  sim.advance(60s);
  CHECK(w.written.size() == 2);
  CHECK(w.settled.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: a store that is away is asked again") {
  w.away = true;
  sim.advance(60s);
  w.away = false;
  w.ending = {one()};
  sim.advance(60s);
  CHECK(w.written.size() == 1);
}
