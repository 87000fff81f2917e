#include "apps/arrakisd/tree/tree.hpp"

#include "actors/commands/command.hpp"
#include "actors/community/proxy.hpp"
#include "actors/fences/fences.hpp"
#include "actors/gate/gate.hpp"
#include "actors/guild/reader.hpp"
#include "actors/ingress/gateway_events.hpp"
#include "actors/ingress/handlers.hpp"
#include "actors/ingress/ingress.hpp"
#include "actors/jobs/job.hpp"
#include "actors/waiting_notice/waiting_notice.hpp"
#include "adapters/chain/catalogue/catalogue.hpp"
#include "apps/arrakisd/tree/starts.hpp"

#include <caf/actor_cast.hpp>

// Every supervisor and every child of a node, in the order of dependency: a child uses those before it. The address of
// a child stays valid while the child restarts, and answers ec::unavailable until then. So a crash restarts no other
// child, and every strategy is one_for_one. docs/architecture.md shows the same tree, and a test compares
// the two.
namespace arrakis::tree {
namespace {
using namespace std::chrono_literals;
using children = std::vector<supervisor::child>;

constexpr supervisor::intensity ten_a_minute{.restarts_max = 10, .window = 60s};
constexpr supervisor::intensity five_a_minute{.restarts_max = 5, .window = 60s};

/// Declares children that an actor starts by key and monitors itself.
registry::declaration dynamic(std::string what, std::string how = "one_for_one", uint32_t restarts_max = 0,
                              uint32_t window_s = 0) {
  return {true, std::move(how), restarts_max, window_s, std::move(what)};
}

/// Declares a child whose address outlives it and is not in `available`.
template <class Handle, class Start>
supervisor::child private_actor(parts& p, Handle& address, std::string_view name, Start start,
                                registry::declaration declared = {}) {
  const auto router = supervisor::make_router(p.sys);
  address = supervisor::typed<Handle>(router);
  return {std::string{name}, [start = std::move(start)] { return caf::actor_cast<caf::actor>(start()); }, router,
          std::move(declared)};
}

/// Declares a child whose address outlives it and is in `available` by its type.
template <class Handle, class Start>
supervisor::child actor(parts& p, Handle& address, const char* name, Start start, registry::declaration declared = {}) {
  auto out = private_actor(p, address, name, std::move(start), std::move(declared));
  p.available.provide(address);
  return out;
}

supervisor::child branch(parts& p, const char* name, supervisor::intensity limits, children list) {
  return supervisor::nested(p.sys, name, supervisor::strategy::one_for_one, limits, std::move(list));
}

/// Describes the connections of a pool. A lost connection is a state of the pool, not a crash.
registry::declaration connections(int64_t count) {
  return dynamic("connections: " + std::to_string(count) + ", each replaced 1 s after a crash");
}

/// Declares the database: a pool, and the stores on it.
supervisor::child postgres_branch(parts& p) {
  const auto count = p.settings.integer("postgres.connections");
  return branch(
    p, "postgres", ten_a_minute,
    {actor(
       p, p.pool, "pool", [&p, count] { return wiring::start_postgres(p.sys, p.where, static_cast<unsigned>(count)); },
       connections(count)),
     actor(p, p.community_store, "communities", [&p] { return wiring::start_communities(p.sys, p.pool); }),
     actor(p, p.manifests, "manifests", [&p] { return wiring::start_manifests(p.sys, p.pool); }),
     actor(p, p.deployments, "deployments", [&p] { return wiring::start_deployments(p.sys, p.pool); }),
     actor(p, p.reconciliations, "reconciliations", [&p] { return wiring::start_reconciliations(p.sys, p.pool); }),
     actor(p, p.job_ends, "job_ends", [&p] { return wiring::start_job_ends(p.sys, p.pool); }),
     actor(p, p.member_roles, "member_roles", [&p] { return wiring::start_member_roles(p.sys, p.pool); }),
     actor(p, p.audit, "audit", [&p] { return wiring::start_audit(p.sys, p.pool); }),
     actor(p, p.quarantines, "quarantines", [&p] { return wiring::start_quarantines(p.sys, p.pool); }),
     actor(p, p.drafts, "drafts", [&p] { return wiring::start_drafts(p.sys, p.pool); }),
     actor(p, p.conversations, "conversations", [&p] { return wiring::start_conversations(p.sys, p.pool); }),
     actor(p, p.wallets, "wallets", [&p] { return wiring::start_wallets(p.sys, p.pool); }),
     actor(p, p.profiles, "profiles", [&p] { return wiring::start_profiles(p.sys, p.pool); }),
     actor(p, p.fence_log, "fence_log", [&p] { return wiring::start_fence_log(p.sys, p.pool); }),
     actor(p, p.signing_keys, "signing_keys", [&p] { return wiring::start_signing_keys(p.sys, p.pool); })});
}

/// Declares the queues that job kinds name.
supervisor::child queues_branch(parts& p) {
  children list;
  for (const auto* which : jobs::queues())
    list.push_back(private_actor(p, p.queues[which->name], which->name,
                                 [&p, which] { return wiring::start_queue(p.sys, p.queue_link, p.settings, *which); }));
  return branch(p, "queues", ten_a_minute, std::move(list));
}

/// Declares the readers of chains for rules: one for each chain of config/chains, so that an endpoint may come later.
supervisor::child chain_readers_branch(parts& p) {
  children list;
  for (const auto& known : chain::catalogue())
    list.push_back(private_actor(p, p.chain_readers[known.id], known.id, [&p, id = known.id] {
      return wiring::start_chain_reader(p.sys, p.io, *p.latest.get(), id);
    }));
  p.available.provide(p.chain_readers);
  return branch(p, "chain_readers", ten_a_minute, std::move(list));
}

/// Declares the adapters: servers, files, Discord's REST API.
supervisor::child adapters(parts& p) {
  constexpr auto daemon = wiring::signer_user::daemon;
  children list{
    postgres_branch(p),
    actor(p, p.redis, "redis", [&p] { return wiring::start_redis(p.sys, p.cache); }),
    queues_branch(p),
    actor(p, p.keyring, "keyring", [&p] { return wiring::start_keyring(p.sys, p.settings); }),
    actor(p, p.signer, "signer", [&p] { return wiring::start_signer(p.sys, p.keyring, p.signing_keys, daemon); }),
    actor(p, p.objects, "objects", [&p] { return wiring::start_objects(p.sys, p.settings); }),
    actor(p, p.chains, "chains", [&p] { return wiring::start_chains(p.sys, p.io, *p.latest.get()); }),
    chain_readers_branch(p),
    actor(p, p.budget, "budget", [&p] { return wiring::start_budget(p.sys, p.redis, p.settings); }),
    actor(p, p.rest, "rest", [&p] { return start_rest(p); })};
  if (p.has_token())
    list.push_back(actor(p, p.identity, "identity", [&p] { return start_identity(p); }));
  return branch(p, "adapters", ten_a_minute, std::move(list));
}

/// Declares the actors that decide about tenants.
supervisor::child domain(parts& p) {
  constexpr uint32_t crashes_max = 5;
  return branch(
    p, "domain", ten_a_minute,
    {actor(p, p.quarantine, "quarantine", [&p] { return start_quarantine(p); }),
     actor(
       p, p.fences, "fences",
       [&p] { return fences::start(p.sys, p.fence_log, p.fence_table, {.hints = wiring::hint_subscriber(p.cache)}); }),
     actor(p, p.gate, "gate", [&p] { return gate::start(p.sys, p.rest, p.deployments, p.fence_table); }),
     private_actor(
       p, p.communities, "communities", [&p] { return start_communities(p, crashes_max, 60s); },
       dynamic("one per guild, quarantined alone", "one_for_one", crashes_max, 60)),
     actor(p, p.community_proxy, "community_proxy", [&p] { return community::start_proxy(p.sys, p.communities); }),
     actor(p, p.guilds, "guilds", [&p] { return guild::start(p.sys, p.rest, p.identity); }),
     actor(p, p.reconciler, "reconciler", [&p] { return start_reconciler(p); }),
     actor(p, p.verdicts, "verdicts", [&p] { return start_verdicts(p); })});
}

/// Declares the handlers of commands, components and modals, and the ingress that routes interactions to them.
supervisor::child ingress_branch(parts& p) {
  p.available.provide(wizard_options(p));
  auto handlers = ingress::declare_handlers(p.sys, commands::all(), p.available);
  children list{branch(p, "commands", five_a_minute, std::move(handlers.children)),
                actor(p, p.interactions, "interactions", [&p, routes = std::move(handlers.routes)] {
                  return ingress::start(
                    p.sys,
                    {p.redis, p.rest, routes, [&p] { return snowflake{p.who.application.load()}; },
                     [&p](snowflake guild) { return p.quarantine_table.find("community", guild.text()).has_value(); }});
                })};
  return branch(p, "ingress", ten_a_minute, std::move(list));
}

/// Declares a worker for each queue.
supervisor::child workers_branch(parts& p) {
  children list;
  for (const auto* which : jobs::queues())
    list.push_back(private_actor(p, p.workers[which->name], which->name, [&p, which] {
      return wiring::start_worker(p.sys, p.io, p.where, p.settings, *which, p.processor);
    }));
  return branch(p, "workers", ten_a_minute, std::move(list));
}

/// Declares the actors that carry out committed work. Only with the role worker.
supervisor::child work(parts& p) {
  p.available.provide(relay_queues(p));
  p.available.provide(role_change_options(p));
  return branch(
    p, "work", ten_a_minute,
    {private_actor(
       p, p.relay_pool, "pool", [&p] { return wiring::start_relay_postgres(p.sys, p.where); }, connections(1)),
     actor(p, p.outbox, "outbox", [&p] { return wiring::start_outbox(p.sys, p.relay_pool); }),
     actor(p, p.relay, "relay", [&p] { return start_relay(p); }),
     actor(
       p, p.processor, "jobs", [&p] { return start_jobs(p); },
       dynamic("one per job; the queue tries a crashed one again", "temporary")),
     workers_branch(p), actor(p, p.waiting_notice, "waiting_notice", [&p] {
       return waiting_notice::start(p.sys, {p.conversations, p.gate});
     })});
}

/// Declares the connection to Discord's gateway. Only with the role bot.
supervisor::child bot(parts& p) {
  children list{
    actor(p, p.shard_sessions, "shard_sessions", [&p] { return wiring::start_shard_sessions(p.sys, p.redis); }),
    actor(p, p.leases, "leases", [&p] { return wiring::start_leases(p.sys, p.redis); }),
    actor(p, p.gateway_plans, "gateway_plan",
          [&p] { return wiring::start_gateway_plan(p.sys, p.redis, p.rest, p.gateway_addresses); }),
    actor(p, p.publisher, "publisher", [&p] { return commands::start_publisher(p.sys, p.redis, p.rest, p.identity); }),
    actor(p, p.events, "events", [&p] {
      return ingress::gateway_events::start(p.sys, {p.interactions, &p.admission, p.rest, p.communities}, {});
    })};
  if (p.has_token())
    list.push_back(actor(
      p, p.shards, "shards", [&p] { return start_shards(p); },
      dynamic("one per shard of the bot", "one_for_one", 5, 60)));
  return branch(p, "bot", ten_a_minute, std::move(list));
}
} // namespace

children declare(parts& p) {
  children top{adapters(p), domain(p), ingress_branch(p)};
  if (p.has_role("worker"))
    top.push_back(work(p));
  if (p.has_role("bot"))
    top.push_back(bot(p));
  top.push_back(actor(p, p.readiness, "readiness", [&p] { return start_readiness(p); }));
  return top;
}
} // namespace arrakis::tree
