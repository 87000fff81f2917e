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
  bool ends_last = false; ///< The last Apply is open, and its job has ended or is lost.
};

/// The last Apply, and the answer of the queue where nobody has worked at it for minutes.
struct last_apply {
  reconciliations::status_of row;
  bool has_stopped = false; ///< The queue does not know its job, or the job has ended.
  std::string waits_for;    ///< A sentence; empty: it was not asked.
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
void describe_last(const last_apply& apply, drift_report& into) {
  const auto& last = apply.row;
  const bool open = last.state == "pending" || last.state == "running" || last.state == "waiting";
  into.applying = open && !apply.has_stopped;
  if (apply.has_stopped && !into.clean)
    into.last_apply = fmt::format("An earlier Apply has stopped, and nobody recorded why: {} of its roles and channels "
                                  "were done, which stay and are used. Apply does what is left.",
                                  last.resources_done);
  else if (into.applying && last.state == "waiting" && !last.error_text.empty())
    into.last_apply = fmt::format("An Apply waits: {} It goes on by itself.", last.error_text);
  else if (into.applying && !apply.waits_for.empty())
    into.last_apply = "An Apply waits: " + apply.waits_for;
  else if (into.applying)
    into.last_apply = fmt::format("An Apply is running: {} of its roles and channels are done.", last.resources_done);
  else if (last.state == "failed" && !into.clean)
    into.last_apply = fmt::format("The last Apply stopped: {}", last.error_text);
  else if (last.state == "cancelled" && !into.clean)
    into.last_apply = fmt::format("The last Apply was cancelled. {} What differs now is below.", last.error_text);
}

/// Describes where a job is that the queue has.
std::string describe_job(std::string_view state, bool is_paused) {
  if (state == "active")
    return "A worker has it in hand.";
  if (is_paused)
    return "The operator of this bot has paused the queue. It goes on by itself when they resume it.";
  if (state == "delayed")
    return "It is tried again by itself.";
  return "Others are before it in the queue. It goes on by itself.";
}

/// Asks the queue about an Apply that nobody has worked at for minutes. A queue that does not answer leaves it waiting.
flow<last_apply> find_job(pointer self, reconciliations::status_of row, deadline until) {
  last_apply out{std::move(row)};
  if (!out.row.is_sent) {
    out.waits_for = "It is recorded, and waits for a place in the queue. Nothing of it gets lost.";
    co_return out;
  }
  auto& queue = self->state.p.queue;
  queue::get_job_state question{out.row.job, until};
  auto [where, counts] = co_await when_all(ask(self, queue, until, std::move(question)),
                                           ask(self, queue, until, queue::get_counts{until}));
  if (!where) {
    log::warn("reconciler.queue_unreadable", {{"job", out.row.job}, {"error", text_of(where.error())}});
    out.waits_for = "Whether it still stands in the queue cannot be read just now. Try again in a minute.";
    co_return out;
  }
  out.has_stopped = where->state == "unknown" || where->state == "failed" || where->state == "dead"
                 || where->state == "completed";
  if (!out.has_stopped)
    out.waits_for = describe_job(where->state, counts && counts->is_paused);
  co_return out;
}

flow<caf::expected<last_apply>> find_last_apply(pointer self, community_id community, deadline until) {
  reconciliations::status question{community, until};
  auto last = co_await ask(self, self->state.p.reconciliations, until, std::move(question));
  if (!last && code_of(last.error()) == ec::not_found)
    co_return last_apply{};
  if (!last)
    co_return last.error();
  if (!last->is_idle)
    co_return last_apply{std::move(*last)};
  co_return co_await find_job(self, std::move(*last), until);
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
  auto all = co_await all_or_error(guild_of(self, guild, community, until), find_last_apply(self, community, until),
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
  out.ends_last = last.has_stopped;
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
                                 .until = q.until,
                                 .ends_idle = now->ends_last};
  auto requested = co_await ask(self, self->state.p.reconciliations, q.until, std::move(order));
  if (!requested) {
    reply.deliver(requested.error());
    co_return;
  }
  self->state.p.notify_relay();
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
