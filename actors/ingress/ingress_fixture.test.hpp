#pragma once
// For the tests of this folder: the actor that gives first answers, with handlers, Redis and Discord in memory.
#include "actors/ingress/entry.hpp"
#include "actors/ingress/handlers.hpp"
#include "actors/ingress/ingress.hpp"
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

namespace arrakis::ingress {
using namespace std::chrono_literals;

/// Redis, Discord and a handler around the actor. They write into it; there is one thread.
struct surroundings {
  enum { now, late, never, error } handler = now;
  std::shared_ptr<const interaction> last; ///< The newest request to the handler.
  std::chrono::milliseconds late_by{3s};
  reply says{R"({"content":"hello"})", false};
  reply says_again; ///< When it is asked again after a late edit.
  int asked = 0;
  int asked_again = 0;
  int fails_again = 0; ///< So many of those questions fail, with `failure`.
  ec failure = ec::unavailable;
  std::set<std::string> taken;
  bool redis_silent = false, redis_forgets = false;
  snowflake application; ///< Ours; 0: not known yet.
  snowflake quarantined_guild;
  std::vector<discord::call> calls;
  int not_found_first = 0; ///< So many calls meet a message that is not there yet.
};

/// State of the handler of /setup.
struct owner_state {
  arrakis::flows flows;
};
using owner_pointer = handler::stateful_pointer<owner_state>;

/// Replies after surroundings::late_by.
inline flow<> answer_late(owner_pointer self, surroundings* w, caf::typed_response_promise<reply> promise) {
  co_await nap(self, w->late_by);
  promise.deliver(w->says);
}

/// Handler of /setup, as surroundings::handler says.
inline handler::behavior_type setup_behavior(owner_pointer self, surroundings* w) {
  return {[self, w](const request& q) -> caf::result<reply> {
    ++w->asked;
    w->last = q.what;
    if (q.is_repeated) {
      if (++w->asked_again <= w->fails_again)
        return fail(w->failure, "no connection");
      return w->says_again;
    }
    if (w->handler == surroundings::now)
      return w->says;
    if (w->handler == surroundings::error)
      return fail(ec::unavailable, "no connection");
    auto promise = self->make_response_promise<reply>();
    if (w->handler == surroundings::late)
      self->state.flows.start(answer_late(self, w, promise));
    return caf::delegated<reply>{};
  }};
}

/// Starts the handler of /setup.
inline handler start_setup(caf::actor_system& sys, const services& from) {
  return sys.spawn(setup_behavior, from.get<surroundings*>());
}
/// Starts a handler that answers at once.
inline handler start_drift(caf::actor_system& sys, const services&) {
  const auto body = [](handler::pointer) -> handler::behavior_type {
    return {[](const request&) { return reply{R"({"content":"role Gold: make it again"})"}; }};
  };
  return sys.spawn(body);
}

/// Form of the button setup:start.
inline std::optional<std::string> form_for(const interaction& x) {
  return x.custom_id.starts_with("setup:start:") ? std::optional<std::string>{R"({"custom_id":"form:1"})"}
                                                 : std::nullopt;
}

/// Permission of an administrator.
inline constexpr auto admin = permission::administrator();
/// Declarations of what is handled.
inline const declaration setup{
  .name = "setup",
  .commands = {{.name = "setup", .description = "d", .needs = admin},
               {.name = "resume",
                .description = "d",
                .needs = permission::everyone(),
                .where = context::anywhere,
                .options = {{.name = "member", .description = "d", .type = option_type::user, .required = true},
                            {.name = "word", .description = "d", .autocomplete = true}}},
               {.name = "Greet", .description = "", .needs = permission::everyone(), .type = command_type::user}},
  .components = {{.prefix = "setup", .needs = admin, .modal = &form_for},
                 {.prefix = "setup:vote", .needs = permission::everyone()}},
  .modals = {{.prefix = "form", .needs = admin}},
  .start = &start_setup};
/// A command without options.
inline const declaration drift{
  .name = "drift", .commands = {{.name = "drift", .description = "d", .needs = admin}}, .start = &start_drift};

/// A service that no process provides.
struct spice_ledger {};
/// Starts a handler that needs it.
inline handler start_ledger(caf::actor_system& sys, const services& from) {
  (void)from.get<spice_ledger>();
  return start_drift(sys, from);
}
/// Form of /book.
inline std::optional<std::string> ledger_form(const interaction&) { return R"({"custom_id":"ledger:1"})"; }
/// Commands whose service is missing.
inline const declaration ledger{
  .name = "ledger",
  .commands = {{.name = "ledger", .description = "d", .needs = admin},
               {.name = "book", .description = "d", .needs = admin, .modal = &ledger_form}},
  .modals = {{.prefix = "ledger", .needs = admin}},
  .start = &start_ledger};

/// The actor, its surroundings, and people who act.
struct fixture {
  surroundings w;
  ingress::admission admission; ///< Outlives the actors.
  test::sim_system sim;
  services available;
  handle subject;
  supervisor::handle commands;
  std::map<std::string, caf::actor> handler_of; ///< By its owner.
  uint64_t next_id = 1000;

  explicit fixture(size_t in_flight_max = 512, limits bounds = {}) : admission(in_flight_max) {
    auto& sys = sim.sys();
    auto redis_body = [this](redis::handle::pointer self) { return redis_behavior(self); };
    auto rest_body = [this](discord::rest::pointer self) { return rest_behavior(self); };
    available.provide(&w);
    auto owners = declare_handlers(sys, {&setup, &drift, &ledger}, available);
    for (auto& each : owners.children)
      each.start = [this, name = each.name, start = each.start] { return handler_of[name] = start(); };
    commands = supervisor::start(sys, "commands", owners.children);
    subject = ingress::start(sys,
                             {sys.spawn(redis_body), sys.spawn(rest_body), owners.routes,
                              [this] { return w.application; },
                              [this](snowflake guild) { return guild == w.quarantined_guild; }},
                             bounds);
    sim.run(); // The supervisor starts its children.
  }
  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::kill); // A flow that naps holds its promise, and so its actor.
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
  std::shared_ptr<interaction> resume() {
    auto x = slash("resume");
    x->options = {{"member", option_type::user, snowflake{5}, false}};
    return x;
  }
  std::shared_ptr<interaction> typing(const char* option) {
    auto x = made(interaction_kind::autocomplete);
    x->command = "resume";
    x->options = {{option, option_type::string, std::string{"du"}, true}};
    return x;
  }
  std::shared_ptr<interaction> click(std::string id, std::vector<std::string> values = {}) {
    auto x = made(interaction_kind::component);
    x->custom_id = std::move(id);
    x->values = std::move(values);
    x->message = snowflake{77};
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
    auto admitted = admission.admit(x);
    if (!admitted) { // As both ways in do.
      out.answer = error_answer(*x, admitted.error());
      return out;
    }
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(subject, caf::infinite, std::move(*admitted));
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
/// Id of a session.
inline const std::string sid(32, 'a');
} // namespace arrakis::ingress
