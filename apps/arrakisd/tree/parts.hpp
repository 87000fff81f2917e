#pragma once
// Shared resources of the actors of one node, and the addresses of these actors.
#include "actors/commands/publish.hpp"
#include "actors/community/messages.hpp"
#include "actors/fences/messages.hpp"
#include "actors/gate/messages.hpp"
#include "actors/guild/messages.hpp"
#include "actors/ingress/entry.hpp"
#include "actors/outbox_relay/messages.hpp"
#include "actors/quarantine/messages.hpp"
#include "actors/readiness/messages.hpp"
#include "actors/reconciler/messages.hpp"
#include "actors/verdicts/messages.hpp"
#include "actors/waiting_notice/messages.hpp"
#include "adapters/discord/gateway/ports.hpp"
#include "apps/arrakisd/reload.hpp"
#include "apps/wiring/addresses.hpp"
#include "apps/wiring/discord.hpp"
#include "apps/wiring/implementations.hpp"
#include "apps/wiring/roles.hpp"
#include "runtime/clock.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "runtime/node_name.hpp"
#include "runtime/registry/registry.hpp"
#include "runtime/services.hpp"

#include <caf/actor_system.hpp>
#include <map>
#include <memory>
#include <string>

namespace arrakis::tree {

/// Members are declared in an order in which each is destroyed before its dependencies.
struct parts {
  /// Waits for no connection. Throws std::runtime_error that names an invalid key.
  parts(const config&, const wiring::addresses&, registry::tree_node root);

  const config& settings; ///< Settings of the start; those that may change at run time are in `latest`.
  reload::latest latest;
  const wiring::addresses& where;
  net::io io;
  std::unique_ptr<caf::actor_system> system;
  caf::actor_system& sys;
  const registry::tree_node root; ///< The root of the tree.
  std::unique_ptr<asker> questions;
  fences::fence_table fence_table;
  quarantine::table quarantine_table;
  discord::identity who;
  const node_name own_name;                      ///< Stays the same across restarts.
  const std::string incarnation = random_hex(8); ///< Identifies the leases of this process.
  discord::server_clock discord_clock;
  ingress::admission admission; ///< Shared by gateway and webhook.
  net::http_client http;
  redis::link cache;
  redis::link queue_link;
  const discord::gateway::address_policy gateway_addresses;

  // Addresses that stay valid over restarts, in the order of the tree.
  postgres::handle pool;       ///< Connects as arrakis_app.
  postgres::handle relay_pool; ///< Connects as arrakis_relay, which sees only the outbox of all tenants.
  communities::handle community_store;
  manifests::handle manifests;
  deployments::handle deployments;
  reconciliations::handle reconciliations;
  job_ends::handle job_ends;
  member_roles::handle member_roles;
  audit::handle audit;
  outbox::handle outbox;
  quarantines::handle quarantines;
  drafts::handle drafts;
  conversations::handle conversations;
  wallets::handle wallets;
  profiles::handle profiles;
  redis::handle redis;
  std::map<std::string_view, queue::handle> queues; ///< By the name of the job_queue.
  signing_keys::handle signing_keys;
  signer::keyring::handle keyring;
  signer::handle signer;
  objects::handle objects;
  chain::handle chains;
  chain::reader::readers chain_readers;
  discord::budget::handle budget;
  discord::rest rest;
  discord::identity_port identity; ///< Null without a token.
  fence_log::handle fence_log;
  quarantine::handle quarantine;
  fences::handle fences;
  gate::handle gate;
  caf::actor communities;
  community::proxy community_proxy;
  guild::handle guilds;
  reconciler::handle reconciler;
  verdicts::handle verdicts;
  ingress::handle interactions;
  outbox_relay::handle relay;
  queue::processor processor;
  waiting_notice::handle waiting_notice;
  std::map<std::string_view, queue::worker> workers; ///< One for each queue.
  discord::gateway::session_store shard_sessions;
  leases::handle leases;
  discord::shards::gateway_plan::handle gateway_plans;
  commands::publisher publisher;
  discord::event_handler events;
  discord::shards::handle shards;
  readiness::handle readiness;

  services available; ///< Addresses of the tree, by type, for actors further below.

  bool has_role(std::string_view role) const { return wiring::has_role(settings, role); }
  bool has_token() const { return !settings.secret("discord.token").empty(); }
};

} // namespace arrakis::tree
