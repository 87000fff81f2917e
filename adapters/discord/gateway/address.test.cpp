#include "adapters/discord/gateway/address.hpp"

#include "adapters/discord/gateway/gateway.hpp"
#include "adapters/discord/gateway/session_store.hpp"
#include "adapters/discord/gateway/stored.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;
using namespace arrakis::discord::gateway;

namespace {
address_policy policy(std::string_view gateway_url, std::string_view api_url) {
  auto made = address_policy::of(gateway_url, api_url);
  REQUIRE(made);
  return *made;
}

struct fake_socket final : net::websocket {
  std::vector<std::string>* sent;
  explicit fake_socket(std::vector<std::string>* to) : sent(to) {}
  bool send(std::string message, bool) override { return sent->push_back(std::move(message)), true; }
  void close(uint16_t, std::string) override {}
  void cut() override {}
};

redis::handle::behavior_type holding(redis::handle::pointer, const std::string* session) {
  return {[session](const redis::command& x) -> caf::result<redis::reply> {
            redis::reply reply;
            if (redis::words_of(x)[0] == "GET") {
              reply.type = redis::reply::text;
              reply.bytes = *session;
            }
            return reply;
          },
          [](const redis::eval&) -> caf::result<redis::reply> { return fail(ec::internal, "not used"); }};
}

/// A shard whose session lies in a Redis that others write to.
struct fixture {
  std::string session;
  std::vector<std::string> urls, sent;
  net::websocket_events events;
  test::sim_system sim;
  redis::handle redis = sim.sys().spawn(holding, &session);
  session_store store = start_redis_session_store(sim.sys(), redis);
  shard_with_roles shard;

  void start(address_policy addresses, std::string url = "wss://gateway.discord.gg") {
    gateway::options o;
    o.token = secret{"t0ken"};
    o.find_url = fixed_url(std::move(url));
    o.compressed = false;
    o.store = store;
    o.addresses = std::move(addresses);
    shard = gateway::start(sim.sys(),
                           [this](std::string to, net::websocket_events with, auto opened) {
                             urls.push_back(std::move(to));
                             events = std::move(with);
                             opened(std::shared_ptr<net::websocket>{std::make_shared<fake_socket>(&sent)});
                           },
                           std::move(o), {});
    sim.run();
  }
  void says(const std::string& text) {
    auto batch = std::make_shared<net::websocket_batch>();
    auto& block = batch->blocks.emplace_back(new char[text.size() + net::websocket_message::slack]{});
    std::copy(text.begin(), text.end(), block.get());
    batch->messages.push_back({{block.get(), text.size()}, false});
    events.batch(std::move(batch));
    sim.run();
  }
  ~fixture() {
    for (const auto& each :
         {caf::actor_cast<caf::actor>(shard), caf::actor_cast<caf::actor>(store), caf::actor_cast<caf::actor>(redis)})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    sim.run();
  }
};
constexpr const char* hello = R"({"op":10,"d":{"heartbeat_interval":41250}})";
constexpr const char* planted = R"({"id":"sid","url":"ws://somewhere.example:8080","seq":7})";
} // namespace

TEST_CASE("address_policy: the token goes to Discord's own gateways") {
  const address_policy standard;
  for (const auto* good : {"wss://gateway.discord.gg", "wss://gateway-us-east1-b.discord.gg/?v=10", "wss://discord.gg",
                           "wss://gateway.discord.gg:443/", "WSS://Gateway.Discord.GG"})
    CHECK_MESSAGE(standard.allows(good), good);
  for (const auto* bad :
       {"", "x", "ws://gateway.discord.gg", "wss://gateway.discord.gg:8443", "https://gateway.discord.gg",
        "wss://discord.gg.evil.example", "wss://evildiscord.gg", "wss://discord.gg@evil.example",
        "wss://u:p@gateway.discord.gg", "wss://evil.example/discord.gg", "wss://evil.example?.discord.gg",
        "wss://evil.example#.discord.gg", "wss://gateway.discord.gg.", "wss://gateway.discord.gg\r\n", "wss://[::1]",
        "wss://.discord.gg.evil.example", "wss://gateway.discord.gg\\@evil.example", "wss://discord.com"})
    CHECK_MESSAGE(!standard.allows(bad), bad);
}

TEST_CASE("address_policy: besides Discord's it goes to exactly the place that the operator set") {
  const auto own = policy("ws://gateway.intern:8080/x", "");
  CHECK(own.allows("ws://gateway.intern:8080/?v=10"));
  CHECK(own.allows("wss://gateway.discord.gg"));
  for (const auto* bad :
       {"wss://gateway.intern:8080", "ws://gateway.intern", "ws://gateway.intern:8081", "ws://other:8080"})
    CHECK_MESSAGE(!own.allows(bad), bad);
  const auto of_api = policy("", "http://127.0.0.1:8090");
  CHECK(of_api.allows("ws://127.0.0.1:8090/?v=10"));
  CHECK_FALSE(of_api.allows("ws://127.0.0.1:8091"));
  CHECK_FALSE(of_api.allows("ws://localhost:8090"));
  CHECK(policy("", "https://api.intern").allows("wss://api.intern"));
  CHECK_FALSE(policy("ws://gateway.intern:8080", "http://127.0.0.1:8090").allows("ws://127.0.0.1:8090"));
  CHECK(text_of(address_policy::of("gateway", "").error()).starts_with("discord.gateway_url: "));
  CHECK(text_of(address_policy::of("", "http//x").error()).starts_with("discord.api_url: "));
}

TEST_CASE("address_policy: a refusal shows no more than the origin, and what to do") {
  const auto text = address_policy{}.refusal("wss://user:secret@evil.example/secret?secret");
  CHECK(text.find("wss://evil.example:") != std::string::npos);
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("discord.gateway_url") != std::string::npos);
  CHECK(address_policy{}.refusal("secret").find("secret") == std::string::npos);
}

TEST_CASE("gateway: a session that somebody put into Redis does not steer the token away, and is resumed at Discord") {
  for (const auto* url :
       {"ws://somewhere.example:8080", "wss://somewhere.example", "wss://discord.gg.somewhere.example"}) {
    fixture f;
    f.session = print_session({"sid", url, 7});
    f.start({});
    REQUIRE(f.urls.size() == 1);
    CHECK(f.urls[0] == "wss://gateway.discord.gg/?v=10&encoding=json");
    f.says(hello);
    REQUIRE(f.sent.size() == 1);
    CHECK(f.sent[0] == R"({"op":6,"d":{"token":"t0ken","session_id":"sid","seq":7}})");
  }
}

TEST_CASE("gateway: negative control: where the address is allowed, the planted session gets the token") {
  fixture f;
  f.session = planted;
  f.start(policy("ws://somewhere.example:8080", ""));
  REQUIRE(f.urls.size() == 1);
  CHECK(f.urls[0].starts_with("ws://somewhere.example:8080/"));
  f.says(hello);
  REQUIRE(f.sent.size() == 1);
  CHECK(f.sent[0].find("t0ken") != std::string::npos);
}

TEST_CASE("gateway: no connection to an address that is not allowed, be it from resume_gateway_url, GET /gateway/bot "
          "or Redis") {
  fixture f;
  f.start({}, "wss://somewhere.example");
  f.sim.advance(std::chrono::minutes{5});
  CHECK(f.urls.empty());
  fixture g; // READY names the place for a resume.
  g.start({});
  g.says(hello);
  g.sim.advance(std::chrono::seconds{6});
  g.says(R"({"op":0,"s":1,"t":"READY","d":{"session_id":"s","resume_gateway_url":"wss://somewhere.example",
    "user":{"id":"2"},"application":{"id":"3"},"guilds":[]}})");
  g.events.closed(1006, {});
  g.sim.advance(std::chrono::minutes{1});
  REQUIRE(g.urls.size() > 1);
  for (const auto& each : g.urls)
    CHECK(each.starts_with("wss://gateway.discord.gg/"));
}

TEST_CASE("stored: a session that does not keep its bounds is not there") {
  CHECK(read_session(planted).id == "sid");
  for (const auto& bad : {std::string{}, std::string{"[]"}, std::string{R"({"id":"","url":"wss://x","seq":1})"},
                          std::string{R"({"id":"a b","url":"wss://x","seq":1})"},
                          std::string{R"({"id":"a\u001b","url":"wss://x","seq":1})"},
                          std::string{R"({"id":"a","url":"wss://x","seq":-1})"},
                          R"({"id":")" + std::string(129, 'a') + R"(","url":"wss://x","seq":1})"})
    CHECK_MESSAGE(read_session(bad).id.empty(), bad);
}
