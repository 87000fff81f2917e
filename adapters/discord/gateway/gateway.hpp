#pragma once
// Actor of one gateway shard: connects the pure state machine (session.hpp) with a WebSocket.
#include "adapters/discord/gateway/address.hpp"
#include "adapters/discord/gateway/inflate.hpp"
#include "adapters/discord/gateway/messages.hpp"
#include "adapters/discord/gateway/ports.hpp"
#include "runtime/secret.hpp"

#include <caf/fwd.hpp>

namespace arrakis::discord::gateway {
/// Gateway intents: https://discord.com/developers/docs/events/gateway#gateway-intents. GUILD_MEMBERS is privileged.
constexpr uint64_t intent_guilds = 1 << 0, intent_guild_members = 1 << 1, intent_guild_moderation = 1 << 2;

/// Pacing of identifies for the shards of one process that share it: `max_concurrency` (session_start_limit of GET
/// /gateway/bot) identifies in 5 s, one for each value of shard % max_concurrency. Thread-safe.
identify_pacing local_pacing(int max_concurrency);
/// Remaining identifies: session_start_limit of GET /gateway/bot.
struct start_limit {
  int total = 1000;
  int remaining = 1000;
  milliseconds reset_after{0};
};
/// Wraps `inner` with the start limit: ec::throttled when no identify is left, until `reset_after` has passed since
/// `now`; then `total` are available again. Discord resets the token of a bot that exceeds the limit.
identify_pacing within_start_limit(identify_pacing inner, start_limit, time_point now);
/// Limit of unsettled input: above it the shard stops reading until half of it is settled.
constexpr size_t unread_bytes_max = 4 << 20;
/// Connector over the network: verified TLS, messages of at most 32 MiB.
connector network(net::io&, net::tls_client = {});

/// Settings of a shard.
struct options {
  secret token;             ///< Without "Bot ".
  url_source find_url;      ///< Called before each connection that does not resume.
  address_policy addresses; ///< Other addresses get no connection; the session is then resumed at `find_url`.
  int shard_id = 0;
  int shard_count = 1;
  uint64_t intents = intent_guilds | intent_guild_members | intent_guild_moderation;
  bool compressed = true; ///< zlib-stream.
  identify_pacing pacing; ///< Empty: local_pacing(1), for a process with one shard.
  session_store store;    ///< None: a restarted process identifies anew.
  session_limits limits;
  inflate_limits inflate;
  size_t in_flight_max =
    4096;                ///< Dispatches that the event handler works on; interactions above it are dropped and counted.
  size_t lag_max = 8192; ///< Dispatches that the event handler works on; above it reading pauses until half are done.
  activity_handler watcher;    ///< None: member activity is only counted.
  milliseconds effect{60'000}; ///< After it a dispatch that the event handler never settled counts as done.
};
/// Source that always gives `url`.
url_source fixed_url(std::string url);

/// Starts the shard. It sends dispatches to `to` as requests; an answer means that the effect is durable, and only
/// sequences up to it are stored. After a fatal close code it sends shard_stopped and stays idle. On an exit message it
/// saves its session, closes so that a successor can resume, and ends.
shard_with_roles start(caf::actor_system&, connector, options, event_handler to);
} // namespace arrakis::discord::gateway
