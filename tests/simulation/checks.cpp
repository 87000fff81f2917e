// Invariants, checked after each delivery, and the checks at the end.
#include "actors/guild/core/blueprint.hpp"
#include "tests/simulation/simulated_cluster.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;
constexpr auto obeyed_within = 1s; ///< P7.

std::string name_of(const test::fake_postgres::tenant& t, const test::fake_postgres::deployment& d) {
  return fmt::format("version {} of guild {}", d.version, t.row.guild.text());
}
} // namespace

void simulated_cluster::note_change(const test::fake_postgres::tenant& t, const test::fake_postgres::deployment& d,
                                    std::string_view what) {
  tell("{}: {} run {} of {}", name_of(t, d), what, d.run, d.holder);
  if (what == "submitted")
    for (const auto& other : t.work)
      if (&other != &d && (other.version == d.version || other.key == d.key))
        breaks(fmt::format("two deployments of one key: {}", name_of(t, d)));
  if (what == "completed" || what == "failed" || what == "cancelled") {
    ++ended;
    deployed += what == "completed";
    if (++ends_[fmt::format("{}/{}", d.id, d.attempt)] > 1)
      breaks(fmt::format("{} ended twice, now {}", name_of(t, d), what));
  }
}

void simulated_cluster::note_end(const test::fake_queue::item& i) {
  if (i.ends > i.takes - i.stalls)
    breaks(fmt::format("job {} ended {} times, and was handed out {} times less {} stalls", i.what.id, i.ends, i.takes,
                       i.stalls));
}

void simulated_cluster::arrived() {
  const auto most = static_cast<size_t>(budget.how.slots_max);
  arrivals_.push_back(now());
  if (arrivals_.size() > most) {
    if (arrivals_.back() - arrivals_.front() < 1s)
      breaks(fmt::format("more than {} requests arrived within a second", most));
    arrivals_.pop_front();
  }
}

void simulated_cluster::check_leaving(node& from, const simulated_guild& at, const net::http_request& r) {
  const auto what = r.method + " " + r.target + " of " + from.name;
  const auto* t = postgres.by_guild(at.id);
  if (!t)
    return breaks(what + ": a write to a guild that nobody deployed");
  int64_t fence = 0; // The fence that every node must know by now.
  for (const auto& o : at.orders)
    if (now() - o.at > obeyed_within) {
      fence = o.fence;
      if (&o == &at.orders.back() && o.status != "active")
        return breaks(what + ": an effect more than a second after the freeze");
    }
  const auto holder = std::ranges::find_if(
    t->work, [&](const auto& d) { return d.holder == from.name && d.lease_until_ms > postgres.now_ms(); });
  if (holder == t->work.end())
    return breaks(what + ": an effect without the lease");
  if (holder->fence < fence)
    breaks(what + ": an effect under an old fence");
}

/// After each delivery.
void simulated_cluster::check_invariants() {
  size_t closed = 0;
  for (const auto& o : postgres.rows)
    closed += o.closed;
  if (closed == rows_closed_)
    return;
  rows_closed_ = closed;
  for (const auto& o : postgres.rows) {
    if (!o.closed)
      continue;
    if (o.row.kind == "enqueue_job") {
      const auto* d = postgres.by_id(o.deployment);
      if (d && !d->over() && d->attempt == o.attempt)
        return breaks("the outbox row of a job was closed before its end: " + o.row.payload_json);
    } else if (!objects.bytes.contains(o.row.community.value)) {
      return breaks("the outbox row of a manifest was closed, and no object is there");
    }
  }
}

void simulated_cluster::check_tenant(const test::fake_postgres::tenant& t) {
  if (const auto chain = postgres.verify(t.row.id); !chain.whole)
    return breaks("the audit chain is not whole: " + chain.why);
  std::map<std::string, int> told;
  for (const auto& e : t.audit)
    ++told[e.event + " " + e.target];
  for (const auto& d : t.work) {
    const auto times = [&](const char* event) { return told[std::string{event} + " deployment:" + d.id]; };
    if (times("DEPLOYMENT_SUBMITTED") != 1 || times("DEPLOYMENT_RETRIED") != d.attempt
        || times("DEPLOYMENT_COMPLETED") != (d.state == "completed")
        || times("DEPLOYMENT_SUPERSEDED") != (d.state == "cancelled")
        || times("DEPLOYMENT_FAILED") != d.attempt + (d.state == "failed"))
      return breaks("the audit trail does not tell each event once: " + name_of(t, d));
    if (d.state == "failed" && (d.error_code.empty() || d.error_text.empty()))
      return breaks("failed without a reason: " + name_of(t, d));
    if (ends_[fmt::format("{}/{}", d.id, d.attempt)] != 1)
      return breaks("not ended exactly once: " + name_of(t, d));
    if (const auto of = objects.bytes.find(t.row.id.value);
        of == objects.bytes.end() || !of->second.contains(d.version))
      return breaks("no object of " + name_of(t, d));
  }
}

void simulated_cluster::check_guild(const test::fake_postgres::tenant& t, simulated_guild& at) {
  auto& guild = at.discord.guild;
  std::map<std::pair<std::string, std::string>, std::set<uint64_t>> known;
  for (const auto& d : t.work)
    for (const auto& r : d.done)
      known[{r.kind, r.resource}].insert(r.id.value);
  std::set<uint64_t> ours;
  for (const auto& [of, ids] : known) {
    ours.insert(ids.begin(), ids.end());
    if (ids.size() > 1)
      return breaks(fmt::format("{} {} of guild {} was made {} times", of.first, of.second, at.id.text(), ids.size()));
  }
  size_t strangers = 0;
  const auto before = [](const auto& list, snowflake id) {
    return std::ranges::any_of(list, [&](const auto& x) { return x.id == id; });
  };
  for (const auto& r : guild.roles)
    strangers += r.id != at.id && r.id != test::fake_discord::bot_role && !before(at.foreign_roles, r.id)
              && !ours.contains(r.id.value);
  for (const auto& c : guild.channels)
    strangers += !before(at.foreign_channels, c.id) && !ours.contains(c.id.value);
  if (strangers > t.intents.size())
    return breaks(fmt::format("guild {} has {} roles or channels of ours that nobody knows", at.id.text(), strangers));
  for (const auto& r : at.foreign_roles)
    if (!before(guild.roles, r.id) || at.discord.role(r.id).name != r.name
        || at.discord.role(r.id).permissions != r.permissions || at.discord.role(r.id).color != r.color)
      return breaks("a role that was there before us was touched: " + r.name);
  for (const auto& c : at.foreign_channels)
    if (!before(guild.channels, c.id) || at.discord.channel(c.id).name != c.name
        || at.discord.channel(c.id).overwrites != c.overwrites)
      return breaks("a channel that was there before us was touched: " + c.name);
  const auto& newest = t.work.back();
  if (newest.state != "completed")
    return;
  const auto want = read_manifest(t.versions.at(newest.version).canonical);
  blueprint::ids ids;
  for (const auto& e : t.applied.entries)
    ids[{e.kind, e.resource}] = e.id;
  for (const auto& r : blueprint::resources(*want)) {
    const auto f = blueprint::wanted(*want, r.key, ids, {at.id, test::fake_discord::bot});
    const auto id = ids[r.key];
    const bool role = r.key.kind == "role";
    if (!f || !(role ? before(guild.roles, id) : before(guild.channels, id)))
      return breaks(fmt::format("{} is completed without {}", name_of(t, newest), r.key.resource));
    const auto now_is = role ? blueprint::actual(at.discord.role(id)) : blueprint::actual(at.discord.channel(id));
    if (const auto differ = blueprint::differences(now_is, *f); !differ.empty())
      return breaks(
        fmt::format("{} is completed, and {} differs in {}", name_of(t, newest), r.key.resource, differ.front()));
  }
}

/// The reconciler, asked like an admin would, sees no drift.
void simulated_cluster::check_drift(simulated_guild& at) {
  auto* n = any_node();
  for (int i = 0; i < 1'000 && !n; ++i) {
    step();
    n = any_node();
  }
  std::optional<caf::expected<reconciler::drift_report>> said;
  as_actor([&, n](caf::event_based_actor* self) {
    self->request(n->reconciler, 60s, reconciler::drift{at.id, {now() + 60s}})
      .then([&](reconciler::drift_report& x) { said.emplace(std::move(x)); },
            [&](caf::error& e) { said.emplace(std::move(e)); });
  });
  while (!said && step()) {}
  if (!said || !*said)
    return breaks("the reconciler gave no answer: " + (said ? text_of(said->error()) : std::string{}));
  if (!(*said)->clean)
    breaks("the reconciler sees drift: " + ((*said)->lines.empty() ? std::string{} : (*said)->lines.front()));
}

void simulated_cluster::check_end() {
  for (const auto& [id, t] : postgres.tenants) {
    auto* at = guild_of(t.row.guild);
    check_tenant(t);
    if (broken.empty())
      check_guild(t, *at);
    if (broken.empty() && t.work.back().state == "completed")
      check_drift(*at);
    if (!broken.empty())
      return;
  }
}

} // namespace arrakis::simulation
