// Communities, manifests, outbox and audit; deployments lie in postgres_deployments.cpp.
#include "tests/support/fakes/postgres.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "runtime/json.hpp"
#include "runtime/unicode.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::test {

fake_postgres::tenant* fake_postgres::by_guild(snowflake guild) {
  for (auto& [id, t] : tenants)
    if (t.row.guild == guild)
      return &t;
  return nullptr;
}

std::string fake_postgres::fresh_id(uint64_t kind) {
  return fmt::format("{:08x}-0000-4000-8000-{:012x}", kind, ++ids_);
}

std::string fake_postgres::subject_of(tenant& t, snowflake user) {
  if (!user)
    return "system";
  auto& id = t.profiles[user.value];
  if (id.empty())
    id = fresh_id(0x5b);
  return id;
}

// --- Communities

caf::expected<communities::record> fake_postgres::set_status(const communities::set_status& m) {
  if (m.status != "active" && m.status != "frozen" && m.status != "deactivated")
    return fail(ec::invalid, "field 'status': active, frozen or deactivated");
  if (unicode::length(m.reason) > communities::reason_characters_max)
    return fail(ec::invalid, "field 'reason': at most 500 characters");
  const auto found = tenants.find(m.id.value);
  if (found == tenants.end())
    return fail(ec::not_found, "no community has the id " + m.id.value);
  auto& t = found->second;
  if (t.row.status == m.status)
    return t.row;
  const auto before = std::exchange(t.row.status, m.status);
  t.row.frozen_because = m.status == "frozen" ? m.reason : "";
  ++t.row.fence;
  log_fence(t);
  const auto* event = m.status == "active" ? "COMMUNITY_UNFROZEN"
                    : m.status == "frozen" ? "COMMUNITY_FROZEN"
                                           : "COMMUNITY_DEACTIVATED";
  const boost::json::object payload{
    {"reason", m.reason}, {"from", before}, {"to", t.row.status}, {"fence", t.row.fence}};
  if (auto made = append(m.id, event, m.actor, "community:" + m.id.value, json::print(payload)); !made)
    return made.error();
  return t.row;
}

void fake_postgres::log_fence(const tenant& t) {
  std::erase_if(fences, [&](const auto& e) { return e.second.subject == t.row.id.value; });
  const auto number = ++fences_number;
  fences[number] = {fence_log::scope::community, t.row.id.value, t.row.status, t.row.fence, number};
}

fence_log::changes fake_postgres::fence_changes(const fence_log::read& m) const {
  fence_log::changes news{.now = {fences_id, fences_number}};
  news.is_whole = m.since.log != fences_id || m.since.number > fences_number;
  for (auto e = fences.upper_bound(news.is_whole ? 0 : m.since.number); e != fences.end(); ++e)
    news.entries.push_back(e->second);
  return news;
}

// --- Manifests

caf::expected<manifests::record> fake_postgres::load(const manifests::load& m) {
  const auto found = tenants.find(m.community.value);
  if (found == tenants.end())
    return fail(ec::not_found, "no such community");
  const auto& t = found->second;
  const auto version = t.versions.find(m.version == 0 ? t.row.active_version : m.version);
  if (version == t.versions.end())
    return fail(ec::not_found, "there is no such version");
  auto result = version->second;
  result.active = result.version == t.row.active_version;
  return result;
}

manifests::shadow fake_postgres::shadow(const community_id& community) {
  manifests::shadow result{.community = community};
  const auto found = tenants.find(community.value);
  if (found == tenants.end())
    return result;
  result = found->second.applied;
  result.community = community;
  const auto applied = result.entries.size();
  for (const auto& d : found->second.work) {
    if (d.version <= result.version)
      continue;
    for (const auto& r : d.done) {
      const auto same = std::ranges::find_if(
        result.entries, [&](const auto& e) { return e.kind == r.kind && e.resource == r.resource; });
      if (same == result.entries.end())
        result.entries.push_back({r.kind, r.resource, r.id, r.fields_json});
      else if (same->id == r.id && same - result.entries.begin() < static_cast<std::ptrdiff_t>(applied))
        continue;
      else
        *same = {r.kind, r.resource, r.id, r.fields_json};
      result.status = "partial";
    }
  }
  return result;
}

// --- Outbox

void fake_postgres::owe(const tenant& t, const std::string& deployment, outbox::row what) {
  owed o;
  o.row = std::move(what);
  o.row.id = static_cast<int64_t>(rows.size()) + 1;
  o.row.community = t.row.id;
  o.deployment = deployment;
  o.due_ms = now_ms();
  rows.push_back(std::move(o));
}

void fake_postgres::close_job(const std::string& deployment) {
  for (auto& o : rows)
    if (o.deployment == deployment && o.row.kind == "enqueue_job")
      o.closed = true;
}

outbox::rows fake_postgres::due(const outbox::due& m) const {
  const auto now = now_ms();
  const auto late = [&](const owed& o) { return o.close_by_ms > 0 && o.close_by_ms <= now; };
  std::map<std::string, int64_t> taken, turn; // Of a tenant: of a kind, of a group.
  const auto of_kind = [](const owed& o) { return o.row.community.value + " " + o.row.kind + " " + o.row.job_kind; };
  const auto of_group = [](const owed& o, const outbox::share& s) { return o.row.community.value + "/" + s.group; };
  const auto share_of = [&](const owed& o) {
    return std::ranges::find_if(m.shares,
                                [&](const auto& s) { return s.kind == o.row.kind && s.job_kind == o.row.job_kind; });
  };
  for (const auto& o : rows)
    if (const auto s = share_of(o);
        s != m.shares.end() && !o.closed && o.row.sent_at_ms > 0 && (m.counts_overdue || !late(o))) {
      ++taken[of_kind(o)];
      ++taken[of_group(o, *s)];
    }
  std::vector<std::pair<int64_t, const owed*>> list;
  for (const auto& o : rows) {
    const auto s = share_of(o);
    const bool was_sent = o.row.sent_at_ms > 0;
    if (s == m.shares.end() || o.closed || o.due_ms > now)
      continue;
    if (!was_sent && (++taken[of_kind(o)] > s->per_tenant || ++taken[of_group(o, *s)] > s->group_per_tenant))
      continue;
    list.emplace_back(++turn[o.row.community.value], &o);
  }
  std::ranges::stable_sort(list, {}, [](const auto& x) { return x.first; });
  outbox::rows result;
  for (const auto& [place, o] : list)
    if (result.list.size() < m.count_max)
      result.list.emplace_back(o->row).is_overdue = late(*o);
  return result;
}

outbox::overdue_rows fake_postgres::report_overdue(const outbox::report_overdue& m) {
  outbox::overdue_rows result;
  for (auto& o : rows) {
    if (o.closed || o.close_by_ms == 0 || o.close_by_ms > now_ms())
      continue;
    const auto same = [&](const auto& c) { return c.kind == o.row.kind && c.job_kind == o.row.job_kind; };
    auto count = std::ranges::find_if(result.counts, same);
    if (count == result.counts.end())
      count = result.counts.insert(count, {o.row.kind, o.row.job_kind, 0});
    ++count->rows;
    if (o.reported || result.fresh.size() == m.count_max)
      continue;
    o.reported = true;
    result.fresh.push_back({o.row, {}, {}, o.error});
  }
  return result;
}

outbox::done fake_postgres::mark_sent(const outbox::mark_sent& m) {
  for (const auto id : m.ids)
    if (id >= 1 && id <= static_cast<int64_t>(rows.size())) {
      auto& o = rows[static_cast<size_t>(id - 1)];
      if (o.row.sent_at_ms == 0)
        o.close_by_ms = now_ms() + m.closes_within.count();
      o.row.sent_at_ms = now_ms();
      o.due_ms = now_ms() + m.look_up_after.count();
      o.row.queue = m.queue;
      o.row.attempts = 0;
      o.closed |= !on.outbox;
    }
  return {};
}

outbox::done fake_postgres::close(const outbox::close& m) {
  if (m.id >= 1 && m.id <= static_cast<int64_t>(rows.size()))
    rows[static_cast<size_t>(m.id - 1)].closed = true;
  return {};
}

outbox::done fake_postgres::postpone(const outbox::postpone& m) {
  if (m.id >= 1 && m.id <= static_cast<int64_t>(rows.size()))
    if (auto& o = rows[static_cast<size_t>(m.id - 1)]; !o.closed) {
      o.due_ms = now_ms() + m.wait.count();
      o.error = m.error;
      o.row.attempts = m.has_failed ? o.row.attempts + 1 : 0;
    }
  return {};
}

// --- Audit

caf::expected<audit::appended> fake_postgres::append(const community_id& community, std::string event,
                                                     std::string actor, std::string target,
                                                     const std::string& payload_json) {
  const auto found = tenants.find(community.value);
  if (found == tenants.end())
    return fail(ec::invalid, "no such community");
  auto& t = found->second;
  constexpr std::string_view person = "discord:";
  if (actor.starts_with(person)) {
    const auto user = parse_snowflake(actor.substr(person.size()));
    if (!user || !*user)
      return fail(ec::invalid, "field 'actor': 'discord:' is followed by a snowflake");
    actor = subject_of(t, *user);
  }
  entry e;
  // Without its lock the head is read as it was one entry ago.
  const auto size = t.audit.size() - (!on.audit && !t.audit.empty() ? 1 : 0);
  e.sequence = static_cast<int64_t>(size) + 1;
  e.at = iso8601(now_ms());
  e.previous = size == 0 ? audit::chain::trail_of(community).genesis : t.audit[size - 1].hash;
  e.hash = audit::chain::hash_of(e.sequence, e.at, {event, actor, target}, payload_json, e.previous);
  if (e.hash.empty())
    return fail(ec::invalid, "audit payload: no canonical form");
  e.event = std::move(event);
  e.actor = std::move(actor);
  e.target = std::move(target);
  e.payload_json = payload_json;
  t.audit.push_back(e);
  return audit::appended{e.sequence, e.hash};
}

audit::verified fake_postgres::verify(const community_id& community) const {
  const auto found = tenants.find(community.value);
  if (found == tenants.end())
    return {0, true, 0, {}};
  int64_t sequence = 0;
  auto hash = audit::chain::trail_of(community).genesis;
  for (const auto& e : found->second.audit) {
    if (e.sequence != sequence + 1 || e.previous != hash
        || audit::chain::hash_of(e.sequence, e.at, {e.event, e.actor, e.target}, e.payload_json, hash) != e.hash)
      return {sequence, false, sequence + 1, fmt::format("entry {} does not continue the chain", sequence + 1)};
    ++sequence;
    hash = e.hash;
  }
  return {sequence, true, 0, {}};
}

audit::listed fake_postgres::newest_entries(const audit::list& m) const {
  audit::listed out;
  const auto found = tenants.find(m.community.value);
  if (found == tenants.end())
    return out;
  const auto& all = found->second.audit;
  for (auto e = all.rbegin(); e != all.rend() && out.entries.size() < std::min(m.count_max, audit::entries_max); ++e)
    if (m.event.empty() || m.event == e->event)
      out.entries.push_back({e->sequence, e->at, e->event, e->actor, e->target, e->payload_json, e->hash});
  return out;
}

void fake_postgres::note(tenant& t, std::string event, std::string actor, const std::string& deployment,
                         boost::json::object payload) {
  (void)append(t.row.id, std::move(event), std::move(actor), "deployment:" + deployment,
               json::print(std::move(payload)));
}

} // namespace arrakis::test
