#include "actors/commands/flow_handler.hpp"
#include "actors/ingress/declaration.hpp"
#include "actors/verdicts/core/text.hpp"
#include "actors/verdicts/messages.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands::why {
namespace {
using ingress::reply;
using ingress::request;

struct state {
  static inline const char* name = "command_why";
  arrakis::flows flows;
  verdicts::handle verdicts;
};
using pointer = ingress::handler::stateful_pointer<state>;

/// An answer to a member who was never checked.
constexpr const char* never = "There is no verdict about this member yet. `/check` makes one, and shows what it gives.";

flow<caf::expected<reply>> handle(pointer self, request q) {
  const auto& x = *q.what;
  const auto* chosen = x.option<snowflake>("member");
  const auto member = chosen != nullptr ? *chosen : x.user;
  if (member != x.user && !ingress::permission::administrator().is_held_by(x.member_permissions))
    co_return fail(ec::refused, "Only an administrator of this server may ask about somebody else. `/why` alone is "
                                "about you.");
  const verdicts::find_last question{x.guild, member, q.until};
  auto found = co_await ask(self, self->state.verdicts, q.until, question);
  if (!found)
    co_return found.error();
  if (!found->verdict)
    co_return reply{ingress::message_json(never)};
  co_return reply{verdicts::why_message(*found->verdict, {member, member == x.user})};
}

ingress::handler::behavior_type behavior(pointer self, verdicts::handle verdicts) {
  keep_exception_text(self);
  self->state.verdicts = std::move(verdicts);
  return answer_by(self, handle);
}

ingress::handler start(caf::actor_system& sys, const services& from) {
  return registry::spawn(sys, {"command"}, behavior, from.get<verdicts::handle>());
}
} // namespace

const ingress::declaration& definition() {
  static const ingress::declaration it{
    .name = "why",
    .commands = {{.name = "why",
                  .description = "See why you have a role, or not: what was asked for and what was read",
                  .needs = ingress::permission::everyone(),
                  .options = {{.name = "member",
                               .description = "For administrators: somebody else",
                               .type = option_type::user}}}},
    .start = &start};
  return it;
}
} // namespace arrakis::commands::why
