#include "actors/reconciler/reconciler.hpp"

#include "actors/guild/core/diff.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::reconciler {
namespace {
struct state {
  arrakis::flows flows;
  static inline const char* name = "reconciler";
  ports p;
};
using pointer = handle::stateful_pointer<state>;

/// Why there is nothing to compare with.
flow<caf::error> nothing_deployed(pointer self, community_id community, deadline until) {
  deployments::status question{community, 0, until};
  auto newest = co_await ask(self, self->state.p.deployments, until, std::move(question));
  if (!newest && code_of(newest.error()) != ec::not_found)
    co_return newest.error();
  if (!newest)
    co_return fail(ec::not_found, "Nothing has been deployed in this server yet. `/onboard` makes a plan.");
  if (newest->state == "failed" || newest->state == "cancelled")
    co_return fail(ec::not_found, "The last deployment failed; `/resume` shows why.");
  co_return fail(ec::not_found, "The first deployment is still under way; `/resume` shows how far it is.");
}

flow<caf::expected<drift_report>> compare(pointer self, drift q) {
  auto& p = self->state.p;
  auto found = co_await ask(self, p.communities, q.until, communities::find_by_guild{q.guild, q.until});
  if (!found)
    co_return found.error();
  if (!found->id)
    co_return fail(ec::not_found, "This server has no community yet: `/onboard` makes one.");
  const auto community = *found->id;
  manifests::load_shadow deployed{community, q.until};
  auto shadow = co_await ask(self, p.manifests, q.until, std::move(deployed));
  if (!shadow)
    co_return shadow.error();
  if (shadow->version == 0)
    co_return co_await nothing_deployed(self, community, q.until);
  manifests::load active{community, 0, q.until};
  auto record = co_await ask(self, p.manifests, q.until, std::move(active));
  if (!record)
    co_return record.error();
  auto want = read_manifest(record->canonical);
  if (!want)
    co_return want.error();
  guild::fetch question{q.guild, community.value, q.until};
  auto now = co_await ask(self, p.guilds, q.until, std::move(question));
  if (!now)
    co_return now.error();
  const auto list = blueprint::diff(*want, shadow->entries, *now);
  drift_report report;
  report.clean = blueprint::is_clean(list);
  report.remaining = blueprint::describe_left_over(list);
  for (const auto& d : list)
    report.lines.push_back(blueprint::describe(d));
  co_return report;
}

flow<> answer(pointer self, drift q, caf::typed_response_promise<drift_report> reply) {
  auto report = co_await compare(self, q);
  if (report)
    reply.deliver(std::move(*report));
  else
    reply.deliver(report.error());
}

handle::behavior_type behavior(pointer self, ports p) {
  keep_exception_text(self);
  self->state.p = std::move(p);
  return {[self](const drift& q) -> caf::result<drift_report> {
    auto reply = self->make_response_promise<drift_report>();
    self->state.flows.start(answer(self, q, reply));
    return caf::delegated<drift_report>{};
  }};
}
} // namespace

handle start(caf::actor_system& sys, ports p) { return registry::spawn(sys, {"reconciler"}, behavior, std::move(p)); }
} // namespace arrakis::reconciler
