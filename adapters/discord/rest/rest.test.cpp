#include "adapters/discord/rest/rest_fixture.test.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/http_date.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;
using namespace std::chrono_literals;

namespace {
budget::handle::behavior_type no_budget(budget::handle::pointer) {
  return {[](const budget::exchange&) -> caf::result<budget::granted> { return fail(ec::unavailable, "no redis"); }};
}
/// Grants everything, and says that so many requests of all processes were invalid.
budget::handle::behavior_type bad_news(budget::handle::pointer, size_t* invalid, size_t* told) {
  return {[invalid, told](const budget::exchange& x) -> caf::result<budget::granted> {
    *told += x.invalid;
    return budget::granted{x.wanted.size(), {}, *invalid};
  }};
}
} // namespace

TEST_CASE("discord.rest: a call leaves with token, agent and reason, and brings the whole answer") {
  bench b;
  auto c = b.read();
  c.method = "PUT";
  c.body = "{}";
  c.reason = "Gr\xC3\xBC\xC3\x9F"
             "e";
  auto pending = b.ask(c);
  b.sim.advance(awake);
  REQUIRE(b.wire.size() == 1);
  const auto& r = b.wire.front().request;
  CHECK(r.target == "/api/v10/guilds/1/roles");
  CHECK(net::header(r.headers, "Authorization") == "Bot t1");
  CHECK(net::header(r.headers, "Content-Type") == "application/json");
  CHECK(net::header(r.headers, "X-Audit-Log-Reason") == "Gr%C3%BC%C3%9Fe");
  b.answer(403, R"({"code":50013,"message":"Missing Permissions"})");
  const auto a = b.take(pending);
  REQUIRE(a);
  CHECK(a->status == 403);
  CHECK(a->code == 50013);
  CHECK(a->message == "Missing Permissions");
}

TEST_CASE("discord.rest: the clock skew to Discord is measured by the Date of each answer and logged once") {
  static size_t warnings = 0;
  warnings = 0;
  set_wall_clock([]() -> int64_t { return 1'790'000'060'000; });
  log::set_sink([](std::string_view line) { warnings += line.find("discord.clock_skewed") != line.npos; });
  server_clock clock;
  rest_options opt;
  opt.clock = &clock;
  bench b{std::move(opt)};
  for (int i = 0; i < 5; ++i) {
    auto pending = b.ask(b.read());
    b.sim.advance(awake);
    REQUIRE(b.wire.size() == 1);
    b.answer(200, "[]", {{"Date", net::http_date(1'790'000'000)}});
    CHECK(b.take(pending));
  }
  log::set_sink(nullptr);
  CHECK(warnings == 1);
  CHECK(clock.measured(b.sim.now())->ahead > 58s);
  CHECK(metrics::exposition().find("arrakis_discord_clock_skew_seconds 5") != std::string::npos);
  set_wall_clock(nullptr);
}

TEST_CASE("discord.rest: at most slots_max requests leave in a second, and turns are fair") {
  bench b;
  for (int i = 0; i < 120; ++i)
    b.ask(b.read("/noisy/" + std::to_string(i), "noisy"));
  b.ask(b.read("/quiet", "quiet"));
  b.sim.advance(awake);
  CHECK(b.wire.size() == 50);
  CHECK(b.wire[1].request.target == "/api/v10/quiet");
  while (!b.wire.empty())
    b.answer(200);
  b.sim.advance(990ms);
  CHECK(b.wire.empty());
  b.sim.advance(30ms);
  CHECK(b.wire.size() == 50);
}

TEST_CASE("discord.rest: interactions need neither slot nor token") {
  bench b{{}, {}};
  auto c = b.read("/interactions/1/tok/callback");
  c.method = "POST";
  c.interaction = true;
  b.ask(c);
  b.sim.run();
  REQUIRE(b.wire.size() == 1);
  CHECK(net::header(b.wire.front().request.headers, "Authorization").empty());
}

TEST_CASE("discord.rest: without Redis no request is sent, and the caller gets ec::unavailable") {
  test::sim_system* sim = nullptr;
  bench b;
  sim = &b.sim;
  auto alone = start(
    sim->sys(), {.token = [] { return secret{"t"}; }},
    [&](net::http_request r, deadline, auto done) {
      b.wire.push_back({std::move(r), sim->now(), std::move(done)});
    },
    sim->sys().spawn(no_budget));
  auto pending = b.self->request(alone, caf::infinite, b.read());
  sim->advance(1'500ms);
  const auto a = b.take(pending);
  caf::anon_send_exit(alone, caf::exit_reason::kill);
  REQUIRE_FALSE(a);
  CHECK(code_of(a.error()) == ec::unavailable);
  CHECK(b.wire.empty());
}

TEST_CASE("discord.rest: a 429 is waited out and not seen by the caller, unless it outlasts the deadline") {
  bench b;
  auto pending = b.ask(b.read());
  b.sim.advance(awake);
  b.answer(429, R"({"retry_after":0.4,"global":false})", {{"Retry-After", "0.4"}, {"X-RateLimit-Scope", "user"}});
  b.sim.advance(399ms);
  CHECK(b.wire.empty());
  b.sim.advance(10ms);
  REQUIRE(b.wire.size() == 1);
  b.answer(429, R"({"retry_after":40,"global":false})", {{"Retry-After", "40"}, {"X-RateLimit-Scope", "user"}});
  const auto a = b.take(pending);
  REQUIRE_FALSE(a);
  REQUIRE(throttle_wait_of(a.error()));
  CHECK(throttle_wait_of(a.error())->left == 40'005ms);
  CHECK_FALSE(throttle_wait_of(a.error())->blocked);
}

TEST_CASE("discord.rest: a 429 whose Retry-After is 0 is obeyed twice, then with back-off") {
  bench b;
  [[maybe_unused]] const auto pending = b.ask(b.read());
  b.sim.advance(awake);
  int refused = 0;
  for (int i = 0; i < 400; ++i) { // 4 s.
    if (!b.wire.empty()) {
      b.answer(429, R"({"retry_after":0,"global":false})", {{"Retry-After", "0"}, {"X-RateLimit-Scope", "user"}});
      ++refused;
    }
    b.sim.advance(10ms);
  }
  CHECK(refused >= 4);
  CHECK(refused <= 10); // Negative control: as often as the budget allows, 130 times, without a wait of ours.
}

TEST_CASE(
  "discord.rest: a Retry-After applies to its route and resource over all calls and processes: one request, not 18") {
  bench b;
  const auto rename = [&](std::string channel) {
    return call{.method = "PATCH",
                .path = "/channels/" + channel,
                .route = "PATCH /channels/{channel}",
                .major = channel,
                .tenant = "a",
                .until = {b.sim.now() + 60s}};
  };
  const auto shared = test::memory_budget(b.sim.sys());
  std::deque<sent> wires[2];
  std::vector<rest> nodes;
  for (auto& wire : wires)
    nodes.push_back(start(
      b.sim.sys(), {.token = [] { return secret{"t"}; }},
      [&wire, &b](net::http_request r, deadline, auto done) {
        wire.push_back({std::move(r), b.sim.now(), done});
      },
      shared));
  auto first = b.self->request(nodes[0], caf::infinite, rename("7"));
  auto behind = b.self->request(nodes[0], caf::infinite, rename("7"));
  b.sim.advance(awake);
  REQUIRE(wires[0].size() == 1);
  wires[0].front().done(
    net::http_response{429,
                       {{"X-RateLimit-Limit", "5"},
                        {"X-RateLimit-Remaining", "4"},
                        {"X-RateLimit-Reset-After", "15.000"},
                        {"X-RateLimit-Bucket", "x"},
                        {"X-RateLimit-Scope", "user"},
                        {"Retry-After", "583"}},
                       R"({"message":"You are being rate limited.","retry_after":582.019,"global":false})"});
  b.sim.advance(1s);
  const auto told = [&](auto& pending) {
    return throttle_wait_of(b.take(pending).error()).value_or(throttle_wait{}).left;
  };
  CHECK(told(first) == 582'024ms);
  CHECK(told(behind) > 580s); // At once, and never sent.
  for (int attempt = 0; attempt < 18; ++attempt) {
    auto here = b.self->request(nodes[0], caf::infinite, rename("7"));
    auto there = b.self->request(nodes[1], caf::infinite, rename("7"));
    b.sim.advance(3s);
    CHECK(told(here) > 500s);
    CHECK(told(there) > 500s);
  }
  CHECK(wires[0].size() == 1);
  CHECK(wires[1].empty());
  b.self->send(nodes[1], rename("8")); // Another channel is free.
  b.sim.advance(1s);
  CHECK(wires[1].size() == 1);
  b.sim.advance(600s);
  b.self->send(nodes[0], rename("7"));
  b.sim.advance(2s);
  CHECK(wires[0].size() == 2);
  for (const auto& each : nodes)
    caf::anon_send_exit(each, caf::exit_reason::kill);
  caf::anon_send_exit(shared, caf::exit_reason::kill);
  b.sim.run();
}

TEST_CASE("discord.rest: a response of a proxy (Cloudflare) is no answer of the API: the call is repeated, and "
          "reported as a block") {
  for (const auto* body : {R"({"message":"internal network error","code":40333})", "<html>Access denied</html>"}) {
    CAPTURE(body);
    bench b;
    auto c = b.read();
    c.method = "POST"; // The call never reached the API, so it can be sent again.
    auto pending = b.ask(c);
    b.sim.advance(awake);
    REQUIRE(b.wire.size() == 1);
    b.answer(403, body);
    CHECK_FALSE(b.self->has_next_message());
    b.sim.advance(9s);
    CHECK(b.wire.empty());
    b.sim.advance(2s);
    REQUIRE(b.wire.size() == 1);
    b.answer(401, body); // Nor is the token wrong.
    const auto a = b.take(pending);
    REQUIRE_FALSE(a);
    REQUIRE(throttle_wait_of(a.error()));
    CHECK(throttle_wait_of(a.error())->blocked);
    CHECK(throttle_wait_of(a.error())->left == 20s);
    auto other = b.ask(b.read("/guilds/2/roles"));
    b.sim.advance(1'100ms);
    REQUIRE(b.wire.size() == 1);
    b.answer(200, "[]");
    CHECK(b.take(other)->status == 200);
  }
}

TEST_CASE("discord.rest: an answer of success that is a page is no success") {
  bench b;
  auto reading = b.ask(b.read());
  b.sim.advance(awake);
  b.answer(200, "<html>Sign in</html>");
  b.sim.advance(1s);
  REQUIRE(b.wire.size() == 1);
  b.answer(200, "[]");
  CHECK(b.take(reading)->body == "[]");
  auto c = b.read();
  c.method = "POST";
  auto posting = b.ask(c);
  b.sim.advance(1s);
  b.answer(200, "<html>Sign in</html>");
  CHECK(code_of(b.take(posting).error()) == ec::unknown);
}

TEST_CASE("discord.rest: the fields that Discord refuses are named") {
  bench b;
  auto pending = b.ask(b.read());
  b.sim.advance(awake);
  b.answer(400, R"json({"message":"Invalid Form Body","code":50035,"errors":{
    "parent_id":{"_errors":[{"code":"CHANNEL_PARENT_MAX_CHANNELS",
                             "message":"Maximum number of channels in category reached (50)"}]},
    "permission_overwrites":{"0":{"id":{"_errors":[{
      "code":"NUMBER_TYPE_COERCE","message":"Not a snowflake"}]}}}}})json");
  const auto a = b.take(pending);
  REQUIRE(a);
  REQUIRE(a->errors.size() == 2);
  CHECK(a->errors[0].path == "parent_id");
  CHECK(a->errors[0].code == "CHANNEL_PARENT_MAX_CHANNELS");
  CHECK(a->errors[0].message == "Maximum number of channels in category reached (50)");
  CHECK(a->errors[1].path == "permission_overwrites.0.id");
  CHECK(summary(*a)
        == "400 Invalid Form Body (50035); parent_id: Maximum number of channels in category reached (50); "
           "permission_overwrites.0.id: Not a snowflake");
}

TEST_CASE("discord.rest: of an error's message only as much is kept as a log line may hold") {
  bench b;
  auto pending = b.ask(b.read());
  b.sim.advance(awake);
  std::string endless;
  while (endless.size() < 50'000)
    endless += "\u00fc";
  b.answer(400, R"({"code":50035,"message":")" + endless + "\"}");
  const auto a = b.take(pending);
  REQUIRE(a);
  CHECK(a->message == endless.substr(0, 1'000)); // Negative control: all 50,000 bytes without the cut.
}

TEST_CASE("discord.rest: 5xx of a read is tried again; of a POST it is unknown") {
  bench b;
  auto reading = b.ask(b.read());
  b.sim.advance(awake);
  b.answer(502, "<html>");
  b.sim.advance(600ms);
  REQUIRE(b.wire.size() == 1);
  b.answer(200, "[]");
  CHECK(b.take(reading)->body == "[]");
  auto c = b.read();
  c.method = "POST";
  auto posting = b.ask(c);
  b.sim.advance(100ms);
  b.answer(502, "<html>");
  CHECK(code_of(b.take(posting).error()) == ec::unknown);
}

TEST_CASE("discord.rest: a POST that was sent without an answer is unknown and not sent again") {
  bench b;
  auto c = b.read();
  c.method = "POST";
  auto pending = b.ask(c);
  b.sim.advance(awake);
  b.wire.front().done(failed<net::http_response>(ec::unknown, "reset"));
  b.sim.advance(5s);
  CHECK(code_of(b.take(pending).error()) == ec::unknown);
  CHECK(b.wire.size() == 1);
}

TEST_CASE("discord.rest: what was not sent is tried again, also a POST") {
  bench b;
  auto c = b.read();
  c.method = "POST";
  b.ask(c);
  b.sim.advance(awake);
  b.wire.front().done(failed<net::http_response>(ec::unavailable, "no connection"));
  b.sim.advance(1s);
  CHECK(b.wire.size() == 2);
}

TEST_CASE("discord.rest: may_leave is asked at the last moment") {
  bench b;
  bool may = true;
  auto c = b.read();
  c.may_leave = [&] { return may; };
  auto pending = b.ask(c);
  b.sim.advance(100ms);
  may = false;
  b.sim.advance(awake);
  CHECK(b.wire.empty());
  CHECK(code_of(b.take(pending).error()) == ec::frozen);
}

TEST_CASE("discord.rest: a deadline ends the waiting") {
  bench b;
  auto c = b.read();
  c.until = {b.sim.now() + 500ms};
  auto pending = b.ask(c);
  b.sim.advance(501ms);
  CHECK(code_of(b.take(pending).error()) == ec::timeout);
  b.sim.advance(5s);
  CHECK(b.wire.empty());
}

TEST_CASE("discord.rest: a webhook that is gone is not used again, one that is not there yet is") {
  bench b;
  auto c = b.read("/webhooks/1/tok");
  c.interaction = true;
  const auto answered = [&](int status, std::string body) {
    auto pending = b.ask(c);
    b.sim.run();
    REQUIRE(b.wire.size() == 1);
    b.answer(status, std::move(body));
    return b.take(pending)->status;
  };
  const char* unknown = R"({"code":10015,"message":"Unknown Webhook"})";
  CHECK(answered(404, unknown) == 404);
  b.sim.advance(2s);
  CHECK(answered(404, unknown) == 404); // The interaction's first answer may still be on its way.
  CHECK(answered(200, "{}") == 200);
  b.sim.advance(10s);
  CHECK(answered(404, unknown) == 404);
  b.sim.advance(3s);
  CHECK(answered(404, unknown) == 404);
  auto pending = b.ask(c);
  b.sim.advance(1s);
  CHECK(b.wire.empty());
  CHECK(b.take(pending)->code == 10015);
}

TEST_CASE("discord.rest: a token refused with 401 is logged once, until it is accepted or changes") {
  static int lines;
  lines = 0;
  log::set_sink([](std::string_view line) { lines += line.find("discord.token_refused") != line.npos; });
  std::atomic<bool> refused{false};
  rest_options o;
  o.token_refused = &refused;
  bench b{std::move(o)};
  const auto answer_with = [&](int status) {
    auto asked = b.ask(b.read());
    b.sim.advance(std::max<std::chrono::milliseconds>(awake, 1'100ms));
    REQUIRE(b.wire.size() == 1);
    b.answer(status, status == 401 ? R"({"code":0,"message":"401: Unauthorized"})" : "{}");
    (void)b.take(asked);
  };
  for (int i = 0; i < 3; ++i) {
    answer_with(401);
    CHECK(refused);
    b.sim.advance(61s); // One call finds out whether it is still so.
  }
  CHECK(lines == 1);
  answer_with(200);
  CHECK_FALSE(refused);
  answer_with(401); // News again.
  CHECK(lines == 2);
  b.token = "t2";
  answer_with(401);
  CHECK(lines == 3);
  log::set_sink(nullptr);
}

TEST_CASE("discord.rest: a token refused with 401 is not tried again until it changes") {
  bench b;
  auto first = b.ask(b.read());
  b.sim.advance(awake);
  b.answer(401, R"({"code":0,"message":"401: Unauthorized"})");
  CHECK(code_of(b.take(first).error()) == ec::refused);
  auto second = b.ask(b.read());
  b.sim.run();
  CHECK(code_of(b.take(second).error()) == ec::refused);
  b.token = "t2";
  b.ask(b.read());
  b.sim.advance(1'100ms);
  CHECK(b.wire.size() == 1);
}

TEST_CASE(
  "discord.rest: the invalid requests of other processes close the ban guard here too, and ours are shared with them") {
  test::sim_system sim;
  size_t invalid = 10, told = 0;
  auto port = sim.sys().spawn(bad_news, &invalid, &told);
  {
    std::vector<std::function<void(caf::expected<net::http_response>)>> wire;
    rest_options opt;
    opt.token = [] { return secret{"t"}; };
    auto client = start(
      sim.sys(), opt, [&wire](auto, auto, auto done) { wire.push_back(std::move(done)); }, port);
    caf::scoped_actor self{sim.sys()};
    const auto get = [&](std::string path) {
      return call{.method = "GET", .path = path, .route = "GET x", .major = path, .until = {sim.now() + 20s}};
    };
    auto first = self->request(client, caf::infinite, get("/1"));
    sim.advance(10ms);
    REQUIRE(wire.size() == 1);
    wire[0](net::http_response{403, {}, R"({"message":"Missing Permissions","code":50013})"});
    sim.advance(1s);
    CHECK(told == 1);
    first.receive([](const answer& a) { CHECK(a.status == 403); }, [](const caf::error&) { CHECK(false); });
    invalid = 8'000;
    auto second = self->request(client, caf::infinite, get("/2")); // The grant carries the count.
    sim.advance(10ms);
    CHECK(wire.size() == 1);
    second.receive([](const answer&) { CHECK(false); },
                   [](const caf::error& e) {
                     const auto wait = throttle_wait_of(e); // Said at once, although its deadline is far.
                     REQUIRE(wait);
                     CHECK(wait->blocked);
                     CHECK(wait->left > 50s);
                   });
    invalid = 10; // Ten minutes on.
    sim.advance(61s);
    self->send(client, get("/3"));
    sim.advance(10ms);
    CHECK(wire.size() == 2);
    caf::anon_send_exit(client, caf::exit_reason::kill);
  }
  caf::anon_send_exit(port, caf::exit_reason::kill);
  sim.run();
}
