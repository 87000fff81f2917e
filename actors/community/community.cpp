#include "actors/community/community.hpp"

#include "actors/community/tenant_cache.hpp"
#include "actors/guild/core/manifest_names.hpp"
#include "actors/rules/effective.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json/value.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::community {
namespace {

/// A version never changes, so one that was read and judged serves again; which version is the active one does change,
/// in whatever process a deployment ends, and is read each time.
struct cached_manifest {
  community_id community;
  int64_t version = 0;
  std::shared_ptr<const manifest> what;
  std::chrono::steady_clock::time_point until;
};

struct state {
  arrakis::flows flows;
  snowflake guild;
  ports to;
  community::limits limits;
  std::optional<cached_manifest> cached;                        ///< The active version, no longer than it is fresh.
  tenant_cache cache;                                           ///< The part of it that stays.
  std::optional<std::chrono::steady_clock::time_point> read_at; ///< None: what is kept is not to be trusted.
  uint64_t changes = 0;        ///< Changes that were announced: an earlier reading is not stored.
  bool drop_scheduled = false; ///< drop_when_stale is on its way.
  static inline const char* name = "community";
};
using self_pointer = handle::stateful_pointer<state>;

bool fresh(self_pointer self) {
  return self->state.read_at && *self->state.read_at + self->state.limits.fresh > self->clock().now();
}

/// The next question reads PostgreSQL again.
void invalidate(self_pointer self) {
  ++self->state.changes;
  self->state.cached.reset();
  self->state.read_at.reset();
}

struct reading {
  described now;
  std::optional<manifests::record> active; ///< As it is stored; what `now.active` was read from. None: it was kept.
};

std::shared_ptr<const manifest> cached_for(self_pointer self, const communities::record& now) {
  const auto& cached = self->state.cached;
  const bool same = cached && cached->community == now.id && cached->version == now.active_version;
  return same && cached->until > self->clock().now() ? cached->what : nullptr;
}

/// Reads the tenant's row and its active manifest. What changed meanwhile is not in it: then it answers who asked, and
/// the next question reads again.
flow<caf::expected<reading>> read(self_pointer self, deadline until) {
  auto& st = self->state;
  const auto changes = st.changes;
  reading result;
  auto& now = result.now;
  auto found = co_await ask(self, st.to.communities, until, communities::find_by_guild{st.guild, until});
  if (!found)
    co_return found.error();
  if (!found->id) {
    st.cache.refresh(now); // The community may have had one.
    co_return result;
  }
  communities::load wanted{*found->id, until};
  auto record = co_await ask(self, st.to.communities, until, std::move(wanted));
  if (!record)
    co_return record.error();
  now.exists = true;
  now.record = std::move(*record);
  now.active = cached_for(self, now.record);
  if (now.record.active_version > 0 && !now.active) {
    manifests::load newest{now.record.id, now.record.active_version, until};
    auto stored = co_await ask(self, st.to.manifests, until, std::move(newest));
    if (!stored && code_of(stored.error()) != ec::not_found)
      co_return stored.error();
    if (stored) {
      auto parsed = read_manifest(stored->canonical);
      if (!parsed)
        co_return fail(ec::corrupt, "stored manifest of version " + std::to_string(stored->version) + ": "
                                      + text_of(parsed.error()));
      now.active = std::make_shared<const manifest>(std::move(*parsed));
      result.active = std::move(*stored);
    }
  }
  if (st.changes == changes)
    st.read_at = self->clock().now();
  if (st.changes == changes || !st.read_at) // Else a later reading was kept.
    st.cache.refresh(now);
  co_return result;
}

/// The next click may sign again what an admin saw, so it must equal what was signed before. While the signer
/// refuses nobody can tell, and nothing is signed either.
flow<caf::error> judge_active(self_pointer self, std::optional<manifests::record> active, deadline until) {
  if (!active)
    co_return caf::error{};
  auto keys = co_await ask(self, self->state.to.signer, until, signer::public_keys{until});
  if (!keys)
    co_return code_of(keys.error()) == ec::refused ? caf::error{} : std::move(keys.error());
  co_return check_signed(*active, keys->hex_by_version);
}

/// A manifest in memory is large, and nobody is served from a stale one.
flow<> drop_when_stale(self_pointer self) {
  auto& st = self->state;
  st.drop_scheduled = true;
  while (st.cached && st.cached->until > self->clock().now())
    co_await nap(self, std::chrono::ceil<std::chrono::milliseconds>(st.cached->until - self->clock().now()));
  st.cached.reset();
  st.drop_scheduled = false;
}

flow<> answer_describe(self_pointer self, deadline until, caf::typed_response_promise<described> reply) {
  auto& st = self->state;
  const auto changes = st.changes;
  auto found = co_await read(self, until);
  const bool is_new = found && found->active;
  if (is_new)
    if (auto bad = co_await judge_active(self, std::exchange(found->active, {}), until))
      found = std::move(bad);
  if (!found) {
    reply.deliver(found.error());
    co_return;
  }
  const auto& now = found->now;
  if (is_new && st.changes == changes)
    st.cached = cached_manifest{now.record.id, now.record.active_version, now.active,
                                self->clock().now() + st.limits.fresh};
  reply.deliver(std::move(found->now));
  if (st.cached && !st.drop_scheduled)
    st.flows.start(drop_when_stale(self));
}

flow<> answer_recall(self_pointer self, recall request, caf::typed_response_promise<recalled> reply) {
  auto& st = self->state;
  if (!fresh(self)) {
    const auto now = co_await read(self, request.until);
    if (!now) {
      reply.deliver(now.error());
      co_return;
    }
  }
  const auto& cache = st.cache;
  recalled answer{cache.status, cache.fence, cache.version, {}, cache.verdicts.find(request.member, wall_ms())};
  if (answer.last && answer.last->tier >= 0 && static_cast<size_t>(answer.last->tier) < cache.rules.size())
    answer.role = cache.rules[static_cast<size_t>(answer.last->tier)].role;
  reply.deliver(std::move(answer));
}

/// One attempt: read what the version builds on, sign, submit. The version is part of what is signed, so a race shows
/// as ec::conflict at the unique key and is begun anew. `waits` outlives the flow: it says for what a submission waits
/// that was not made, where the error is ec::refused.
flow<caf::expected<deployments::submitted>> submit_once(self_pointer self, deploy request, std::string* waits) {
  auto& st = self->state;
  auto base = co_await ask(self, st.to.deployments, request.until, deployments::prepare{st.guild, request.until});
  if (!base)
    co_return base.error();
  if (base->exists && base->status == "frozen")
    co_return fail(ec::frozen, "this community is frozen: no deployment until an operator thaws it");
  auto canonical = canonical_json(to_json(*request.wanted));
  if (!canonical)
    co_return canonical.error();
  manifests::record record;
  record.community = base->community;
  record.version = base->next_version;
  record.canonical = std::move(*canonical);
  record.sha256 = sha256_hex(record.canonical);
  record.previous_sha256 = base->previous_sha256;
  record.created_at = iso8601(wall_ms());
  const manifest_statement statement{record.community, record.version, record.sha256, record.previous_sha256,
                                     record.created_at};
  signer::sign to_sign{signing_bytes(statement), request.until};
  auto signature = co_await ask(self, st.to.signer, request.until, std::move(to_sign));
  if (!signature && code_of(signature.error()) == ec::refused)
    *waits = text_of(signature.error());
  if (!signature)
    co_return signature.error();
  record.signature = signature->text;
  deployments::submit order;
  order.key = request.key;
  order.community = base->community;
  order.guild = st.guild;
  order.community_name = request.wanted->community_name;
  order.theme_id = request.wanted->theme_id;
  order.admin = request.admin;
  order.manifest = std::move(record);
  order.application = request.application;
  order.interaction_token = request.interaction_token;
  order.token_life = request.token_life;
  order.base_version = request.base_version;
  order.trace = request.trace;
  order.until = request.until;
  auto done = co_await ask(self, st.to.deployments, request.until, std::move(order));
  co_return done;
}

void answer_submitted(self_pointer self, const std::string& trace, const caf::expected<deployments::submitted>& done,
                      caf::typed_response_promise<deployed> reply) {
  auto& st = self->state;
  invalidate(self);
  if (!done) {
    reply.deliver(done.error());
    return;
  }
  log::info("deployment.submitted", {{"trace", trace},
                                     {"tenant", done->community.value},
                                     {"guild", st.guild.text()},
                                     {"version", done->version},
                                     {"deployment", done->deployment},
                                     {"job", done->job},
                                     {"repeated", done->repeated ? 1 : 0}});
  metrics::count("arrakis_community_deployments_submitted_total", "Deployments that were accepted.",
                 done->repeated ? 0 : 1);
  if (st.to.notify_relay)
    st.to.notify_relay();
  reply.deliver(deployed{done->community, done->version, done->deployment, done->job, done->repeated});
}

/// A version that is signed can be read again, and each of its rules can be judged.
caf::error check_new_version(const manifest& wanted) {
  if (auto faulty = check_names(wanted))
    return faulty;
  if (auto read = read_manifest(json::print(to_json(wanted))); !read)
    return std::move(read.error());
  return rules::check(wanted);
}

flow<> answer_deploy(self_pointer self, deploy request, caf::typed_response_promise<deployed> reply) {
  caf::expected<deployments::submitted> done{fail(ec::conflict, "not tried")};
  if (auto faulty = check_new_version(*request.wanted))
    done = std::move(faulty);
  std::string waits;
  for (int i = 0; i < self->state.limits.conflicts_max && !done && code_of(done.error()) == ec::conflict; ++i)
    done = co_await submit_once(self, request, &waits);
  if (!waits.empty()) {
    log::warn("deployment.signer_awaited",
              {{"trace", request.trace}, {"guild", self->state.guild.text()}, {"error", waits}});
    reply.deliver(deployed{.waits = std::move(waits)});
    co_return;
  }
  if (!done && code_of(done.error()) == ec::stale)
    done = fail(ec::conflict,
                text_of(done.error())); // No race of versions: somebody must look before it is tried again.
  answer_submitted(self, request.trace, done, reply);
}

/// The tenant of our guild, for what needs one.
flow<caf::expected<community_id>> tenant(self_pointer self, deadline until) {
  auto& st = self->state;
  auto found = co_await ask(self, st.to.communities, until, communities::find_by_guild{st.guild, until});
  if (!found)
    co_return found.error();
  if (!found->id)
    co_return fail(ec::not_found, "this guild has no community yet; /onboard makes one");
  co_return *found->id;
}

flow<caf::expected<deployments::status_of>> newest(self_pointer self, latest request) {
  const auto until = request.until;
  auto id = co_await tenant(self, until);
  if (!id)
    co_return id.error();
  deployments::status question{*id, 0, until};
  auto status = co_await ask(self, self->state.to.deployments, until, std::move(question));
  co_return status;
}

flow<> answer_latest(self_pointer self, latest request, caf::typed_response_promise<deployments::status_of> reply) {
  auto status = co_await newest(self, std::move(request));
  if (status)
    reply.deliver(std::move(*status));
  else
    reply.deliver(status.error());
}

flow<caf::expected<deployments::followed>> follow_newest(self_pointer self, follow request) {
  const auto until = request.until;
  auto id = co_await tenant(self, until);
  if (!id)
    co_return id.error();
  deployments::follow order{*id, std::move(request.deployment), std::move(request.newest), until};
  auto done = co_await ask(self, self->state.to.deployments, until, std::move(order));
  co_return done;
}

flow<> answer_follow(self_pointer self, follow request, caf::typed_response_promise<deployments::followed> reply) {
  auto done = co_await follow_newest(self, std::move(request));
  if (done)
    reply.deliver(*done);
  else
    reply.deliver(done.error());
}

flow<caf::expected<deployments::submitted>> run_again(self_pointer self, retry request) {
  auto id = co_await tenant(self, request.until);
  if (!id)
    co_return id.error();
  deployments::retry order{*id,
                           request.version,
                           "discord:" + request.admin.text(),
                           request.application,
                           request.interaction_token,
                           request.token_life,
                           request.until,
                           request.trace};
  auto done = co_await ask(self, self->state.to.deployments, request.until, std::move(order));
  co_return done;
}

flow<> answer_retry(self_pointer self, retry request, caf::typed_response_promise<deployed> reply) {
  auto done = co_await run_again(self, request);
  answer_submitted(self, request.trace, done, reply);
}

handle::behavior_type behavior(self_pointer self, snowflake guild, ports to, limits bounds) {
  keep_exception_text(self);
  self->state.guild = guild;
  self->state.to = std::move(to);
  self->state.limits = bounds;
  return {
    [self](const describe& q) -> caf::result<described> {
      auto reply = self->make_response_promise<described>();
      self->state.flows.start(answer_describe(self, q.until, reply));
      return caf::delegated<described>{};
    },
    [self](const deploy& q) -> caf::result<deployed> {
      auto reply = self->make_response_promise<deployed>();
      self->state.flows.start(answer_deploy(self, q, reply));
      return caf::delegated<deployed>{};
    },
    [self](const latest& q) -> caf::result<deployments::status_of> {
      auto reply = self->make_response_promise<deployments::status_of>();
      self->state.flows.start(answer_latest(self, q, reply));
      return caf::delegated<deployments::status_of>{};
    },
    [self](const follow& q) -> caf::result<deployments::followed> {
      auto reply = self->make_response_promise<deployments::followed>();
      self->state.flows.start(answer_follow(self, q, reply));
      return caf::delegated<deployments::followed>{};
    },
    [self](const retry& q) -> caf::result<deployed> {
      auto reply = self->make_response_promise<deployed>();
      self->state.flows.start(answer_retry(self, q, reply));
      return caf::delegated<deployed>{};
    },
    [self](const recall& q) -> caf::result<recalled> {
      auto reply = self->make_response_promise<recalled>();
      self->state.flows.start(answer_recall(self, q, reply));
      return caf::delegated<recalled>{};
    },
    [self](const remember& x) {
      auto& cache = self->state.cache;
      if (cache.known && x.version == cache.version && x.fence == cache.fence)
        cache.verdicts.store(x.what);
    },
    [self](const changed&) { invalidate(self); },
    [self](retire) { quit_when_idle(self); },
  };
}
} // namespace

handle start(caf::actor_system& sys, snowflake guild, ports to, limits bounds) {
  return registry::spawn(sys, {"community", guild.text(), guild.value}, behavior, guild, std::move(to), bounds);
}
} // namespace arrakis::community
