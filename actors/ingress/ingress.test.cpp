#include "actors/ingress/ingress.hpp"

#include "actors/ingress/entry.hpp"
#include "actors/ingress/handlers.hpp"
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
using namespace arrakis::ingress;
using namespace std::chrono_literals;

namespace {
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

struct owner_state {
  arrakis::flows flows;
};
using owner_pointer = handler::stateful_pointer<owner_state>;

flow<> answer_late(owner_pointer self, surroundings* w, caf::typed_response_promise<reply> promise) {
  co_await nap(self, w->late_by);
  promise.deliver(w->says);
}

handler::behavior_type setup_behavior(owner_pointer self, surroundings* w) {
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

handler start_setup(caf::actor_system& sys, const services& from) {
  return sys.spawn(setup_behavior, from.get<surroundings*>());
}
handler start_drift(caf::actor_system& sys, const services&) {
  const auto body = [](handler::pointer) -> handler::behavior_type {
    return {[](const request&) { return reply{R"({"content":"role Gold: make it again"})"}; }};
  };
  return sys.spawn(body);
}

std::optional<std::string> form_for(const interaction& x) {
  return x.custom_id.starts_with("setup:start:") ? std::optional<std::string>{R"({"custom_id":"form:1"})"}
                                                 : std::nullopt;
}

constexpr auto admin = permission::administrator();
const declaration setup{
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
const declaration drift{
  .name = "drift", .commands = {{.name = "drift", .description = "d", .needs = admin}}, .start = &start_drift};

struct spice_ledger {}; // A service that no process provides.
handler start_ledger(caf::actor_system& sys, const services& from) {
  (void)from.get<spice_ledger>();
  return start_drift(sys, from);
}
std::optional<std::string> ledger_form(const interaction&) { return R"({"custom_id":"ledger:1"})"; }
const declaration ledger{.name = "ledger",
                         .commands = {{.name = "ledger", .description = "d", .needs = admin},
                                      {.name = "book", .description = "d", .needs = admin, .modal = &ledger_form}},
                         .modals = {{.prefix = "ledger", .needs = admin}},
                         .start = &start_ledger};

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
const std::string sid(32, 'a');
} // namespace

TEST_CASE_FIXTURE(fixture, "ingress: a ping is answered with a pong") {
  CHECK(bring(made(interaction_kind::ping)).answer->type == interaction_answer::pong);
}

TEST_CASE_FIXTURE(
  fixture, "ingress: a quick handler answers directly: a command by an ephemeral message, a click by an update") {
  auto a = bring(slash("setup"));
  CHECK(a.answer->type == interaction_answer::message);
  CHECK(a.answer->data_json == R"({"flags":64,"content":"hello"})");
  auto b = bring(click("setup:continue:" + sid + ":v1"));
  CHECK(b.answer->type == interaction_answer::update);
  CHECK(b.answer->data_json == R"({"content":"hello"})");
  w.says.apart = true;
  auto c = bring(click("setup:continue:" + sid + ":v1"));
  CHECK(c.answer->type == interaction_answer::message);
  CHECK(c.answer->data_json.find("64") != std::string::npos);
  CHECK(w.calls.empty());
}

TEST_CASE_FIXTURE(fixture, "ingress: a slow handler's answer follows as an edit, after a deferral within 2.5 s") {
  w.handler = surroundings::late;
  auto a = bring(slash("setup"));
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
  auto b = bring(click("setup:continue:" + sid + ":v1"));
  CHECK(b.answer->type == interaction_answer::deferred_update);
  sim.advance(2s);
  REQUIRE(w.calls.size() == 2);
  CHECK(w.calls[1].method == "POST"); // Apart: the wizard's message stays as it is.
  CHECK(w.calls[1].body.find("\"flags\":64") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture,
                  "ingress: in a quarantined guild everything hears so and no handler is asked, elsewhere one is") {
  const auto ask_all = [this](snowflake guild) {
    std::vector<std::string> heard;
    auto by_a_member = slash("drift");
    by_a_member->member_permissions = 0;
    auto form = made(interaction_kind::modal);
    form->custom_id = "form:" + sid;
    form->message = snowflake{77};
    for (const auto& x :
         {slash("setup"), resume(), slash("drift"), by_a_member, form, click("setup:continue:" + sid + ":v1")}) {
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

TEST_CASE_FIXTURE(fixture, "ingress: a command that crashes ends its own interactions and no other command's") {
  sim.run();
  w.handler = surroundings::late;
  REQUIRE(bring(slash("setup")).answer->type == interaction_answer::deferred_message);
  caf::anon_send_exit(handler_of.at("drift"), caf::exit_reason::unhandled_exception);
  sim.run();
  CHECK(bring(slash("drift")).answer->data_json.find("again") != std::string::npos); // Not started again yet.
  sim.advance(3s);
  REQUIRE(w.calls.size() == 1); // The answer to /setup, which went on.
  CHECK(w.calls[0].body == w.says.data_json);
  CHECK(text(bring(slash("drift"))).find("role Gold") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "ingress: a command that needs what this process does not provide is refused in words") {
  const auto told = [this](const char* name) {
    const auto first = bring(slash(name));
    CHECK(first.answer->type == interaction_answer::message);
    return text(first);
  };
  for (const auto wait : {0min, 10min}) { // The supervisor does not restart it in a loop, and does not give up.
    sim.advance(wait);
    CHECK(told("ledger").find("Tell the operator") != std::string::npos);
    CHECK(told("book").find("Tell the operator") != std::string::npos); // No modal that nobody would take.
    CHECK(told("drift").find("role Gold") != std::string::npos);
  }
}

TEST_CASE("ingress: negative control: an owner that is not left out ends all commands with it") {
  test::sim_system sim;
  const services none;
  const supervisor::child unguarded{
    "ledger", [&] { return caf::actor_cast<caf::actor>(start_ledger(sim.sys(), none)); }, {}};
  const auto top = supervisor::start(sim.sys(), "commands", {unguarded});
  caf::scoped_actor self{sim.sys()};
  self->monitor(top);
  sim.advance(10min);
  CHECK(self->has_next_message());
}

TEST_CASE_FIXTURE(fixture, "ingress: a late edit that an end may have overtaken is followed by that end") {
  for (const bool may_end : {true, false}) // Negative control: without it the late edit is the last one.
    for (const bool ended : {true, false}) {
      CAPTURE(may_end);
      CAPTURE(ended);
      w.calls.clear();
      w.asked_again = 0;
      w.handler = surroundings::late;
      w.says = {.data_json = R"({"content":"building"})", .may_end = may_end};
      w.says_again = ended ? reply{.data_json = R"({"content":"is ready"})"} : reply{};
      bring(slash("setup"));
      sim.advance(20s);
      CHECK(w.asked_again == (may_end ? 1 : 0));
      REQUIRE(w.calls.size() == (may_end && ended ? 2 : 1));
      CHECK(w.calls[0].body == R"({"content":"building"})");
      CHECK(w.calls.back().body == (may_end && ended ? R"({"content":"is ready"})" : R"({"content":"building"})"));
    }
}

TEST_CASE_FIXTURE(fixture, "ingress: after a late edit the end is asked for until somebody knows it, for 2 min") {
  const auto asked = [&](int fails, ec failure) {
    w.calls.clear();
    w.asked_again = 0;
    w.fails_again = fails;
    w.failure = failure;
    w.handler = surroundings::late;
    w.says = {.data_json = R"({"content":"building"})", .may_end = true};
    w.says_again = {.data_json = R"({"content":"is ready"})"};
    bring(slash("setup"));
    sim.advance(3min);
    return w.asked_again;
  };
  CHECK(asked(5, ec::unavailable) == 6);
  REQUIRE(w.calls.size() == 2);
  CHECK(w.calls.back().body == R"({"content":"is ready"})");
  CHECK(asked(1, ec::not_found) == 1); // Negative control: another try changes nothing.
  CHECK(w.calls.size() == 1);
  const int all = asked(1'000, ec::timeout);
  CHECK(all > 10);
  CHECK(all < 20);
  CHECK(w.calls.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "ingress: an edit waits for the message that the first answer makes") {
  w.handler = surroundings::late;
  w.not_found_first = 3;
  bring(slash("setup"));
  sim.advance(5s);
  CHECK(w.calls.size() == 4);
}

TEST_CASE_FIXTURE(fixture, "ingress: a handler that never answers ends in “try again”") {
  w.handler = surroundings::never;
  CHECK(bring(slash("setup")).answer->type == interaction_answer::deferred_message);
  sim.advance(30s);
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].body.find("Try again") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "ingress: an interaction that arrives late is deferred sooner") {
  w.handler = surroundings::never;
  static int64_t now = 1'000'000;
  set_wall_clock([] { return now; });
  auto x = std::const_pointer_cast<interaction>(std::shared_ptr<const interaction>{slash("setup")});
  x->received_ms = now - 1500;
  CHECK(bring(x).after <= 500ms);
  x = slash("setup");
  x->received_ms = now - 60'000;
  CHECK(bring(x).after <= 50ms);
  set_wall_clock(nullptr);
}

TEST_CASE_FIXTURE(fixture, "ingress: a modal is decided from the custom id and never deferred") {
  w.handler = surroundings::never;
  auto quick = bring(click("setup:start:" + sid + ":v1"));
  CHECK(quick.answer->type == interaction_answer::modal);
  CHECK(quick.after == 0ms);
  w.redis_silent = true; // Not even a store that keeps silent delays it beyond its own bound.
  auto a = bring(click("setup:start:" + sid + ":Dune:v1"));
  CHECK(a.answer->type == interaction_answer::modal);
  CHECK(a.after <= 400ms);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "ingress: a handler may reply with a form in time; a late one becomes “try again”") {
  w.says = {.data_json = R"({"custom_id":"form:1","title":"Name"})", .form = true};
  const auto in_time = bring(click("setup:correct:" + sid + ":v1"));
  CHECK(in_time.answer->type == interaction_answer::modal);
  CHECK(in_time.answer->data_json == w.says.data_json);
  CHECK(bring(slash("setup")).answer->type == interaction_answer::modal);

  auto submitted = made(interaction_kind::modal); // Discord opens no form upon a form.
  submitted->custom_id = "form:" + sid;
  submitted->message = snowflake{77};
  const auto refused = bring(submitted);
  CHECK(refused.answer->type == interaction_answer::message);
  CHECK(refused.answer->data_json.find("try again") != std::string::npos);

  w.handler = surroundings::late;
  const auto late = bring(click("setup:correct:" + sid + ":v1"));
  CHECK(late.answer->type == interaction_answer::deferred_update);
  CHECK(late.after <= 2500ms);
  sim.advance(2s);
  REQUIRE(w.calls.size() == 1);
  CHECK(w.calls[0].method == "POST"); // The message with the button stays as it is.
  CHECK(w.calls[0].body.find("try again") != std::string::npos);
  CHECK(w.calls[0].body.find("form:1") == std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "ingress: the same interaction by both ways is answered once") {
  auto x = slash("setup");
  CHECK(bring(x).answer);
  auto again = bring(x);
  REQUIRE(again.error);
  CHECK(code_of(*again.error) == ec::conflict);
  CHECK(w.asked == 1);
  // Negative control: a store that forgets lets it through twice.
  w.redis_forgets = true;
  CHECK(bring(x).answer);
  CHECK(w.asked == 2);
}

TEST_CASE_FIXTURE(fixture, "ingress: Redis silent or away delays nobody beyond the bound") {
  w.redis_silent = true;
  auto a = bring(slash("setup"));
  CHECK(a.after <= 400ms);
  CHECK(a.answer->type == interaction_answer::message);
}

TEST_CASE_FIXTURE(fixture, "ingress: errors of a handler become sentences with a remedy") {
  w.handler = surroundings::error;
  auto a = bring(resume());
  CHECK(a.answer->type == interaction_answer::message);
  CHECK(text(a).find("Try again") != std::string::npos);
  CHECK(text(a).find("\"flags\":64") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "ingress: what is not ours or not allowed is refused without asking anybody") {
  CHECK(text(bring(slash("dance"))).find("not known here") != std::string::npos);
  for (auto id : {"", "x", "dance:1:2", "setups", ":setup"})
    CHECK(text(bring(click(id))).find("not known here") != std::string::npos);
  auto member = slash("setup");
  member->member_permissions = permissions::manage_guild;
  CHECK(text(bring(member)).find("Administrator") != std::string::npos);
  auto clicking = click("setup:continue:" + sid + ":v1");
  clicking->member_permissions = 0;
  CHECK(text(bring(clicking)).find("Administrator") != std::string::npos);
  auto direct = slash("setup");
  direct->guild = {};
  CHECK(text(bring(direct)).find("server only") != std::string::npos);
  auto opening = click("setup:start:" + sid + ":v1"); // Not even a modal.
  opening->member_permissions = 0;
  CHECK(bring(opening).answer->type == interaction_answer::message);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "ingress: a member presses a member's button, and uses a command for everyone anywhere") {
  auto vote = click("setup:vote:7");
  vote->member_permissions = 0;
  CHECK(bring(vote).answer->type == interaction_answer::update);
  auto direct = resume();
  direct->guild = {};
  direct->member_permissions = 0;
  CHECK(text(bring(direct)).find("hello") != std::string::npos);
  auto greet = slash("Greet");
  greet->command_type = command_type::user;
  greet->target = snowflake{6};
  CHECK(text(bring(greet)).find("hello") != std::string::npos);
  REQUIRE(w.last);
  CHECK(w.last->target == snowflake{6});
  greet = slash("Greet"); // No slash command is called so.
  CHECK(text(bring(greet)).find("not known here") != std::string::npos);
  CHECK(w.asked == 3);
}

TEST_CASE_FIXTURE(fixture, "ingress: options are checked before anybody is asked, and a refusal names the option") {
  CHECK(text(bring(slash("resume"))).find("“member” is missing") != std::string::npos);
  auto x = resume();
  x->options[0] = {"member", option_type::string, std::string{"5"}, false};
  CHECK(text(bring(x)).find("“member” must be a member") != std::string::npos);
  CHECK(w.asked == 0);
  x = resume();
  CHECK(bring(x).answer);
  CHECK(*w.last->option<snowflake>("member") == snowflake{5});
}

TEST_CASE_FIXTURE(fixture, "ingress: a modal that a command opened is answered by a new message, not by an update") {
  auto form = made(interaction_kind::modal);
  form->custom_id = "form:1";
  CHECK(bring(form).answer->type == interaction_answer::message);
  form = std::make_shared<interaction>(*form);
  form->id = snowflake{next_id++};
  form->message = snowflake{77};
  CHECK(bring(form).answer->type == interaction_answer::update);
}

TEST_CASE_FIXTURE(fixture, "ingress: suggestions come from the owner; late, wrong or not allowed they are none") {
  const std::string none = R"({"choices":[]})";
  w.says.choices = {{"Dune", std::string{"dune"}}, {"Duncan", std::string{"duncan"}}};
  CHECK(text(bring(typing("word")))
        == R"({"choices":[{"name":"Dune","value":"dune"},{"name":"Duncan","value":"duncan"}]})");
  CHECK(w.asked == 1);
  CHECK(w.taken.empty()); // Asked at every key: Redis is not.
  CHECK(text(bring(typing("member"))) == none);
  CHECK(text(bring(typing("other"))) == none);
  CHECK(w.asked == 1);
  w.handler = surroundings::error;
  CHECK(text(bring(typing("word"))) == none);
  w.handler = surroundings::never;
  const auto late = bring(typing("word"));
  CHECK(late.after <= 2'000ms);
  CHECK(text(late) == none);
  w.says.choices.assign(30, {"x", int64_t{1}});
  w.handler = surroundings::now;
  const auto list = text(bring(typing("word")));
  CHECK(boost::json::parse(list).at("choices").as_array().size() == 25); // Discord takes no more.
}

TEST_CASE_FIXTURE(fixture, "ingress: beyond the bound users hear “busy”, and it passes") {
  fixture small{2, limits{.handler_within = 5s}};
  small.w.handler = surroundings::never;
  CHECK(small.bring(slash("setup")).answer->type == interaction_answer::deferred_message);
  CHECK(small.bring(slash("setup")).answer->type == interaction_answer::deferred_message);
  auto third = small.bring(slash("setup"));
  CHECK(third.answer->type == interaction_answer::message);
  CHECK(text(third).find("Try again in a few seconds") != std::string::npos);
  CHECK(small.admission.in_flight() == 2);
  small.sim.advance(10s);
  CHECK(small.admission.in_flight() == 0); // Nothing of it stays counted.
  small.w.handler = surroundings::now;
  CHECK(text(small.bring(slash("setup"))).find("hello") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "ingress: /drift shows the plan") {
  auto a = bring(slash("drift"));
  CHECK(text(a).find("role Gold: make it again") != std::string::npos);
  CHECK(w.asked == 0);
}

TEST_CASE_FIXTURE(fixture, "ingress: one of another application is not answered, once it is known which is ours") {
  w.application = snowflake{8}; // made() says 9.
  auto foreign = bring(slash("setup"));
  REQUIRE(foreign.error);
  CHECK(code_of(*foreign.error) == ec::refused);
  CHECK(w.asked == 0);
  CHECK(w.taken.empty());
  w.application = snowflake{9};
  CHECK(bring(slash("setup")).answer);
  w.application = {}; // Unknown is not foreign; also the negative control: nobody compares.
  CHECK(bring(slash("setup")).answer);
}

TEST_CASE("ingress: autocomplete hears choices and never a message, busy or not") {
  for (const size_t room : {size_t{10}, size_t{0}}) {
    fixture f{room};
    auto x = f.made(interaction_kind::autocomplete);
    x->command = "setup";
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

TEST_CASE("ingress: every code has a sentence that says what to do") {
  for (auto code : {ec::busy, ec::unavailable, ec::unknown, ec::timeout, ec::quarantined, ec::internal, ec::corrupt})
    CHECK(user_message(fail(code, "inner words")).find("inner words") == std::string::npos);
  const auto told = [](std::chrono::milliseconds wait) { return user_message(discord::throttled_error({wait, true})); };
  CHECK(told(582s).find("for about 10 minutes") != std::string::npos);
  CHECK(told(5s).find("Try again in a few seconds") != std::string::npos);
  CHECK(user_message(throttle("inner words", 5s)).find("inner words") == std::string::npos);
  for (auto code : {ec::invalid, ec::not_found, ec::conflict, ec::refused})
    CHECK(user_message(fail(code, "field 'x': too long")) == "field 'x': too long");
  CHECK(message_json("a \"quote\"") == R"({"content":"a \"quote\"","allowed_mentions":{"parse":[]}})");
}
