#include "apps/wiring/discord.hpp"

#include "actors/ingress/messages.hpp"
#include "adapters/discord/gateway/gateway.hpp"
#include "adapters/discord/gateway/session_store.hpp"
#include "adapters/discord/interactions/signed_endpoint.hpp"
#include "adapters/discord/pacing/pacing.hpp"
#include "adapters/discord/rest/rest.hpp"

#include <stdexcept>

namespace arrakis::wiring {

discord::budget::handle start_budget(caf::actor_system& sys, redis::handle redis, const config& settings) {
  return discord::budget::start(sys, std::move(redis),
                                {.slots_max = static_cast<int>(settings.integer("discord.budget_per_second"))});
}

discord::rest start_rest(caf::actor_system& sys, const config& settings, discord_link link,
                         discord::budget::handle budget) {
  discord::rest_options o;
  o.token = std::move(link.token);
  o.clock = &link.clock;
  o.token_refused = &link.token_refused;
  const auto& given = settings.text("discord.api_url");
  return discord::start(sys, std::move(o), discord::over(link.http, given.empty() ? "https://discord.com" : given),
                        std::move(budget));
}

discord::identity_port start_identity(caf::actor_system& sys, discord::rest rest, discord::identity& who,
                                      std::function<void(snowflake)> known) {
  return discord::start_identity(sys, std::move(rest), who, std::move(known));
}

discord::gateway::address_policy allowed_gateways(const config& settings) {
  auto policy = discord::gateway::address_policy::of(settings.text("discord.gateway_url"),
                                                     settings.text("discord.api_url"));
  if (!policy)
    throw std::runtime_error(text_of(policy.error())); // A supervisor would only try again.
  return std::move(*policy);
}

discord::gateway::session_store start_shard_sessions(caf::actor_system& sys, redis::handle redis) {
  return discord::gateway::start_redis_session_store(sys, std::move(redis));
}

discord::shards::gateway_plan::handle start_gateway_plan(caf::actor_system& sys, redis::handle redis,
                                                         discord::rest rest,
                                                         const discord::gateway::address_policy& addresses) {
  return discord::shards::gateway_plan::start(sys, std::move(redis), std::move(rest), addresses);
}

discord::shards::handle start_shards(caf::actor_system& sys, net::io& io, const config& settings, const secret& token,
                                     const discord::gateway::address_policy& addresses, leases::holder who,
                                     shard_ports from) {
  namespace gateway = discord::gateway;
  discord::shards::options o;
  o.gateway_url = settings.text("discord.gateway_url");
  o.shard_count = static_cast<int>(settings.integer("discord.shard_count"));
  o.who = std::move(who);
  discord::shards::ports to{from.plans, from.sessions, from.leases, from.events, from.rest};
  to.unavailable_answer = [](const interaction& what) {
    return ingress::error_answer(what, fail(ec::unavailable, "nobody holds the shard's lease"));
  };
  to.connector = gateway::network(io);
  to.pacing = [&sys, redis = from.redis](const discord::shards::plan& p) {
    return gateway::within_start_limit(
      discord::pacing::over_redis(sys, redis, {.max_concurrency = p.max_concurrency}),
      {.total = p.starts_total, .remaining = p.starts_left, .reset_after = p.starts_reset}, sys.clock().now());
  };
  to.start_shard = [&sys, &settings, token, addresses](discord::shards::connection x) {
    gateway::options shard;
    shard.token = token;
    shard.find_url = std::move(x.find_url);
    shard.addresses = addresses;
    shard.shard_id = x.shard;
    shard.shard_count = x.shard_count;
    shard.compressed = settings.boolean("discord.zlib");
    shard.pacing = std::move(x.pacing);
    shard.store = std::move(x.sessions);
    return gateway::start(sys, std::move(x.connector), std::move(shard), std::move(x.events));
  };
  return discord::shards::start(sys, std::move(o), std::move(to));
}

std::optional<api::webhook> make_webhook(const config& settings, const discord::server_clock& clock) {
  const auto& public_key = settings.text("discord.public_key");
  if (public_key.empty())
    return std::nullopt;
  discord::interactions::limits limits;
  limits.discord_now_ms = [&clock] { return clock.now_ms(std::chrono::steady_clock::now()); };
  const auto reader = std::make_shared<const discord::interactions::signed_endpoint>(public_key, std::move(limits));
  return api::webhook{[reader](const auto& head) { return reader->judge_head(head); },
                      [reader](const auto& request) { return reader->verify(request); },
                      [reader](const auto& request) { return reader->read(request); }, reader->body_bytes_max()};
}

} // namespace arrakis::wiring
