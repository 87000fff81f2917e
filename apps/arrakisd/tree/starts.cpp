#include "apps/arrakisd/tree/starts.hpp"

#include "actors/community/community.hpp"
#include "actors/guild/core/invite.hpp"
#include "actors/jobs/jobs.hpp"
#include "actors/quarantine/quarantine.hpp"
#include "actors/readiness/readiness.hpp"
#include "actors/reconciler/reconciler.hpp"
#include "actors/verdicts/verdicts.hpp"
#include "runtime/directory.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace arrakis::tree {
discord::rest start_rest(parts& p) {
  auto token = [&p] { return p.latest.get()->secret("discord.token"); };
  return wiring::start_rest(p.sys, p.settings, {p.http, std::move(token), p.who.token_refused, p.discord_clock},
                            p.budget);
}

quarantine::handle start_quarantine(parts& p) {
  return quarantine::start(p.sys, p.quarantines, p.quarantine_table, {.node = p.own_name.text()});
}

caf::actor start_communities(parts& p, uint32_t crashes_max, std::chrono::milliseconds window) {
  directory::options o;
  o.kind = "community";
  o.crashes_max = crashes_max;
  o.window = window;
  o.quarantined = quarantine::recorder(p.quarantine_table, p.quarantine, o.kind);
  o.quarantine_of = quarantine::reader(p.quarantine_table, o.kind);
  community::ports to{p.community_store, p.manifests, p.deployments, p.signer,
                      [&p] { caf::anon_send(p.relay, outbox_relay::read_now{}); }};
  return directory::start(p.sys, std::move(o), [&p, to](const std::string& key) {
    const auto guild = parse_snowflake(key).value_or(snowflake{});
    return caf::actor_cast<caf::actor>(community::start(p.sys, guild, to));
  });
}

reconciler::handle start_reconciler(parts& p) {
  return reconciler::start(p.sys, {p.community_store, p.manifests, p.deployments, p.reconciliations, p.guilds,
                                   p.queues.at(jobs::discord_synthesis.name),
                                   [&p] { caf::anon_send(p.relay, outbox_relay::read_now{}); }});
}

verdicts::handle start_verdicts(parts& p) {
  return verdicts::start(p.sys, {p.community_proxy, p.manifests, p.wallets, p.profiles, p.chain_readers,
                                 [&p] { caf::anon_send(p.relay, outbox_relay::read_now{}); }});
}

wizard::options wizard_options(parts& p) {
  wizard::options o;
  o.offered = [&p] {
    return std::make_shared<const wizard::core::catalogue>(
      wizard::core::offering(wiring::offered_chains(*p.latest.get())));
  };
  o.quarantined = quarantine::recorder(p.quarantine_table, p.quarantine, "wizard_session");
  o.quarantine_of = quarantine::reader(p.quarantine_table, "wizard_session");
  o.queue = p.queues.at(jobs::discord_synthesis.name);
  o.limits.session_ttl = p.settings.milliseconds("wizard.ttl_s");
  return o;
}

outbox_relay::job_queues relay_queues(parts& p) {
  outbox_relay::job_queues to;
  for (const auto* which : jobs::queues()) {
    // One less than this process runs at once, so that one tenant's jobs never delay another tenant's job.
    const auto beside_others = std::max<int64_t>(1, int64_t{wiring::queue_concurrency(p.settings, *which)} - 1);
    const auto share = std::min(p.settings.integer("queue.jobs_per_tenant"), beside_others);
    to.queues[std::string{which->name}] = {p.queues.at(which->name), static_cast<int>(share)};
  }
  for (const auto* kind : jobs::all())
    to.kinds.push_back(&kind->terms);
  return to;
}

jobs::member_role::options role_change_options(parts& p) {
  auto options = wiring::role_change_options(p.settings);
  if (!options)
    throw std::runtime_error{text_of(options.error())};
  return std::move(*options);
}

outbox_relay::handle start_relay(parts& p) {
  outbox_relay::options o;
  o.job_attempts = static_cast<int>(p.settings.integer("queue.attempts"));
  return outbox_relay::start(p.sys, p.outbox, p.available, o);
}

queue::processor start_jobs(parts& p) {
  jobs::services to{p.gate, p.guilds, p.manifests, p.deployments, p.signer, p.identity, p.incarnation};
  to.lease = p.settings.milliseconds("queue.lock_ms");
  to.available = &p.available;
  return jobs::start(p.sys, std::move(to), [&p](const jobs::job_queue& which, queue::progress x) {
    caf::anon_send(p.queues.at(which.name), std::move(x));
  });
}

discord::shards::handle start_shards(parts& p) {
  return wiring::start_shards(p.sys, p.io, p.settings, p.latest.get()->secret("discord.token"), p.gateway_addresses,
                              {p.own_name.text(), p.incarnation},
                              {p.gateway_plans, p.shard_sessions, p.leases, p.redis, p.events, p.rest});
}

readiness::handle start_readiness(parts& p) {
  const auto status_of = [](const redis::link& link) {
    return [&link] {
      const auto now = link.status();
      return readiness::link_status{now.ready, now.detail};
    };
  };
  return readiness::start(p.sys, {p.pool, p.relay_pool, status_of(p.cache), status_of(p.queue_link), p.signer, p.fences,
                                  p.fence_table, p.shards, p.has_token(), p.who.token_refused, p.root});
}

discord::identity_port start_identity(parts& p) {
  return wiring::start_identity(p.sys, p.rest, p.who, [](snowflake application) {
    log::info("discord.invite_link", {{"url", invite_link(application)}});
  });
}
} // namespace arrakis::tree
