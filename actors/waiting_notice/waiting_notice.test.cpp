#include "actors/waiting_notice/waiting_notice.hpp"

#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct surroundings {
  std::vector<conversations::conversation> ending; ///< The next answer of the store.
  bool away = false;
  gate::trouble gate_says = gate::trouble::none;
  std::vector<gate::write> written;
};

conversations::handle::behavior_type serve_store(conversations::handle::pointer, surroundings* w) {
  return {[w](const conversations::take_ending& m) -> caf::result<conversations::ending> {
    CHECK(m.within == 60s);
    if (w->away)
      return fail(ec::unavailable, "no connection");
    return conversations::ending{std::exchange(w->ending, {})};
  }};
}
gate::handle::behavior_type serve_gate(gate::handle::pointer, surroundings* w) {
  return {[w](const gate::write& x) {
            w->written.push_back(x);
            return gate::written{.why = {w->gate_says, "because"}, .answer = {}, .nonce = {}, .newest_seen = {}};
          },
          [](const gate::hold&) {}};
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
  sim.advance(60s);
  CHECK(w.written.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: it is tried again while Discord is away, and not where the gate says no") {
  w.ending = {one()};
  w.gate_says = gate::trouble::unavailable;
  sim.advance(60s);
  CHECK(w.written.size() == 4);
  w.written.clear();
  w.ending = {one()};
  w.gate_says = gate::trouble::frozen;
  sim.advance(60s);
  CHECK(w.written.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "waiting notice: a store that is away is asked again") {
  w.away = true;
  sim.advance(60s);
  w.away = false;
  w.ending = {one()};
  sim.advance(60s);
  CHECK(w.written.size() == 1);
}
