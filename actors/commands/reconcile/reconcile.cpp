#include "actors/commands/flow_handler.hpp"
#include "actors/ingress/declaration.hpp"
#include "actors/reconciler/messages.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::commands::reconcile {
namespace {
using namespace blueprint;
using ingress::reply;
using ingress::request;

struct state {
  arrakis::flows flows;
  reconciler::handle reconcilers;
  static inline const char* name = "command_reconcile";
};
using self_pointer = ingress::handler::stateful_pointer<state>;

constexpr const char* changed =
  "Your server changed after the plan was shown, so nothing was applied. This is the plan "
  "now.";

/// The hash of a plan, as a custom id carries it: up to the next ':'.
std::string hash_in(std::string_view custom_id, std::string_view prefix) {
  const auto hash_and_nonce = custom_id.substr(prefix.size());
  return std::string{hash_and_nonce.substr(0, hash_and_nonce.find(':'))};
}

reply started() {
  return {boost::json::serialize(boost::json::object{
    {"content", "**Applying the plan**\n\nThis message shows how far it is; `/reconcile` does as well."},
    {"embeds", boost::json::array{}},
    {"components", boost::json::array{}},
    {"allowed_mentions", boost::json::object{{"parse", boost::json::array{}}}}})};
}

/// Apply was pressed below a plan: asks once more, where the guild still has that plan.
reply asked(const reconciler::drift_report& now, const std::string& sha256) {
  if (now.plan_sha256 != sha256 || now.applying || !now.blockers.empty())
    return {comparison_screen(now, now.plan_sha256 != sha256 ? changed : "")};
  return {confirm_screen(now, random_hex(4))};
}

flow<caf::expected<reply>> confirmed(self_pointer self, request q) {
  const auto& x = *q.what;
  reconciler::apply order{.guild = x.guild,
                          .admin = x.user,
                          .plan_sha256 = hash_in(x.custom_id, confirm_prefix),
                          .key = x.custom_id,
                          .application = x.application,
                          .interaction_token = x.token,
                          .token_life = token_left(x, wall_ms()),
                          .trace = x.trace,
                          .until = q.until};
  auto done = co_await ask(self, self->state.reconcilers, q.until, std::move(order));
  if (!done)
    co_return done.error();
  co_return done->started ? started() : reply{comparison_screen(done->now, changed)};
}

flow<caf::expected<reply>> handle(self_pointer self, request q) {
  const std::string_view id = q.what->custom_id;
  if (id.starts_with(confirm_prefix))
    co_return co_await confirmed(self, q);
  auto report = co_await ask(self, self->state.reconcilers, q.until, reconciler::drift{q.what->guild, q.until});
  if (!report)
    co_return report.error();
  if (id.starts_with(apply_prefix))
    co_return asked(*report, hash_in(id, apply_prefix));
  co_return reply{comparison_screen(*report)};
}

ingress::handler::behavior_type behavior(self_pointer self, reconciler::handle reconcilers) {
  keep_exception_text(self);
  self->state.reconcilers = std::move(reconcilers);
  return answer_by(self, handle);
}

ingress::handler start(caf::actor_system& sys, const services& from) {
  return registry::spawn(sys, {"command"}, behavior, from.get<reconciler::handle>());
}
} // namespace

const ingress::declaration& definition() {
  static const ingress::declaration it{
    .name = "reconcile",
    .commands = {{.name = "reconcile",
                  .description = "Compare the server with what it should be",
                  .needs = ingress::permission::administrator()}},
    .components = {{.prefix = "reconcile", .needs = ingress::permission::administrator()}},
    .start = &start};
  return it;
}
} // namespace arrakis::commands::reconcile
