#include "schemas/permissions.hpp"
#include "tests/simulation/simulated_cluster.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;

net::http_response refusal(int status, int code, std::string_view message) {
  return {status, {}, fmt::format(R"({{"code":{},"message":"{}"}})", code, message)};
}

/// A version past the wizard: small, and different each time.
manifest variant(simulated_cluster& cluster) {
  auto m = test::sample_manifest();
  m.channels.resize(1 + cluster.below(3));
  for (auto& r : m.roles)
    r.color = static_cast<uint32_t>(cluster.below(0xFFFFFF));
  if (cluster.below(2))
    m.channels[0].name = "news-" + std::to_string(cluster.below(3));
  if (cluster.below(3) == 0)
    m.roles[1].name = "Argent";
  return m;
}
} // namespace

simulated_guild::simulated_guild(simulated_cluster& cluster, snowflake guild)
  : id(guild), discord(cluster.sim, guild), cluster_(cluster) {
  discord.ahead = cluster.skew();
  discord.audit_lag = cluster.below(3) == 0 ? cluster.between(0, 2'000) : 0ms;
  if (cluster.on.late_log)
    discord.audit_lag = 20s;
  // Resources that were there before: some have names that ours will have.
  for (const auto* name : {"Gold", "Elder"}) {
    guild::role r;
    r.id = discord.next_id();
    r.name = name;
    r.position = 1;
    discord.guild.roles.push_back(r);
    foreign_roles.push_back(r);
    discord.audit.push_back({test::fake_discord::owner, r.id, 30, ""});
  }
  for (const auto* name : {"general", "news"}) {
    guild::channel c;
    c.id = discord.next_id();
    c.name = name;
    discord.guild.channels.push_back(c);
    foreign_channels.push_back(c);
    discord.audit.push_back({test::fake_discord::owner, c.id, 10, ""});
  }
  for (auto& r : discord.guild.roles)
    if (r.id == test::fake_discord::bot_role)
      r.position = 3;
}

net::http_response simulated_guild::converse(const net::http_request& r) {
  const auto path = net::path_of(r.target).substr(std::string_view{"/api/v10"}.size());
  for (auto& [token, entry] : clicks) {
    auto& [c, who] = entry;
    if (path.find(token) == std::string::npos)
      continue;
    if (path.starts_with("/interactions/")) {
      if (c.acknowledged)
        return refusal(400, 40060, "Interaction has already been acknowledged.");
      if (cluster_.now() - c.made_at > 3s)
        return refusal(404, 10062, "Unknown interaction");
      c.acknowledged = true;
      const auto body = boost::json::parse(r.body).as_object();
      const auto* data = body.if_contains("data");
      who->sees(static_cast<int>(body.at("type").as_int64()), data ? boost::json::serialize(*data) : "");
      return {204, {}, ""};
    }
    if (!c.acknowledged)
      return refusal(404, 10015, "Unknown Webhook");
    who->sees(0, r.body);
    return {200, {}, R"({"id":"1"})"};
  }
  return refusal(404, 10015, "Unknown Webhook");
}

void simulated_guild::deploy_directly() {
  if (direct <= 0 || asking || cluster_.calm)
    return;
  --direct;
  asking = true;
  int64_t base = 0;
  if (const auto* t = cluster_.postgres.by_guild(id))
    for (const auto& d : t->work)
      if (d.state != "failed" && d.state != "cancelled")
        base = std::max(base, d.version);
  try_direct(std::make_shared<const manifest>(variant(cluster_)), "direct-" + std::to_string(++keys_), base, 0);
}

void simulated_guild::try_direct(std::shared_ptr<const manifest> wanted, std::string key, int64_t base, int tries) {
  auto* to = cluster_.any_node();
  const auto again = [=, this] {
    if (tries < 8)
      cluster_.after(cluster_.between(500, 2'000), [=, this] { try_direct(wanted, key, base, tries + 1); });
    else
      asking = false;
  };
  if (!to)
    return again();
  cluster_.as_actor([=, this](caf::event_based_actor* self) {
    community::deploy order;
    order.guild = id;
    order.admin = test::fake_discord::owner;
    order.wanted = wanted;
    order.key = key;
    order.base_version = base;
    order.until = {cluster_.now() + 10s};
    self->request(to->communities, 10s, order)
      .then(
        [=, this](const community::deployed& d) {
          if (!to->up())
            return again();
          const auto [place, is_new] = accepted_.try_emplace(key, d.deployment);
          if (!is_new && place->second != d.deployment)
            cluster_.breaks("one key was answered with two deployments");
          if (cluster_.chance(0.2) && tries < 8) // Asked once more, as by somebody who did not hear the answer.
            return again();
          asking = false;
        },
        [=, this](const caf::error& e) {
          switch (code_of(e)) {
            case ec::unknown:
            case ec::unavailable:
            case ec::timeout:
            case ec::busy: return again();
            default: asking = false;
          }
        });
  });
}

} // namespace arrakis::simulation
