#include "actors/reconciler/reconciler.hpp"

#include "actors/guild/core/doubled.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <set>

namespace arrakis::reconciler {
namespace {
struct state {
  arrakis::flows flows;
  static inline const char* name = "reconciler";
  ports p;
};
using pointer = handle::stateful_pointer<state>;

struct compared {
  community_id community;
  drift_report report;
};

/// Explains why there is nothing to compare with.
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

/// Describes the state of the last Apply where an admin needs to know it.
void describe_last(const reconciliations::status_of& last, drift_report& into) {
  const bool open = last.state == "pending" || last.state == "running" || last.state == "waiting";
  into.applying = open && !last.stalled;
  if (last.stalled && !into.clean)
    into.last_apply = fmt::format("An earlier Apply has stopped, and nobody recorded why: {} of its roles and channels "
                                  "were done, which stay and are used. Apply does what is left.",
                                  last.resources_done);
  else if (into.applying && last.state == "waiting" && !last.error_text.empty())
    into.last_apply = fmt::format("An Apply waits: {} It goes on by itself.", last.error_text);
  else if (into.applying)
    into.last_apply = fmt::format("An Apply is running: {} of its roles and channels are done.", last.resources_done);
  else if (last.state == "failed" && !into.clean)
    into.last_apply = fmt::format("The last Apply stopped: {}", last.error_text);
  else if (last.state == "cancelled" && !into.clean)
    into.last_apply = fmt::format("The last Apply was cancelled. {} What differs now is below.", last.error_text);
}

flow<caf::expected<reconciliations::status_of>> last_apply(pointer self, community_id community, deadline until) {
  reconciliations::status question{community, until};
  auto last = co_await ask(self, self->state.p.reconciliations, until, std::move(question));
  if (!last && code_of(last.error()) == ec::not_found)
    co_return reconciliations::status_of{};
  co_return last;
}

/// Reads the creations in the audit log. When it cannot be read, the report says nothing about duplicates.
flow<caf::expected<guild::creations>> creations_of(pointer self, snowflake guild, community_id community,
                                                   deadline until) {
  // All creations, not only the bot's: the bot's user id is known once the guild has been read.
  guild::fetch_creations question{guild, {}, community.value, until};
  auto made = co_await ask(self, self->state.p.guilds, until, std::move(question));
  if (!made)
    log::info("reconciler.audit_log_unreadable", {{"guild", guild.text()}, {"error", text_of(made.error())}});
  co_return made ? std::move(*made) : guild::creations{};
}

flow<caf::expected<guild::state>> guild_of(pointer self, snowflake guild, community_id community, deadline until) {
  guild::fetch question{guild, community.value, until};
  auto now = co_await ask(self, self->state.p.guilds, until, std::move(question));
  co_return now;
}

flow<caf::expected<compared>> compare(pointer self, snowflake guild, deadline until) {
  auto& p = self->state.p;
  auto found = co_await ask(self, p.communities, until, communities::find_by_guild{guild, until});
  if (!found)
    co_return found.error();
  if (!found->id)
    co_return fail(ec::not_found, "This server has no community yet: `/onboard` makes one.");
  const auto community = *found->id;
  manifests::load_shadow deployed{community, until};
  auto shadow = co_await ask(self, p.manifests, until, std::move(deployed));
  if (!shadow)
    co_return shadow.error();
  if (shadow->version == 0)
    co_return co_await nothing_deployed(self, community, until);
  manifests::load active{community, 0, until};
  auto record = co_await ask(self, p.manifests, until, std::move(active));
  if (!record)
    co_return record.error();
  auto want = read_manifest(record->canonical);
  if (!want)
    co_return want.error();
  auto all = co_await all_or_error(guild_of(self, guild, community, until), last_apply(self, community, until),
                                   creations_of(self, guild, community, until));
  if (!all)
    co_return all.error();
  auto& [now, last, made] = *all;
  compared out{community, blueprint::compare(*want, record->version, record->sha256, shadow->entries, now)};
  std::set<snowflake> named;
  for (const auto& entry : shadow->entries)
    named.insert(entry.id);
  for (const auto& d : blueprint::find_doubled(now, made.entries, named))
    out.report.doubled.push_back(blueprint::describe(d));
  describe_last(last, out.report);
  co_return out;
}

flow<> answer(pointer self, drift q, caf::typed_response_promise<drift_report> reply) {
  auto now = co_await compare(self, q.guild, q.until);
  if (now)
    reply.deliver(std::move(now->report));
  else
    reply.deliver(now.error());
}

flow<> answer_apply(pointer self, apply q, caf::typed_response_promise<applied> reply) {
  auto now = co_await compare(self, q.guild, q.until);
  if (!now) {
    reply.deliver(now.error());
    co_return;
  }
  applied out{false, std::move(now->report)};
  const bool same = out.now.plan_sha256 == q.plan_sha256;
  if (!same && !out.now.applying) {
    reply.deliver(std::move(out));
    co_return;
  }
  // While one is under way the guild changes by our own doing: the store knows whether it is this very confirmation
  // that was clicked twice.
  reconciliations::request order{.key = q.key,
                                 .community = now->community,
                                 .version = out.now.version,
                                 .plan_json = same ? out.now.plan_json : std::string{},
                                 .plan_sha256 = out.now.plan_sha256,
                                 .admin = q.admin,
                                 .application = q.application,
                                 .interaction_token = q.interaction_token,
                                 .token_life = q.token_life,
                                 .trace = q.trace,
                                 .until = q.until};
  auto requested = co_await ask(self, self->state.p.reconciliations, q.until, std::move(order));
  if (!requested) {
    reply.deliver(requested.error());
    co_return;
  }
  self->state.p.kick_relay();
  out.started = true;
  reply.deliver(std::move(out));
}

handle::behavior_type behavior(pointer self, ports p) {
  keep_exception_text(self);
  self->state.p = std::move(p);
  return {[self](const drift& q) -> caf::result<drift_report> {
            auto reply = self->make_response_promise<drift_report>();
            self->state.flows.start(answer(self, q, reply));
            return caf::delegated<drift_report>{};
          },
          [self](const apply& q) -> caf::result<applied> {
            auto reply = self->make_response_promise<applied>();
            self->state.flows.start(answer_apply(self, q, reply));
            return caf::delegated<applied>{};
          }};
}
} // namespace

handle start(caf::actor_system& sys, ports p) { return registry::spawn(sys, {"reconciler"}, behavior, std::move(p)); }
} // namespace arrakis::reconciler
