#include "actors/gate/gate.hpp"

#include "actors/fences/fences.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "tests/support/fakes/store.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <vector>

using namespace arrakis;
using namespace std::chrono_literals;
using gate::trouble;

namespace {
struct client {
  std::vector<discord::call> seen;
  std::function<caf::result<discord::answer>(const discord::call&)> answer;
};
discord::rest::behavior_type answering(discord::rest::pointer, client* c) {
  return {[c](const discord::call& x) -> caf::result<discord::answer> {
    c->seen.push_back(x);
    return c->answer ? c->answer(x) : caf::result<discord::answer>{discord::answer{200, "{}", 0, ""}};
  }};
}

struct bench {
  test::sim_system sim;
  test::fake_store store{sim, {1}};
  client discord;
  fences::fence_table table;
  fences::handle fences = fences::start(sim.sys(), store.fence_log_port(), table);
  gate::handle gate = gate::start(sim.sys(), sim.sys().spawn(answering, &discord), store.deployments_port(), table);
  deployments::key of{store.community.id, "deployment-1", 1};
  explicit bench(bool guards = true) : table(sim.sys().clock(), guards) {
    store.work[1] = {.id = "deployment-1", .version = 1, .state = "running", .run = 1, .holder = "w"};
    table.set_lease("deployment-1", 1, sim.now() + 60s);
    sim.advance(10ms);
  }
  ~bench() {
    caf::anon_send_exit(fences, caf::exit_reason::kill);
    sim.run();
  }
  gate::write create() {
    gate::write w;
    w.community = store.community.id;
    w.fence = store.community.fence;
    w.as_of = static_cast<int64_t>(store.fences.size());
    w.of = of;
    w.kind = "role";
    w.resource = "role-gold";
    w.about = "role “Gold”";
    w.create = true;
    w.call = arrakis::discord::create_role({1}, "{}");
    w.call.until = {sim.now() + 10s};
    return w;
  }
  gate::written ask(gate::write w) { return *sim.ask<gate::written>(gate, std::move(w)); }
};
} // namespace

TEST_CASE("gate: an intent is committed before a create, and its nonce stands in the audit reason") {
  bench b;
  size_t intents_at_call = 0;
  b.discord.answer = [&](const discord::call&) {
    intents_at_call = b.store.intents.size();
    return discord::answer{200, "{}", 0, ""};
  };
  const auto first = b.ask(b.create());
  CHECK(first.why.what == trouble::none);
  CHECK(intents_at_call == 1);
  CHECK(first.nonce.size() == 32);
  CHECK(b.discord.seen[0].reason == "Arrakis: role “Gold” [" + first.nonce + "]");
  CHECK(b.discord.seen[0].tenant == b.store.community.id.value);
  CHECK(b.ask(b.create()).nonce == first.nonce); // The second attempt is the same intent.
}

TEST_CASE("gate: the audit reason of a role change names its cause") {
  bench b;
  auto w = b.create();
  w.create = false;
  w.of = {};
  w.about = "the role “Gold”";
  w.cause = "rule holders, verdict 17";
  w.call = arrakis::discord::add_member_role({1}, {2}, {3});
  w.call.until = {b.sim.now() + 10s};
  CHECK(b.ask(w).why.what == trouble::none);
  CHECK(b.discord.seen.at(0).reason == "Arrakis: the role “Gold” (rule holders, verdict 17)");
  CHECK(b.store.intents.empty());
}

TEST_CASE("gate: frozen, old fence, lost lease and unknown fences let nothing out") {
  bench b;
  auto w = b.create();
  w.of.run = 0;
  CHECK(b.ask(w).why.what == trouble::stale);
  b.store.set_status("frozen");
  b.sim.advance(1s);
  CHECK(b.ask(b.create()).why.what == trouble::frozen);
  b.store.set_status("active");
  b.sim.advance(1s);
  w = b.create();
  w.fence = 1;
  CHECK(b.ask(w).why.what == trouble::frozen);
  b.store.decide = [](const char*) { return test::fake_store::fate::refused; };
  b.sim.advance(2s);
  CHECK(b.ask(b.create()).why.what == trouble::unavailable);
  CHECK(b.discord.seen.empty());
}

TEST_CASE(
  "gate: negative control: without the fence check a change leaves after a freeze; a create is stopped by its intent") {
  for (const bool guards : {true, false}) {
    bench b{guards};
    b.store.set_status("frozen");
    b.sim.advance(1s);
    auto change = b.create();
    change.create = false;
    change.call = arrakis::discord::modify_role({1}, {2}, "{}");
    change.call.until = {b.sim.now() + 10s};
    CHECK((b.ask(change).why.what == trouble::frozen) == guards);
    CHECK(b.discord.seen.empty() == guards);
    const auto before = b.discord.seen.size();
    CHECK(b.ask(b.create()).why.what == trouble::frozen);
    b.store.set_status("active"); // The work began before: its fence is an old one.
    auto late = b.create();
    late.fence = b.store.community.fence - 1;
    CHECK(b.ask(late).why.what == trouble::frozen);
    CHECK(b.discord.seen.size() == before);
  }
}

TEST_CASE("gate: the fence is asked again at the last moment") {
  bench b;
  b.discord.answer = [&](const discord::call& c) -> caf::result<discord::answer> {
    b.table.apply({{fence_log::scope::community, b.store.community.id.value, "frozen", 9,
                    9}}); // While the call waited for its turn.
    return c.may_leave() ? caf::result<discord::answer>{discord::answer{200, "{}", 0, ""}} : fail(ec::frozen, "no");
  };
  CHECK(b.ask(b.create()).why.what == trouble::frozen);
  bench c;
  c.discord.answer = [&](const discord::call& x) -> caf::result<discord::answer> {
    c.table.release_lease("deployment-1", 1);
    return x.may_leave() ? caf::result<discord::answer>{discord::answer{200, "{}", 0, ""}} : fail(ec::frozen, "no");
  };
  CHECK(c.ask(c.create()).why.what == trouble::stale);
}

TEST_CASE("gate: a freeze of everything, and of the user whom it concerns, lets nothing out and says which it is") {
  for (const bool guards : {true, false}) { // Without them: the negative control.
    CAPTURE(guards);
    bench b{guards};
    auto old = b.create(), of_user = b.create();
    old.create = of_user.create = false;
    of_user.user = {77};
    b.store.set_fence(fence_log::scope::user, "77", "frozen");
    b.sim.advance(1s);
    const auto concerned = b.ask(of_user).why;
    CHECK((concerned.what == trouble::frozen) == guards);
    CHECK((concerned.sentence.find("this user") != std::string::npos) == guards);
    CHECK(b.ask(old).why.what == trouble::none);
    b.store.set_fence(fence_log::scope::global, "", "frozen");
    b.sim.advance(1s);
    const auto all = b.ask(old).why;
    CHECK((all.what == trouble::frozen) == guards);
    CHECK((all.sentence.find("All communities") != std::string::npos) == guards);
    b.store.set_fence(fence_log::scope::global, "", "active");
    b.sim.advance(1s);
    old.call.until = {b.sim.now() + 10s};
    CHECK((b.ask(old).why.what == trouble::frozen) == guards); // The work began before the freeze.
    CHECK(b.ask(b.create()).why.what == trouble::none);
  }
}

TEST_CASE("gate: without a committed intent nothing is created") {
  bench b;
  b.store.decide = [](const char* verb) {
    return std::string_view{verb} == "intent" ? test::fake_store::fate::lost_after : test::fake_store::fate::normal;
  };
  CHECK(b.ask(b.create()).why.what == trouble::unavailable);
  CHECK(b.discord.seen.empty());
}

TEST_CASE("gate: answers and errors of Discord become what the work can act on") {
  struct row {
    int status, code;
    trouble expected;
  };
  for (const auto& r :
       {row{403, 50013, trouble::permission}, row{403, 50001, trouble::gone}, row{404, 10004, trouble::gone},
        row{404, 10011, trouble::not_found}, row{404, 10007, trouble::not_found}, row{404, 0, trouble::not_found},
        row{403, 0, trouble::permission}, row{400, 50035, trouble::invalid_payload},
        row{400, 30005, trouble::permission}, row{200, 0, trouble::none}, row{201, 0, trouble::none},
        row{204, 0, trouble::none}}) {
    CAPTURE(r.status);
    CAPTURE(r.code);
    const auto p = gate::classify(discord::answer{r.status, "", r.code, "why"}, "role “Gold”");
    CHECK(p.what == r.expected);
    CHECK(p.sentence.empty() == (r.expected == trouble::none));
    CHECK_FALSE(gate::retryable(p.what));
  }
  struct fault {
    ec code;
    trouble expected;
    bool again;
  };
  for (const auto& f : {fault{ec::unknown, trouble::unknown, true}, fault{ec::unavailable, trouble::unavailable, true},
                        fault{ec::timeout, trouble::rate_limited, true}, fault{ec::frozen, trouble::frozen, false},
                        fault{ec::stale, trouble::stale, false}, fault{ec::internal, trouble::unknown, true}}) {
    const auto p = gate::classify(fail(f.code, "x"), "role “Gold”");
    CHECK(p.what == f.expected);
    CHECK(gate::retryable(p.what) == f.again);
  }
  CHECK(gate::code_text(trouble::permission) == "PERMISSION_ERROR");
  CHECK(gate::code_text(trouble::frozen) == "COMMUNITY_FROZEN");
}

TEST_CASE("gate: a told wait and a block are said in minutes, and neither asks for a permission") {
  const auto wait = gate::classify(discord::throttled_error({582'019ms, false}), "channel “heralds”");
  CHECK(wait.what == trouble::rate_limited);
  CHECK(wait.wait == 582'019ms);
  CHECK(wait.sentence.find("about 10 minutes") != std::string::npos);
  const auto block = gate::classify(discord::throttled_error({20'000ms, true}), "channel “heralds”");
  CHECK(block.what == trouble::rate_limited);
  CHECK(block.sentence.find("Cloudflare") != std::string::npos);
  CHECK(block.sentence.find("less than a minute") != std::string::npos);
  for (const auto& p : {wait, block})
    CHECK(p.sentence.find("permission") == std::string::npos);
  CHECK(discord::in_minutes(60s) == "about a minute");
  CHECK(gate::classify(throttle("of another peer", 7s), "it").wait == 7s);
  CHECK(gate::retryable(wait.what));
}

TEST_CASE("gate: a refused form names its fields; a full category and one that is gone are said as that") {
  const auto of = [](std::vector<discord::field_error> errors) {
    return gate::classify(discord::answer{400, "", 50035, "Invalid Form Body", std::move(errors)}, "channel “x”");
  };
  const auto full = of(
    {{"parent_id", "CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached"}});
  CHECK(full.what == trouble::permission);
  CHECK(full.sentence.find("(50)") != std::string::npos);
  CHECK(of({{"parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist"}}).what == trouble::not_found);
  const auto other = of({{"name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."}});
  CHECK(other.what == trouble::invalid_payload);
  CHECK(other.sentence.find("`name`: Must be between 1 and 100 in length.") != std::string::npos);
  const auto many = of(std::vector<discord::field_error>(9, {"a", "b", "c"}));
  CHECK(many.sentence.find("and 4 more") != std::string::npos);
  CHECK(
    gate::classify(discord::answer{404, "", 10009, "Unknown Overwrite"}, "channel “x”").sentence.find("role that it")
    != std::string::npos);
}
