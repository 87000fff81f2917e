#include "actors/interactions/interactions.hpp"

#include "actors/commands/supervised.hpp"
#include "runtime/clock.hpp"
#include "runtime/flow.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>
#include <set>

using namespace arrakis;
using namespace arrakis::interactions;
using namespace std::chrono_literals;

namespace {
struct surroundings {
  enum { now, late, never, error } wizard = now;
  std::chrono::milliseconds late_by{3s};
  interactions::said says{R"({"content":"hello"})", false};
  int asked = 0;
  std::set<std::string> taken;
  bool redis_silent = false, redis_forgets = false;
  snowflake application; ///< Ours; 0: not known yet.
  snowflake quarantined_guild;
  std::vector<discord::call> calls;
  int not_found_first = 0; ///< So many calls meet a message that is not there yet.
};

struct wizard_state {
  arrakis::flows flows;
};
using wizard_pointer = wizard::handle::stateful_pointer<wizard_state>;

flow<> answer_late(wizard_pointer self, surroundings* w, caf::typed_response_promise<said> promise) {
  co_await nap(self, w->late_by);
  promise.deliver(w->says);
}

struct fixture {
  surroundings w;
  test::sim_system sim;
  handle edge;
  supervisor::handle commands;
  std::map<std::string, caf::actor> handler_of; ///< By its command.
  uint64_t next_id = 1000;

  explicit fixture(limits bounds = {}) {
    auto& sys = sim.sys();
    auto redis_body = [this](redis::handle::pointer self) { return redis_behavior(self); };
    auto rest_body = [this](discord::rest::pointer self) { return rest_behavior(self); };
    auto wizard_body = [this](wizard_pointer self) { return wizard_behavior(self); };
    auto drift_body = [](reconciler::handle::pointer) -> reconciler::handle::behavior_type {
      return {[](const reconciler::drift&) { return reconciler::drift_report{{"role Gold: make it again"}, false}; }};
    };
    auto wizards = sys.spawn(wizard_body);
    auto handlers = commands::supervise(sys, {wizards, sys.spawn(drift_body)});
    for (auto& each : handlers.children)
      each.start = [this, name = each.name, start = each.start] { return handler_of[name] = start(); };
    commands = supervisor::start(sys, "commands", handlers.children);
    interactions::ports to{sys.spawn(redis_body),
                           sys.spawn(rest_body),
                           wizards,
                           handlers.routes,
                           [this] { return w.application; },
                           [this](snowflake guild) { return guild == w.quarantined_guild; }};
    edge = interactions::start(sys, to, bounds);
  }
  ~fixture() {
    caf::anon_send_exit(edge, caf::exit_reason::kill); // A flow that naps holds its promise, and so its actor.
  }

  redis::handle::behavior_type redis_behavior(redis::handle::pointer self) {
    return {[this, self](const redis::command& c) -> caf::result<redis::reply> {
              if (w.redis_silent) {
                self->make_response_promise<redis::reply>();
                return caf::delegated<redis::reply>{};
              }
              redis::reply r;
              r.type = w.taken.insert(redis::words_of(c).at(1)).second || w.redis_forgets ? redis::reply::text
                                                                                          : redis::reply::nil;
              return r;
            },
            [](const redis::eval&) -> caf::result<redis::reply> { return fail(ec::internal, "no scripts here"); }};
  }
  discord::rest::behavior_type rest_behavior(discord::rest::pointer) {
    return {[this](const discord::call& c) -> caf::result<discord::answer> {
      w.calls.push_back(c);
      if (w.not_found_first-- > 0)
        return discord::answer{404, "{}", 10015, "Unknown Webhook"};
      return discord::answer{200, "{}"};
    }};
  }
  caf::result<said> answer(wizard_pointer self) {
    ++w.asked;
    if (w.wizard == surroundings::now)
      return w.says;
    if (w.wizard == surroundings::error)
      return fail(ec::unavailable, "no connection");
    auto promise = self->make_response_promise<said>();
    if (w.wizard == surroundings::late)
      self->state.flows.start(answer_late(self, &w, promise));
    return caf::delegated<said>{};
  }
  wizard::handle::behavior_type wizard_behavior(wizard_pointer self) {
    return {[this, self](const wizard::open&) { return answer(self); },
            [this, self](const wizard::resume&) { return answer(self); },
            [this, self](const wizard::act&) { return answer(self); }};
  }

  std::shared_ptr<interaction> made(interaction_kind kind) {
    auto x = std::make_shared<interaction>();
    x->kind = kind;
    x->id = snowflake{next_id++};
    x->application = snowflake{9};
    x->token = secret{"tok"};
    x->guild = snowflake{2};
    x->user = snowflake{1};
    x->member_permissions = permissions::administrator;
    return x;
  }
  std::shared_ptr<interaction> slash(std::string name) {
    auto x = made(interaction_kind::command);
    x->command = std::move(name);
    return x;
  }
  std::shared_ptr<interaction> click(std::string id, std::vector<std::string> values = {}) {
    auto x = made(interaction_kind::component);
    x->custom_id = std::move(id);
    x->values = std::move(values);
    return x;
  }
  /// The first answer, and how long it took on the virtual clock.
  struct first {
    std::optional<interaction_answer> answer;
    std::optional<caf::error> error;
    std::chrono::milliseconds after{0};
  };
  first bring(std::shared_ptr<const interaction> x, std::chrono::milliseconds most = 2500ms) {
    first out;
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(edge, caf::infinite, incoming{std::move(x)});
    sim.run();
    while (!self->has_next_message() && out.after < most) {
      sim.advance(50ms);
      out.after += 50ms;
    }
    REQUIRE_MESSAGE(self->has_next_message(), "no first answer in time");
    pending.receive([&](interaction_answer& a) { out.answer = a; }, [&](caf::error& e) { out.error = e; });
    return out;
  }
  std::string text(const first& f) { return f.answer ? f.answer->data_json : text_of(*f.error); }
};
const std::string sid(32, 'a');
} // namespace

TEST_CASE_FIXTURE(fixture, "interactions: a ping is answered with a pong") {
  CHECK(bring(made(interaction_kind::ping)).answer->type == interaction_answer::pong);
}

TEST_CASE_FIXTURE(
  fixture, "interactions: a quick handler answers directly: a command by an ephemeral message, a click by an update") {
  auto a = bring(slash("onboard"));
  CHECK(a.answer->type == interaction_answer::message);
  CHECK(a.answer->data_json == R"({"flags":64,"content":"hello"})");
  auto b = bring(click("wizard:continue:" + sid + ":v1"));
  CHECK(b.answer->type == interaction_answer::update);
  CHECK(b.answer->data_json == R"({"content":"hello"})");
  w.says.apart = true;
  auto c = bring(click("wizard:continue:" + sid + ":v1"));
  CHECK(c.answer->type == interaction_answer::message);
  CHECK(c.answer->data_json.find("64") != std::string::npos);
  CHECK(w.calls.empty());
}

TEST_CASE_FIXTURE(fixture, "interactions: a slow handler's answer follows as an edit, after a deferral within 2.5 s") {
  w.wizard = surroundings::late;
  auto a = bring(slash("onboard"));
  CHECK(a.answer->type == interaction_answer::deferred_message);
  CHECK(a.answer->data_json == R"({"flags":64})");
  CHECK(a.after <= 2000ms);
  CHECK(w.calls.empty());
  sim.advance(2s);
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].method == "PATCH");
  CHECK(w.calls[0].path == "/webhooks/9/{token}/messages/@original");
  CHECK(w.calls[0].interaction);
  CHECK(w.calls[0].body == w.says.data_json);
  w.says = {R"({"content":"no"})", true};
  auto b = bring(click("wizard:continue:" + sid + ":v1"));
  CHECK(b.answer->type == interaction_answer::deferred_update);
  sim.advance(2s);
  REQUIRE(w.calls.size() == 2);
  CHECK(w.calls[1].method == "POST"); // Apart: the wizard's message stays as it is.
  CHECK(w.calls[1].body.find("\"flags\":64") != std::string::npos);
}

TEST_CASE_FIXTURE(
  fixture, "interactions: in a quarantined guild everything hears so and no handler is asked, elsewhere one is") {
  const auto ask_all = [this](snowflake guild) {
    std::vector<std::string> heard;
    auto by_a_member = slash("reconcile");
    by_a_member->member_permissions = 0;
    auto form = made(interaction_kind::modal);
    form->custom_id = "wizard:continue:" + sid + ":v1";
    for (const auto& x : {slash("onboard"), slash("resume"), slash("reconcile"), by_a_member, form,
                          click("wizard:continue:" + sid + ":v1")}) {
      x->guild = guild;
      heard.push_back(text(bring(x)));
    }
    return heard;
  };
  w.quarantined_guild = snowflake{2};
  for (const auto& said : ask_all(snowflake{2}))
    CHECK(said.find("set aside until an operator") != std::string::npos);
  CHECK(w.asked == 0);
  for (const auto& said : ask_all(snowflake{3}))
    CHECK(said.find("set aside") == std::string::npos);
  CHECK(w.asked > 0);
}

TEST_CASE_FIXTURE(fixture, "interactions: a command that crashes ends its own interactions and no other command's") {
  sim.run();
  w.wizard = surroundings::late;
  REQUIRE(bring(slash("onboard")).answer->type == interaction_answer::deferred_message);
  caf::anon_send_exit(handler_of.at("reconcile"), caf::exit_reason::unhandled_exception);
  sim.run();
  CHECK(bring(slash("reconcile")).answer->data_json.find("again") != std::string::npos); // Not started again yet.
  sim.advance(3s);
  REQUIRE(w.calls.size() == 1); // The answer to /onboard, which went on.
  CHECK(w.calls[0].body == w.says.data_json);
  CHECK(text(bring(slash("reconcile"))).find("role Gold") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "interactions: an edit waits for the message that the first answer makes") {
  w.wizard = surroundings::late;
  w.not_found_first = 3;
  bring(slash("onboard"));
  sim.advance(5s);
  CHECK(w.calls.size() == 4);
}

TEST_CASE_FIXTURE(fixture, "interactions: a handler that never answers ends in “try again”") {
  w.wizard = surroundings::never;
  CHECK(bring(slash("onboard")).answer->type == interaction_answer::deferred_message);
  sim.advance(30s);
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].body.find("Try again") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "interactions: an interaction that arrives late is deferred sooner") {
  w.wizard = surroundings::never;
  static int64_t now = 1'000'000;
  set_wall_clock([] { return now; });
  auto x = std::const_pointer_cast<interaction>(std::shared_ptr<const interaction>{slash("onboard")});
  x->received_ms = now - 1500;
  CHECK(bring(x).after <= 500ms);
  x = slash("onboard");
  x->received_ms = now - 60'000;
  CHECK(bring(x).after <= 50ms);
  set_wall_clock(nullptr);
}

TEST_CASE_FIXTURE(fixture, "interactions: a modal is decided from the custom id and never deferred") {
  w.wizard = surroundings::never;
  for (auto& x : {click("wizard:start:" + sid + ":v1"), click("wizard:asset-type:" + sid + ":base:v3", {"erc20"})}) {
    auto a = bring(x);
    CHECK(a.answer->type == interaction_answer::modal);
    CHECK(a.after == 0ms);
  }
  w.redis_silent = true; // Not even a store that keeps silent delays it beyond its own bound.
  auto a = bring(click("wizard:edit-name:" + sid + ":Dune:v1"));
  CHECK(a.answer->type == interaction_answer::modal);
  CHECK(a.after <= 400ms);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "interactions: the same interaction by two doors is answered once") {
  auto x = slash("onboard");
  CHECK(bring(x).answer);
  auto again = bring(x);
  REQUIRE(again.error);
  CHECK(code_of(*again.error) == ec::conflict);
  CHECK(w.asked == 1);
  // The twin: a store that forgets lets it through twice.
  w.redis_forgets = true;
  CHECK(bring(x).answer);
  CHECK(w.asked == 2);
}

TEST_CASE_FIXTURE(fixture, "interactions: Redis silent or away delays nobody beyond the bound") {
  w.redis_silent = true;
  auto a = bring(slash("onboard"));
  CHECK(a.after <= 400ms);
  CHECK(a.answer->type == interaction_answer::message);
}

TEST_CASE_FIXTURE(fixture, "interactions: errors of a handler become sentences with a remedy") {
  w.wizard = surroundings::error;
  auto a = bring(slash("resume"));
  CHECK(a.answer->type == interaction_answer::message);
  CHECK(text(a).find("Try again") != std::string::npos);
  CHECK(text(a).find("\"flags\":64") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "interactions: what is not ours or not allowed is refused without asking anybody") {
  CHECK(text(bring(slash("dance"))).find("not known here") != std::string::npos);
  for (auto id : {"", "x", "dance:1:2", "wizard:", "wizard::v1", "asset-address"})
    CHECK(text(bring(click(id))).find("not known here") != std::string::npos);
  auto member = slash("onboard");
  member->member_permissions = permissions::manage_guild;
  CHECK(text(bring(member)).find("Administrator") != std::string::npos);
  auto clicking = click("wizard:continue:" + sid + ":v1");
  clicking->member_permissions = 0;
  CHECK(text(bring(clicking)).find("Administrator") != std::string::npos);
  auto direct = slash("onboard");
  direct->guild = {};
  CHECK(text(bring(direct)).find("server only") != std::string::npos);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "interactions: beyond the bound users hear “busy”, and it passes") {
  fixture small{limits{.handler_within = 5s, .in_flight_max = 2}};
  small.w.wizard = surroundings::never;
  CHECK(small.bring(slash("onboard")).answer->type == interaction_answer::deferred_message);
  CHECK(small.bring(slash("onboard")).answer->type == interaction_answer::deferred_message);
  auto third = small.bring(slash("onboard"));
  CHECK(third.answer->type == interaction_answer::message);
  CHECK(text(third).find("Try again in a few seconds") != std::string::npos);
  small.sim.advance(10s);
  small.w.wizard = surroundings::now;
  CHECK(text(small.bring(slash("onboard"))).find("hello") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "interactions: /reconcile shows the plan") {
  auto a = bring(slash("reconcile"));
  CHECK(text(a).find("role Gold: make it again") != std::string::npos);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "interactions: one of another application is not answered, once it is known which is ours") {
  w.application = snowflake{8}; // made() says 9.
  auto foreign = bring(slash("onboard"));
  REQUIRE(foreign.error);
  CHECK(code_of(*foreign.error) == ec::refused);
  CHECK(w.asked == 0);
  CHECK(w.taken.empty());
  w.application = snowflake{9};
  CHECK(bring(slash("onboard")).answer);
  w.application = {}; // Unknown is not foreign; also the negative control: nobody compares.
  CHECK(bring(slash("onboard")).answer);
}

TEST_CASE("interactions: autocomplete hears choices and never a message, busy or not") {
  for (const size_t room : {size_t{10}, size_t{0}}) {
    limits bounds;
    bounds.in_flight_max = room;
    fixture f{bounds};
    auto x = f.made(interaction_kind::autocomplete);
    x->command = "onboard";
    const auto got = f.bring(x);
    REQUIRE(got.answer);
    CHECK(to_json_text(*got.answer) == R"({"type":8,"data":{"choices":[]}})");
  }
  interaction x;
  x.kind = interaction_kind::autocomplete;
  for (const auto code : {ec::busy, ec::internal, ec::refused, ec::frozen})
    CHECK(error_answer(x, fail(code, "x")).type == interaction_answer::choices);
  x.kind = interaction_kind::command; // Negative control: what the others hear.
  CHECK(error_answer(x, fail(ec::busy, "x")).type == interaction_answer::message);
}

TEST_CASE("interactions: every code has a sentence that says what to do") {
  for (auto code : {ec::busy, ec::unavailable, ec::unknown, ec::timeout, ec::quarantined, ec::internal, ec::corrupt})
    CHECK(sentence(fail(code, "inner words")).find("inner words") == std::string::npos);
  const auto told = [](std::chrono::milliseconds wait) {
    return interactions::sentence(discord::held_back({wait, true}));
  };
  CHECK(told(582s).find("for about 10 minutes") != std::string::npos);
  CHECK(told(5s).find("Try again in a few seconds") != std::string::npos);
  CHECK(sentence(throttle("inner words", 5s)).find("inner words") == std::string::npos);
  for (auto code : {ec::invalid, ec::not_found, ec::conflict, ec::refused})
    CHECK(sentence(fail(code, "field 'x': too long")) == "field 'x': too long");
  CHECK(sentence_json("a \"quote\"") == R"({"content":"a \"quote\"","allowed_mentions":{"parse":[]}})");
}
