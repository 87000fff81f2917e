#include "actors/ingress/gateway_events.hpp"

#include "actors/community/messages.hpp"
#include "runtime/directory.hpp"
#include "runtime/log.hpp"
#include "tests/support/sim_system.hpp"

#include <atomic>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <vector>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct surroundings {
  struct question {
    std::shared_ptr<const ingress::admission_slot> held;
    caf::typed_response_promise<interaction_answer> reply;
  };
  std::vector<question> asked; ///< Of the ingress, not answered yet.
  std::vector<discord::call> calls;
  int status = 204;
  caf::error error;                 ///< Instead of an answer of the ingress.
  std::vector<std::string> changed; ///< Keys of the directory that were told.
};

struct speak {}; ///< To the domain: answer the oldest question.
using domain = ingress::handle::extend<caf::reacts_to<speak>>;
domain::behavior_type thinking(domain::pointer self, surroundings* w) {
  return {[self, w](const ingress::incoming& x) -> caf::result<interaction_answer> {
            w->asked.push_back({x.held, self->make_response_promise<interaction_answer>()});
            return caf::delegated<interaction_answer>{};
          },
          [w](speak) {
            if (w->error)
              w->asked.front().reply.deliver(w->error);
            else
              w->asked.front().reply.deliver(interaction_answer{interaction_answer::deferred_update, ""});
            w->asked.erase(w->asked.begin());
          }};
}
discord::rest::behavior_type answering(discord::rest::pointer, surroundings* w) {
  return {[w](const discord::call& c) {
    w->calls.push_back(c);
    return discord::answer{w->status, "", w->status == 204 ? 0 : 10062, w->status == 204 ? "" : "Unknown interaction"};
  }};
}
caf::behavior listening(caf::event_based_actor*, surroundings* w) {
  return {[w](const directory::deliver& x) { w->changed.push_back(x.key); }};
}

struct fixture {
  surroundings w;
  test::sim_system sim;
  caf::scoped_actor shard{sim.sys()};
  std::vector<discord::shard_ready> ready;
  std::vector<discord::shard_stopped> stopped;
  domain interactions = sim.sys().spawn(thinking, &w);
  ingress::admission admission{2};
  discord::event_handler events;

  fixture() {
    ingress::gateway_events::options opt;
    opt.ready = [this](const discord::shard_ready& x) { ready.push_back(x); };
    opt.stopped = [this](const discord::shard_stopped& x) { stopped.push_back(x); };
    auto& sys = sim.sys();
    events = ingress::gateway_events::start(
      sys, {interactions, &admission, sys.spawn(answering, &w), sys.spawn(listening, &w)}, opt);
  }
  ~fixture() {
    w.asked.clear();
    caf::anon_send_exit(events, caf::exit_reason::kill);
    sim.run();
  }
  /// A click as a shard sends it; `settled` becomes true when the shard may count the dispatch as durable.
  void click(bool& settled) {
    auto x = std::make_shared<interaction>();
    x->kind = interaction_kind::component;
    x->id = {400};
    x->token = secret{"tok"};
    shard->request(events, caf::infinite, discord::interaction_created{std::move(x)});
    sim.run();
    settled = shard->has_next_message();
  }
  void answer() {
    caf::anon_send(interactions, speak{});
    sim.run();
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture,
                  "gateway events: the first answer is delivered to Discord, and only then the dispatch is settled") {
  bool settled = true;
  click(settled);
  CHECK_FALSE(settled);
  CHECK(w.calls.empty());
  answer();
  CHECK(shard->has_next_message());
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].path == "/interactions/400/{token}/callback");
  CHECK(w.calls[0].body == R"({"type":6})");
  CHECK(w.calls[0].until.at <= sim.now() + 2'800ms); // Discord refuses it after 3 s.
}

TEST_CASE_FIXTURE(
  fixture, "gateway events: an answer that comes too late, or that Discord refuses, settles the dispatch as well") {
  bool settled = true;
  click(settled);
  sim.advance(2'799ms);
  CHECK_FALSE(shard->has_next_message());
  sim.advance(1ms);
  CHECK(shard->has_next_message());
  answer();
  CHECK(w.calls.empty());
  w.status = 404;
  click(settled);
  answer();
  CHECK(w.calls.size() == 1);
  CHECK(shard->has_next_message());
}

TEST_CASE_FIXTURE(
  fixture, "gateway events: an error of the ingress becomes the interaction's answer while Discord accepts one") {
  bool settled = true;
  w.error = fail(ec::unavailable, "it starts again");
  click(settled);
  answer();
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].body.find("nothing was done") != std::string::npos);
  w.error = fail(ec::conflict, "taken before");
  click(settled);
  answer();
  CHECK(w.calls.size() == 1); // The one that took it answers.
  CHECK(shard->has_next_message());
}

TEST_CASE_FIXTURE(
  fixture, "gateway events: above the limit of interactions in work users get “busy” at once, until one is answered") {
  bool settled = true;
  click(settled);
  click(settled);
  CHECK_FALSE(settled);
  click(settled);
  CHECK(settled);
  CHECK(w.asked.size() == 2);
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].body.find("Try again in a few seconds") != std::string::npos);
  answer();
  click(settled);
  CHECK(w.asked.size() == 2);
}

TEST_CASE_FIXTURE(fixture,
                  "gateway events: what Discord refuses is told once a while, and an outage of its guilds not at all") {
  static std::atomic<int> refused, gone;
  refused = gone = 0;
  log::set_sink([](std::string_view line) {
    refused += line.find("interaction.answer_refused") != line.npos;
    gone += line.find("guild.gone") != line.npos;
  });
  w.status = 404;
  bool settled = true;
  for (int i = 0; i < 20; ++i) {
    click(settled);
    answer();
    caf::anon_send(events, discord::guild_gone{{7}, false});
  }
  caf::anon_send(events, discord::guild_gone{{7}, true});
  sim.run();
  log::set_sink(nullptr);
  CHECK(w.calls.size() == 20);
  CHECK(refused == 1);
  CHECK(gone == 1); // The one that we were removed from.
}

TEST_CASE_FIXTURE(fixture,
                  "gateway events: a guild that is gone, a ready and a stopped shard are told to whom it concerns") {
  caf::anon_send(events, discord::guild_gone{{7}, true});
  caf::anon_send(events, discord::shard_ready{1, {8}, {9}, false});
  caf::anon_send(events, discord::shard_stopped{1, 4014, "switch the intents on"});
  sim.run();
  CHECK(w.changed == std::vector<std::string>{"7"});
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].bot == snowflake{9});
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].close_code == 4014);
}
