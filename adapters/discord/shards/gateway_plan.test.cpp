#include "adapters/discord/shards/gateway_plan.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace arrakis;
namespace gateway = discord::gateway;
using discord::shards::plan;
namespace gateway_plan = discord::shards::gateway_plan;

namespace {
struct outside {
  std::map<std::string, std::string> redis;
  std::string discord = R"({"url":"wss://gateway.discord.gg","shards":2})";
  int asked = 0;
};
redis::handle::behavior_type keeping(redis::handle::pointer, outside* out) {
  return {[out](const redis::command& x) -> caf::result<redis::reply> {
            redis::reply reply;
            reply.type = redis::reply::text;
            if (redis::words_of(x)[0] == "SET")
              out->redis[redis::words_of(x)[1]] = redis::words_of(x)[2];
            else if (redis::words_of(x)[0] == "DEL")
              out->redis.erase(redis::words_of(x)[1]);
            else if (const auto found = out->redis.find(redis::words_of(x)[1]); found != out->redis.end())
              reply.bytes = found->second;
            else
              reply.type = redis::reply::nil;
            return reply;
          },
          [](const redis::eval&) -> caf::result<redis::reply> { return fail(ec::internal, "not used"); }};
}
discord::rest::behavior_type answering(discord::rest::pointer, outside* out) {
  return {[out](const discord::call&) {
    ++out->asked;
    return discord::answer{200, out->discord, 0, {}};
  }};
}

struct fixture {
  outside out;
  test::sim_system sim;
  redis::handle redis = sim.sys().spawn(keeping, &out);
  discord::rest rest = sim.sys().spawn(answering, &out);

  discord::shards::plan find(gateway::address_policy addresses = {}) {
    auto subject = gateway_plan::start(sim.sys(), redis, rest, std::move(addresses));
    auto got = sim.ask<plan>(subject, gateway_plan::find{{sim.now() + std::chrono::seconds{5}}});
    caf::anon_send_exit(subject, caf::exit_reason::kill);
    sim.run();
    REQUIRE(got);
    return *got;
  }
  ~fixture() {
    caf::anon_send_exit(redis, caf::exit_reason::kill);
    caf::anon_send_exit(rest, caf::exit_reason::kill);
    sim.run();
  }
};
constexpr const char* key = "discord:gateway:bot";
constexpr const char* planted = R"({"url":"ws://somewhere.example","shards":9})";
} // namespace

TEST_CASE("gateway_plan: GET /gateway/bot is asked once, and its answer is cached in Redis for all processes") {
  fixture f;
  CHECK(f.find().url == "wss://gateway.discord.gg");
  CHECK(f.find().shards == 2);
  CHECK(f.out.asked == 1);
}

TEST_CASE("gateway_plan: an address that somebody put into Redis is not used, and Discord is asked") {
  fixture f;
  f.out.redis[key] = planted;
  const auto got = f.find();
  CHECK(got.url == "wss://gateway.discord.gg");
  CHECK(got.shards == 2);
  CHECK(f.out.asked == 1);
  CHECK(f.out.redis[key] == f.out.discord);
}

TEST_CASE("gateway_plan: negative control: where the address is allowed, what lies in Redis is used") {
  fixture f;
  f.out.redis[key] = planted;
  auto addresses = gateway::address_policy::of("ws://somewhere.example", "");
  REQUIRE(addresses);
  CHECK(f.find(*addresses).url == "ws://somewhere.example");
  CHECK(f.out.asked == 0);
}

TEST_CASE(
  "gateway_plan: an answer of GET /gateway/bot with a URL that is not allowed gives no URL, and is not cached") {
  fixture f;
  f.out.discord = planted;
  const auto got = f.find();
  CHECK(got.url.empty());
  CHECK(got.shards == 9);
  CHECK_FALSE(f.out.redis.contains(key));
}
