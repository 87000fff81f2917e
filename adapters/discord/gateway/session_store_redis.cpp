#include "adapters/discord/gateway/session_store.hpp"
#include "adapters/discord/gateway/stored.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::gateway {
namespace {
struct state {
  flows running;
  redis::handle redis;
  static inline const char* name = "discord.session_store";
};
using self_pointer = session_store::stateful_pointer<state>;

std::string key_of(int shard) { return "discord:shard:" + std::to_string(shard) + ":session"; }

saved_session read(const redis::reply& reply) {
  return reply.type == redis::reply::text ? read_session(reply.bytes) : saved_session{};
}

template <class T, class Answer>
flow<> run(self_pointer self, redis::command command, caf::typed_response_promise<T> promise, Answer answer) {
  const auto until = command.until;
  auto reply = co_await ask(self, self->state.redis, until, std::move(command));
  if (reply)
    promise.deliver(answer(*reply));
  else
    promise.deliver(reply.error());
}

template <class T, class Answer>
caf::result<T> start(self_pointer self, redis::command command, Answer answer) {
  auto promise = self->template make_response_promise<T>();
  self->state.running.start(run<T, Answer>(self, std::move(command), promise, answer));
  return caf::delegated<T>{};
}

session_store::behavior_type behavior(self_pointer self, redis::handle redis) {
  keep_exception_text(self);
  self->state.redis = std::move(redis);
  const auto kept = [](const redis::reply&) { return session_stored{}; };
  return {
    [self](const load_session& x) -> caf::result<saved_session> {
      return start<saved_session>(self, {{"GET"}, {key_of(x.shard)}, {}, x.until}, &read);
    },
    [self, kept](const save_session& x) -> caf::result<session_stored> {
      return start<session_stored>(
        self, {{"SET"}, {key_of(x.shard)}, {print_session(x.what), "EX", std::to_string(session_ttl.count())}, x.until},
        kept);
    },
    [self, kept](const clear_session& x) -> caf::result<session_stored> {
      return start<session_stored>(self, {{"DEL"}, {key_of(x.shard)}, {}, x.until}, kept);
    },
  };
}
} // namespace

session_store start_redis_session_store(caf::actor_system& sys, redis::handle redis) {
  return registry::spawn(sys, {"session_store"}, behavior, std::move(redis));
}
} // namespace arrakis::discord::gateway
