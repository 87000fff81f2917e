#include "actors/commands/flow_handler.hpp"
#include "actors/ingress/declaration.hpp"
#include "actors/verdicts/core/text.hpp"
#include "actors/verdicts/messages.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands::check {
namespace {
using ingress::reply;
using ingress::request;

struct state {
  static inline const char* name = "command_check";
  arrakis::flows flows;
  verdicts::handle verdicts;
};
using pointer = ingress::handler::stateful_pointer<state>;

/// The member to check: the target of the menu, the one of the option, or the caller.
snowflake member_of(const interaction& x) {
  if (x.command_type == command_type::user)
    return x.target;
  const auto* chosen = x.option<snowflake>("member");
  return chosen != nullptr ? *chosen : x.user;
}

flow<caf::expected<reply>> handle(pointer self, request q) {
  const auto& x = *q.what;
  const auto member = member_of(x);
  if (member != x.user && !ingress::permission::administrator().is_held_by(x.member_permissions))
    co_return fail(ec::refused, "Only an administrator of this server may check somebody else. `/check` alone checks "
                                "you.");
  verdicts::judge order{.guild = x.guild,
                        .member = member,
                        .trigger = "check",
                        .actor = "discord:" + x.user.text(),
                        .until = q.until,
                        .trace = x.trace};
  if (const auto roles = x.roles_by_member.find(member); roles != x.roles_by_member.end())
    order.present = roles->second;
  auto done = co_await ask(self, self->state.verdicts, q.until, std::move(order));
  if (!done)
    co_return done.error();
  co_return reply{verdicts::check_message(*done->verdict, {member, member == x.user})};
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
  static const ingress::declaration it{.name = "check",
                                       .commands = {{.name = "check",
                                                     .description = "See which roles you earn, and get them",
                                                     .needs = ingress::permission::everyone(),
                                                     .options = {{.name = "member",
                                                                  .description = "For administrators: somebody else",
                                                                  .type = option_type::user}}},
                                                    {.name = "Check roles",
                                                     .description = "",
                                                     .needs = ingress::permission::administrator(),
                                                     .type = command_type::user}},
                                       .start = &start};
  return it;
}
} // namespace arrakis::commands::check
