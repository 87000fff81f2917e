#include "actors/commands/publish.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands {
namespace {
using std::chrono::milliseconds;

/// Also how long a question to the identity is open before it is asked again.
constexpr milliseconds publish_within{600'000};
constexpr milliseconds identity_again_after{1'000}; ///< The identity is being restarted.

struct state {
  arrakis::flows flows;
  redis::handle redis;
  discord::rest rest;
  discord::identity_port identity;
  static inline const char* name = "commands_publisher";
};
using self_pointer = publisher::stateful_pointer<state>;
using reply_to = caf::typed_response_promise<published>;

flow<caf::expected<published>> once(self_pointer self, snowflake application, deadline until) {
  auto& st = self->state;
  const auto body = ingress::registration_json(all());
  const auto hash = sha256_hex(body);
  const auto key = "commands:" + application.text() + ":sha256";
  redis::command get{{"GET"}, {key}, {}, until};
  auto last = co_await ask(self, st.redis, until, std::move(get));
  if (!last)
    co_return last.error();
  if (last->type == redis::reply::text && last->bytes == hash)
    co_return published{false, hash};
  auto call = discord::set_commands(application, body);
  call.until = until;
  auto answer = co_await ask(self, st.rest, until, std::move(call));
  if (!answer)
    co_return answer.error();
  if (answer->status >= 400 && answer->status < 500)
    co_return fail(ec::refused, "Discord refused the commands: " + discord::summary(*answer));
  if (answer->status != 200)
    co_return fail(ec::unavailable, "Discord answered " + std::to_string(answer->status));
  redis::command set{{"SET"}, {key}, {hash}, until};
  auto kept = co_await ask(self, st.redis, until, std::move(set));
  if (!kept)
    log::warn("commands.hash_not_kept",
              {{"error", text_of(kept.error())}}); // The next start writes the commands once more.
  log::info("commands.written", {{"application", application.text()}, {"hash", hash}});
  co_return published{true, hash};
}

flow<caf::expected<published>> until_done(self_pointer self, publish q) {
  for (auto wait = milliseconds{500};; wait = std::min(wait * 2, milliseconds{30'000})) {
    auto done = co_await once(self, q.application, q.until);
    const bool hopeless = !done && code_of(done.error()) == ec::refused;
    if (done || hopeless || q.until.left(self->clock().now()) <= wait)
      co_return done;
    log::warn("commands.not_written", {{"error", text_of(done.error())}});
    co_await nap(self, wait);
  }
}

flow<> run(self_pointer self, publish q, reply_to reply) {
  auto done = co_await until_done(self, q);
  if (done)
    reply.deliver(std::move(*done));
  else
    reply.deliver(done.error());
}

/// Publishes for each application that the token belongs to while this actor lives.
flow<> follow_identity(self_pointer self) {
  snowflake last;
  for (;;) {
    const auto until = within(self, publish_within);
    const discord::get_identity question{last, until};
    const auto who = co_await ask(self, self->state.identity, until, question);
    if (who) {
      last = who->application;
      const publish q{last, within(self, publish_within)};
      const auto done = co_await until_done(self, q);
      if (!done)
        log::error("commands.not_written", {{"error", text_of(done.error())}});
    } else if (code_of(who.error()) != ec::unknown) {
      co_await nap(self, identity_again_after);
    }
  }
}

publisher::behavior_type behavior(self_pointer self, redis::handle redis, discord::rest rest,
                                  discord::identity_port identity) {
  keep_exception_text(self);
  self->state.identity = std::move(identity);
  self->state.redis = std::move(redis);
  self->state.rest = std::move(rest);
  if (self->state.identity)
    self->state.flows.start(follow_identity(self));
  return {[self](const publish& q) -> caf::result<published> {
    auto reply = self->make_response_promise<published>();
    self->state.flows.start(run(self, q, reply));
    return caf::delegated<published>{};
  }};
}
} // namespace

publisher start_publisher(caf::actor_system& sys, redis::handle redis, discord::rest rest,
                          discord::identity_port identity) {
  return registry::spawn(sys, {"publisher"}, behavior, std::move(redis), std::move(rest), std::move(identity));
}

} // namespace arrakis::commands
