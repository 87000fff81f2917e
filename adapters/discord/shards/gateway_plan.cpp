#include "adapters/discord/shards/gateway_plan.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::shards::gateway_plan {
namespace {
using namespace std::chrono_literals;

constexpr const char* answer_key = "discord:gateway:bot";
constexpr const char* asking_key = "discord:gateway:bot:asking";
constexpr auto asking_max = 5'000ms; ///< Limit of waiting for a process that may have died while it asked.
constexpr auto look_again = 100ms;

struct state {
  arrakis::flows flows;
  static inline const char* name = "gateway_plan";
  redis::handle redis;
  discord::rest rest;
  gateway::address_policy addresses;
};
using pointer = handle::stateful_pointer<state>;

flow<caf::expected<redis::reply>> tell_redis(pointer self, redis::command what) {
  const auto until = what.until;
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
  auto p = read_plan(got->body);
  if (p && !self->state.addresses.allows(p->url)) {
    log::warn("shards.gateway_address_refused", {{"error", self->state.addresses.refusal(p->url)}});
    p->url.clear();
  } else if (p) {
    redis::command keep{{"SET"}, {answer_key}, {got->body, "EX", std::to_string(cache_ttl.count())}, until};
    (void)co_await tell_redis(self, std::move(keep));
  }
  co_return p;
}

flow<caf::expected<plan>> read_or_ask(pointer self, deadline until) {
  while (!until.passed(self->clock().now())) {
    redis::command get{{"GET"}, {answer_key}, {}, until};
    auto known = co_await tell_redis(self, std::move(get));
    if (!known)
      co_return known.error();
    if (known->type == redis::reply::text)
      if (auto p = read_plan(known->bytes); p && self->state.addresses.allows(p->url))
        co_return p;
    redis::command take{{"SET"}, {asking_key}, {"1", "NX", "PX", std::to_string(asking_max.count())}, until};
    auto turn = co_await tell_redis(self, std::move(take));
    if (!turn)
      co_return turn.error();
    if (turn->type != redis::reply::nil) {
      auto p = co_await ask_discord(self, until);
      redis::command give_back{{"DEL"}, {asking_key}, {}, until};
      (void)co_await tell_redis(self, std::move(give_back));
      co_return p;
    }
    co_await nap(self, look_again);
  }
  co_return fail(ec::unavailable, "another process asks Discord for the gateway and gets no answer");
}

flow<> serve(pointer self, deadline until, caf::typed_response_promise<plan> reply) {
  auto p = co_await read_or_ask(self, until);
  if (p)
    reply.deliver(std::move(*p));
  else
    reply.deliver(p.error());
}

handle::behavior_type behavior(pointer self, redis::handle server, discord::rest rest,
                               gateway::address_policy addresses) {
  keep_exception_text(self);
  self->state.redis = std::move(server);
  self->state.rest = std::move(rest);
  self->state.addresses = std::move(addresses);
  return {[self](const find& q) -> caf::result<plan> {
    auto reply = self->make_response_promise<plan>();
    self->state.flows.start(serve(self, q.until, reply));
    return caf::delegated<plan>{};
  }};
}
} // namespace

handle start(caf::actor_system& sys, redis::handle server, discord::rest rest, gateway::address_policy addresses) {
  return registry::spawn(sys, {"gateway_plan"}, behavior, std::move(server), std::move(rest), std::move(addresses));
}
} // namespace arrakis::discord::shards::gateway_plan
