#include "apps/arrakisd/gateway_plan.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <climits>

namespace arrakis::gateway_plan {
namespace {
using namespace std::chrono_literals;

constexpr const char* answer_key = "discord:gateway:bot";
constexpr const char* asking_key = "discord:gateway:bot:asking";
constexpr auto asking_max = 5'000ms; ///< One that died while it asked is waited for no longer.
constexpr auto look_again = 100ms;
constexpr int64_t shards_max = 16'384; ///< Far above the largest bot: each is an actor here, and a number may be wrong.

struct state {
  arrakis::flows flows;
  static inline const char* name = "gateway_plan";
  redis::handle redis;
  discord::rest rest;
};
using pointer = handle::stateful_pointer<state>;

/// {url, shards, session_start_limit{total, remaining, reset_after, max_concurrency}}:
/// https://discord.com/developers/docs/events/gateway#get-gateway-bot
caf::expected<plan> read(const std::string& body) {
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "GET /gateway/bot: not a JSON object");
  const auto& root = parsed->get_object();
  plan p;
  p.url = json::text_or(root, "url");
  const auto shards = json::integer_or(root, "shards", 1);
  const auto number = [](int64_t given) { return static_cast<int>(std::clamp<int64_t>(given, 0, INT_MAX)); };
  if (const auto* limit = json::object_in(root, "session_start_limit")) {
    p.max_concurrency = std::max(1, number(json::integer_or(*limit, "max_concurrency", 1)));
    p.starts_total = number(json::integer_or(*limit, "total", p.starts_total));
    p.starts_left = number(json::integer_or(*limit, "remaining", p.starts_left));
    p.starts_reset = std::chrono::milliseconds{number(json::integer_or(*limit, "reset_after"))};
  }
  if (p.url.empty())
    return fail(ec::corrupt, "GET /gateway/bot: no url");
  if (shards < 1 || shards > shards_max)
    return fail(ec::corrupt, "GET /gateway/bot: shards: not from 1 to " + std::to_string(shards_max));
  p.shards = static_cast<int>(shards);
  return p;
}

flow<caf::expected<redis::reply>> tell_redis(pointer self, std::vector<std::string> argv, deadline until) {
  redis::command what{std::move(argv), until};
  auto reply = co_await ask(self, self->state.redis, until, std::move(what));
  co_return std::move(reply);
}

flow<caf::expected<plan>> ask_discord(pointer self, deadline until) {
  auto call = discord::get_gateway_bot();
  call.until = until;
  auto got = co_await ask(self, self->state.rest, until, std::move(call));
  if (!got)
    co_return got.error();
  if (got->status != 200)
    co_return fail(ec::refused, "GET /gateway/bot: " + std::to_string(got->status) + " " + got->message);
  auto p = read(got->body);
  if (p)
    (void)co_await tell_redis(self, {"SET", answer_key, got->body, "EX", std::to_string(holds.count())}, until);
  co_return p;
}

flow<caf::expected<plan>> look(pointer self, deadline until) {
  while (!until.passed(self->clock().now())) {
    auto known = co_await tell_redis(self, {"GET", answer_key}, until);
    if (!known)
      co_return known.error();
    if (known->type == redis::reply::text)
      if (auto p = read(known->bytes))
        co_return p;
    auto turn = co_await tell_redis(self, {"SET", asking_key, "1", "NX", "PX", std::to_string(asking_max.count())},
                                    until);
    if (!turn)
      co_return turn.error();
    if (turn->type != redis::reply::nil) {
      auto p = co_await ask_discord(self, until);
      (void)co_await tell_redis(self, {"DEL", asking_key}, until);
      co_return p;
    }
    co_await nap(self, look_again);
  }
  co_return fail(ec::unavailable, "another process asks Discord for the gateway and gets no answer");
}

flow<> serve(pointer self, deadline until, caf::typed_response_promise<plan> reply) {
  auto p = co_await look(self, until);
  if (p)
    reply.deliver(std::move(*p));
  else
    reply.deliver(p.error());
}

handle::behavior_type behavior(pointer self, redis::handle server, discord::rest rest) {
  keep_exception_text(self);
  self->state.redis = std::move(server);
  self->state.rest = std::move(rest);
  return {[self](const find& q) -> caf::result<plan> {
    auto reply = self->make_response_promise<plan>();
    self->state.flows.start(serve(self, q.until, reply));
    return caf::delegated<plan>{};
  }};
}
} // namespace

handle start(caf::actor_system& sys, redis::handle server, discord::rest rest) {
  return sys.spawn(behavior, std::move(server), std::move(rest));
}
} // namespace arrakis::gateway_plan
