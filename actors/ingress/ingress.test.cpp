#include "actors/ingress/ingress_fixture.test.hpp"
#include "runtime/clock.hpp"

using namespace arrakis;
using namespace arrakis::ingress;
using namespace std::chrono_literals;

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
