#pragma once
// The identity of the bot, in the place of the actor that asks Discord.
#include "adapters/discord/identity/messages.hpp"
#include "runtime/flow.hpp"
#include "tests/support/fakes/discord.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
namespace detail {
struct identity_state {
  flows waiting;
};
using identity_pointer = discord::identity_port::stateful_pointer<identity_state>;

inline flow<> answer_when(identity_pointer self, const bool* is_known, discord::own_identity who,
                          discord::get_identity question, caf::typed_response_promise<discord::own_identity> reply) {
  while (!*is_known || who.application == question.other_than) {
    if (question.until.passed(self->clock().now()))
      co_return;
    co_await nap(self, std::chrono::milliseconds{10});
  }
  reply.deliver(who);
}
} // namespace detail

/// Answers `who` as soon as `is_known`, which a test may change at any time.
inline discord::identity_port start_identity(caf::actor_system& sys, const bool& is_known,
                                             discord::own_identity who = {fake_discord::bot, fake_discord::bot}) {
  return sys.spawn([&is_known, who](detail::identity_pointer self) -> discord::identity_port::behavior_type {
    return {[=, known = &is_known](const discord::get_identity& question) -> caf::result<discord::own_identity> {
              auto reply = self->make_response_promise<discord::own_identity>();
              self->state.waiting.start(detail::answer_when(self, known, who, question, reply));
              return caf::delegated<discord::own_identity>{};
            },
            [](discord::renew_identity) {}};
  });
}
} // namespace arrakis::test
