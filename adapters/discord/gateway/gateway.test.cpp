#include "adapters/discord/gateway/gateway_fixture.test.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <condition_variable>
#include <deque>
#include <doctest/doctest.h>
#include <mutex>

using namespace arrakis;
using namespace arrakis::discord;
using namespace arrakis::discord::gateway;
using namespace arrakis::discord::gateway::test;
using namespace std::chrono_literals;

namespace {
std::string interaction_json(int id) {
  return R"({"id":")" + std::to_string(id)
       + R"(","application_id":"3","type":2,"token":"t","version":1,"guild_id":"10","channel_id":"30",
    "member":{"user":{"id":"5"},"permissions":"8"},"app_permissions":"8","data":{"id":"6","name":"onboard","type":1}})";
}
} // namespace

TEST_CASE("gateway: a shard sends Identify with token, shard and intents, and reports READY") {
  fixture r;
  r.start({.shard_id = 1, .shard_count = 2});
  REQUIRE(r.sockets.size() == 1);
  CHECK(r.socket().url == "wss://gateway.example/?v=10&encoding=json");
  r.hello();
  CHECK(r.socket().last().find(R"("token":"tok","intents":7)") != std::string::npos);
  CHECK(r.socket().last().find(R"("shard":[1,2])") != std::string::npos);
  r.run();
  CHECK(r.heard == std::vector<std::string>{"ready"});
  CHECK(r.stored.id == "sid");
  CHECK(r.status().state == "running");
  CHECK(r.status().guilds == 2);
}

TEST_CASE("gateway: dispatches reach the event handler as typed messages; unread kinds are only counted") {
  for (const bool compressed : {false, true}) {
    fixture r;
    r.compressed = compressed;
    r.start();
    r.run();
    r.heard.clear();
    r.dispatches(2, "GUILD_CREATE", R"({"id":"12","name":"n","owner_id":"4"})");
    r.dispatches(3, "INTERACTION_CREATE", interaction_json(77));
    r.dispatches(4, "MESSAGE_CREATE", R"({"id":"1"})");
    r.dispatches(5, "GUILD_ROLE_CREATE", R"({"guild_id":"10","role":{"id":"20"}})");
    r.dispatches(6, "CHANNEL_CREATE", R"({"guild_id":"10","id":"30"})");
    r.dispatches(7, "GUILD_DELETE", R"({"id":"10"})");
    r.dispatches(8, "GUILD_DELETE", R"({"id":"11","unavailable":true})");
    r.dispatches(9, "INTERACTION_CREATE", R"({"id":"1"})"); // Unreadable: said, counted, and nothing else.
    CHECK(r.heard
          == std::vector<std::string>{"guild 12", "interaction 77", "role 20", "channel 30", "kicked 10", "outage 11"});
    CHECK(r.status().guilds == 2);
    CHECK(r.status().sequence == 9);
    CHECK(r.status().state == "running");
  }
}

TEST_CASE("gateway: a lost connection is resumed at resume_gateway_url with the last sequence, and a replayed dispatch "
          "counts once") {
  fixture r;
  r.start();
  r.run();
  r.dispatches(2, "INTERACTION_CREATE", interaction_json(77));
  r.socket().events.closed(1006, "cut");
  r.sim.advance(1s);
  REQUIRE(r.sockets.size() == 2);
  CHECK(r.socket().url == "wss://resume.example/?v=10&encoding=json");
  r.hello();
  CHECK(r.socket().last() == R"({"op":6,"d":{"token":"tok","session_id":"sid","seq":2}})");
  r.dispatches(2, "INTERACTION_CREATE", interaction_json(77));
  r.dispatches(3, "INTERACTION_CREATE", interaction_json(78));
  r.dispatches(4, "RESUMED", "{}");
  CHECK(r.heard == std::vector<std::string>{"ready", "interaction 77", "interaction 78", "resumed"});
  CHECK(r.status().resumes == 1);
}

TEST_CASE("gateway: a restarted shard resumes from what was durable, so that an unfinished effect is seen again") {
  fixture r;
  r.start();
  r.run();
  r.holds = true;
  r.dispatches(2, "INTERACTION_CREATE", interaction_json(77));
  r.dispatches(3, "MESSAGE_CREATE", "{}");
  r.sim.advance(3s);
  CHECK(r.stored.sequence == 1);
  r.stop();
  CHECK(r.socket().closed_with == 4200); // Neither 1000 nor 1001.
  CHECK(r.stored.sequence == 1);
  r.start();
  r.hello();
  CHECK(r.socket().last() == R"({"op":6,"d":{"token":"tok","session_id":"sid","seq":1}})");
  r.dispatches(2, "INTERACTION_CREATE", interaction_json(77));
  CHECK(r.heard == std::vector<std::string>{"ready", "interaction 77", "interaction 77"});
  r.settle();
  r.dispatches(3, "RESUMED", "{}");
  r.sim.advance(1s);
  CHECK(r.stored.sequence == 3);
}

TEST_CASE(
  "gateway: an event handler that is away gets the dispatch when it is back, and one that is silent does not hold the "
  "sequence for ever") {
  fixture r;
  r.start({.effect = 60s});
  r.run();
  r.holds = true;
  r.dispatches(2, "GUILD_DELETE", R"({"id":"10"})");
  r.settle(fail(ec::unavailable, "restarting"));
  r.sim.advance(500ms);
  CHECK(r.heard == std::vector<std::string>{"ready", "kicked 10", "kicked 10"});
  r.sim.advance(58s);
  CHECK(r.stored.sequence == 1);
  r.sim.advance(5s);
  CHECK(r.stored.sequence == 2);
}

TEST_CASE(
  "gateway: an event handler that cannot keep up loses interactions above the limit, never the fate of a guild") {
  fixture r;
  r.start({.in_flight_max = 3});
  r.run();
  r.holds = true;
  r.heard.clear();
  for (int i = 0; i < 6; ++i)
    r.dispatches(2 + i, "INTERACTION_CREATE", interaction_json(100 + i));
  r.dispatches(8, "GUILD_DELETE", R"({"id":"10"})");
  CHECK(r.heard == std::vector<std::string>{"interaction 100", "interaction 101", "interaction 102", "kicked 10"});
}

namespace {
/// Activity handler that records and answers on request.
struct watching {
  std::vector<std::string>* heard = nullptr;
  bool* holds = nullptr;
  std::vector<caf::response_promise> held;
  watching() = default;
};
using watcher = activity_handler::extend<caf::reacts_to<release>>;
watcher::behavior_type watch(watcher::stateful_pointer<watching> self, std::vector<std::string>* heard, bool* holds) {
  self->state.heard = heard;
  self->state.holds = holds;
  return {
    [self](const activity_seen& x) -> caf::result<void> {
      for (const auto& m : x.what->messages)
        self->state.heard->push_back(m.author.text() + ": " + std::string{m.content});
      for (const auto& m : x.what->members)
        self->state.heard->push_back(m.user.text() + " has " + std::to_string(m.roles.size()));
      if (!*self->state.holds)
        return caf::unit;
      auto promise = self->make_response_promise<void>();
      self->state.held.push_back(promise);
      return caf::delegated<void>{};
    },
    [self](const release&) {
      for (auto& promise : std::exchange(self->state.held, {}))
        promise.deliver(caf::unit);
    },
  };
}
std::string message_frame(int sequence, const std::string& content) {
  return R"({"t":"MESSAGE_CREATE","s":)" + std::to_string(sequence)
       + R"(,"op":0,"d":{"id":"9","channel_id":"30","guild_id":"10","author":{"id":"5"},"content":")" + content
       + "\"}}";
}
std::string member_frame(int sequence, int user) {
  return R"({"t":"GUILD_MEMBER_UPDATE","s":)" + std::to_string(sequence)
       + R"(,"op":0,"d":{"guild_id":"10","user":{"id":")" + std::to_string(user) + R"("},"roles":["20","21"]}})";
}
} // namespace

TEST_CASE("gateway: MESSAGE_CREATE and GUILD_MEMBER_UPDATE arrive in batches, once, and are durable when the consumer "
          "settles them") {
  fixture r;
  std::vector<std::string> seen;
  bool holds = true;
  const auto consumer = r.sim.sys().spawn(watch, &seen, &holds);
  r.start({.watcher = consumer});
  r.run();
  const auto unread = r.socket().many({message_frame(2, "one"), member_frame(3, 6), R"({"op":11})",
                                       message_frame(4, "two"), message_frame(3, "replayed")});
  r.sim.run();
  CHECK(seen == std::vector<std::string>{"5: one", "5: two", "6 has 2"});
  CHECK(r.status().sequence == 4);
  CHECK_FALSE(unread.expired()); // Not done: it counts as unread.
  r.sim.advance(3s);
  CHECK(r.stored.sequence == 1);
  caf::anon_send(consumer, release{});
  r.sim.run();
  CHECK(unread.expired());
  r.sim.advance(3s);
  CHECK(r.stored.sequence == 4);
  caf::anon_send_exit(consumer, caf::exit_reason::user_shutdown);
}

TEST_CASE(
  "gateway: a frame that ends the connection ends the read; what came before it is heard, what follows is not") {
  fixture r;
  std::vector<std::string> seen;
  bool holds = false;
  const auto consumer = r.sim.sys().spawn(watch, &seen, &holds);
  r.start({.watcher = consumer});
  r.run();
  r.socket().many({message_frame(2, "before"), message_frame(3, "torn") + "}", message_frame(4, "behind")});
  r.sim.run();
  CHECK(seen == std::vector<std::string>{"5: before"});
  CHECK(r.socket().closed_with == 4200);
  r.sim.advance(2s);
  r.hello();
  CHECK(r.socket().last() == R"({"op":6,"d":{"token":"tok","session_id":"sid","seq":2}})");
  caf::anon_send_exit(consumer, caf::exit_reason::user_shutdown);
}

TEST_CASE("gateway: while its event handler lags a shard gives no read back, and silence is no zombie") {
  fixture r;
  r.start({.lag_max = 4});
  r.hello(10'000);
  r.dispatches(1, "READY", R"({"session_id":"sid","user":{"id":"2"},"application":{"id":"3"},"guilds":[]})");
  r.holds = true;
  std::vector<std::weak_ptr<void>> reads;
  for (int i = 0; i < 8; ++i) {
    reads.push_back(
      r.socket().many({R"({"op":0,"s":)" + std::to_string(2 + i) + R"(,"t":"GUILD_DELETE","d":{"id":"10"}})"}));
    r.sim.run();
  }
  const auto kept = [&] {
    return std::count_if(reads.begin(), reads.end(), [](const auto& each) { return !each.expired(); });
  };
  CHECK(kept() == 4); // Those above the limit.
  r.sim.advance(35s); // Heartbeats that nobody acknowledges: the answers lie unread in the socket.
  CHECK(r.sockets.front()->closed_with == 0);
  r.settle();
  CHECK(kept() == 0);
  r.sim.advance(9s);
  CHECK(r.sockets.front()->closed_with == 0);
  r.sim.advance(12s); // From now on silence counts.
  CHECK(r.sockets.front()->closed_with == 4200);
}

TEST_CASE("gateway: of a guild the roles and their positions are kept") {
  fixture r;
  r.start();
  r.run();
  const auto places = [&](uint64_t guild) {
    return *r.sim.ask<guild_role_positions>(r.subject, get_role_positions{{guild}});
  };
  CHECK((places(10).known && places(10).roles.empty()));
  CHECK_FALSE(places(12).known);
  r.dispatches(2, "GUILD_CREATE",
               R"({"id":"12","name":"n","owner_id":"4","roles":[{"id":"12","position":0},{"id":"20","position":3}]})");
  REQUIRE(places(12).roles.size() == 2);
  CHECK((places(12).roles[1].role == snowflake{20} && places(12).roles[1].position == 3));
  r.dispatches(3, "GUILD_ROLE_UPDATE", R"({"guild_id":"12","role":{"id":"20","position":5}})");
  r.dispatches(4, "GUILD_ROLE_CREATE", R"({"guild_id":"12","role":{"id":"21","position":1}})");
  r.dispatches(5, "GUILD_ROLE_DELETE", R"({"guild_id":"12","role_id":"12"})");
  REQUIRE(places(12).roles.size() == 2);
  CHECK(places(12).roles[0].position == 5);
  CHECK(places(12).roles[1].role == snowflake{21});
  r.dispatches(6, "GUILD_DELETE", R"({"id":"12"})");
  CHECK_FALSE(places(12).known);
}

TEST_CASE("gateway: a fatal close code is reported once, and the shard does not reconnect") {
  fixture r;
  r.start();
  r.run();
  r.socket().events.closed(4014, "Disallowed intent(s).");
  r.sim.advance(1h);
  CHECK(r.heard == std::vector<std::string>{"ready", "stopped 4014"});
  CHECK(r.sockets.size() == 1);
  CHECK(r.status().state == "stopped");
  CHECK(r.stored.id.empty());
}

TEST_CASE("gateway: a corrupt stream is left and resumed with a fresh context") {
  fixture r;
  r.compressed = true;
  r.start();
  r.run();
  r.socket().bytes(std::string{"garbage\x00\x00\xff\xff", 11}, true);
  r.sim.run();
  CHECK(r.socket().closed_with == 4200);
  r.sim.advance(2s);
  REQUIRE(r.sockets.size() == 2);
  r.hello();
  CHECK(r.socket().last().starts_with(R"({"op":6)"));
}

TEST_CASE("gateway: frames of an earlier connection are ignored") {
  fixture r;
  r.start();
  r.run();
  r.says(R"({"op":7,"d":null})");
  r.sim.advance(1s);
  REQUIRE(r.sockets.size() == 2);
  r.sockets[0]->dispatches(2, "GUILD_DELETE", R"({"id":"10"})");
  r.sockets[0]->events.closed(4014, "");
  r.sim.run();
  CHECK(r.heard == std::vector<std::string>{"ready"});
  CHECK(r.status().state == "greeting");
}

TEST_CASE("gateway: a gateway that cannot be reached is tried again") {
  fixture r;
  r.reachable = false;
  r.start();
  r.sim.advance(1min);
  r.reachable = true;
  r.sim.advance(1min);
  CHECK(r.sockets.size() == 1);
}

TEST_CASE("gateway: shards of one process identify five seconds apart, those of different keys at once") {
  const auto pacing = local_pacing(2);
  const time_point now{1h};
  const auto wait = [&](int id, time_point at) {
    milliseconds out{-1};
    pacing(id, at, [&](caf::expected<milliseconds> w) { out = *w; });
    return out;
  };
  CHECK(wait(0, now) == 0ms);
  CHECK(wait(1, now) == 0ms);
  CHECK(wait(2, now) == 5'000ms);
  CHECK(wait(4, now + 1s) == 9'000ms);
  CHECK(wait(0, now + 60s) == 0ms);
}

TEST_CASE("gateway: identifies that Discord has not left are refused until the limit is reset") {
  const time_point now{1h};
  const auto pacing = within_start_limit(local_pacing(1000), {.total = 2, .remaining = 1, .reset_after = 10min}, now);
  const auto may = [&](int id, time_point at) {
    bool out = false;
    pacing(id, at, [&](caf::expected<milliseconds> w) { out = static_cast<bool>(w); });
    return out;
  };
  CHECK(may(0, now));
  CHECK_FALSE(may(1, now));
  CHECK_FALSE(may(1, now + 599s));
  CHECK(may(1, now + 600s));
  CHECK(may(2, now + 600s));
  CHECK_FALSE(may(3, now + 601s));
}

TEST_CASE("gateway: the pacing is obeyed on the shard's own clock, and heartbeats go on meanwhile") {
  fixture r;
  r.start({.pacing = [](int, time_point, auto granted) { granted(milliseconds{10'000}); }});
  r.hello(1'000);
  for (int i = 0; i < 9; ++i) {
    r.sim.advance(1s);
    r.says(R"({"op":11})");
  }
  CHECK(r.socket().sent.size() >= 8);
  CHECK(r.socket().last() == R"({"op":1,"d":null})");
  r.sim.advance(1s);
  CHECK(
    std::any_of(r.socket().sent.begin(), r.socket().sent.end(), [](auto& s) { return s.starts_with(R"({"op":2)"); }));
}

TEST_CASE("gateway: over a real socket with zlib-stream, and frames torn by the server") {
  net::io threads;
  struct shared {
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::string> received, heard;
    std::shared_ptr<net::websocket> socket;
    std::string target;
    int closed = 0;
    bool wait(const std::function<bool()>& until) {
      std::unique_lock hold{lock};
      return changed.wait_for(hold, 10s, until);
    }
  };
  const auto s = std::make_shared<shared>();
  const auto note = [s](auto change) {
    std::lock_guard hold{s->lock};
    change(*s);
    s->changed.notify_all();
  };
  net::http_server server{threads, {}, [note](net::http_request request, net::responder answer) {
                            net::websocket_events events{
                              [note](std::string text, bool) { note([&](shared& x) { x.received.push_back(text); }); },
                              [note](uint16_t code, std::string) { note([&](shared& x) { x.closed = code; }); }};
                            answer.upgrade({}, std::move(events),
                                           [note, target = request.target](std::shared_ptr<net::websocket> made) {
                                             note([&](shared& x) { x.socket = made, x.target = target; });
                                           });
                          }};
  caf::actor_system_config config;
  caf::actor_system system{config};
  const event_handler to = system.spawn(
    [note](event_handler::pointer, int) -> event_handler::behavior_type {
      const auto hear = [note](std::string what) { note([&](shared& x) { x.heard.push_back(what); }); };
      return {[hear](const interaction_created& x) { hear("interaction " + x.what->id.text()); },
              [hear](const guild_available&) {},
              [hear](const guild_gone&) {},
              [hear](const role_changed&) {},
              [hear](const channel_changed&) {},
              [hear](const shard_ready&) { hear("ready"); },
              [hear](const shard_stopped&) {}};
    },
    0);
  const auto url = "ws://127.0.0.1:" + std::to_string(server.port());
  gateway::options own{.token = secret{"tok"}, .find_url = fixed_url(url)};
  REQUIRE_FALSE(own.addresses.add(url));
  auto subject = gateway::start(system, network(threads), std::move(own), to);
  REQUIRE(s->wait([&] { return s->socket != nullptr; }));
  CHECK(s->target == "/?v=10&encoding=json&compress=zlib-stream");
  gateway::test::packer packer;
  const auto say = [&](const std::string& text) {
    const auto packed = packer.pack(text);
    s->socket->send(packed.substr(0, packed.size() / 2), true);
    s->socket->send(packed.substr(packed.size() / 2), true);
  };
  say(R"({"op":10,"d":{"heartbeat_interval":41250}})");
  REQUIRE(s->wait([&] { return !s->received.empty(); }));
  CHECK(s->received[0].starts_with(R"({"op":2)"));
  say(R"({"op":0,"s":1,"t":"READY","d":{"session_id":"sid","user":{"id":"2"},"application":{"id":"3"},"guilds":[]}})");
  say(R"({"op":0,"s":2,"t":"INTERACTION_CREATE","d":)" + interaction_json(77) + "}");
  CHECK(s->wait([&] { return s->heard == std::vector<std::string>{"ready", "interaction 77"}; }));
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  CHECK(s->wait([&] { return s->closed == 4200; }));
  caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
}
