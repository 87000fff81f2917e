// The transactions of adapters/postgres/deployments, verb by verb.
#include "runtime/json.hpp"
#include "tests/support/fakes/postgres.hpp"
#include "tests/support/fakes/snowflakes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::test {
using namespace deployments;

namespace {
std::string job_of(const fake_postgres::deployment& d) {
  return "synth-" + d.id + (d.attempt > 0 ? "-" + std::to_string(d.attempt) : "");
}
submitted answer_of(const fake_postgres::deployment& d, bool repeated) {
  return {d.id, d.community, d.version, job_of(d), repeated};
}
conversation conversation_of(const fake_postgres::deployment& d, int64_t now_ms) {
  conversation c{.application = d.application};
  if (d.token_until_ms <= now_ms)
    return c;
  c.interaction_token = d.token;
  c.token_life = std::chrono::milliseconds{d.token_until_ms - now_ms};
  return c;
}
std::string nothing_of(int64_t version) {
  return version == 0 ? "nothing was deployed yet" : fmt::format("there is no deployment of version {}", version);
}
} // namespace

fake_postgres::deployment* fake_postgres::by_id(const std::string& id) {
  const auto home = homes_.find(id);
  if (home == homes_.end())
    return nullptr;
  for (auto& d : tenants.at(home->second.first).work)
    if (d.id == id)
      return &d;
  return nullptr;
}

caf::expected<fake_postgres::place> fake_postgres::find(const key& of) {
  const auto t = tenants.find(of.community.value);
  if (t != tenants.end())
    for (auto& d : t->second.work)
      if (d.id == of.id)
        return place{&t->second, &d};
  return fail(ec::not_found, "no such deployment");
}

caf::expected<fake_postgres::place> fake_postgres::held(const key& of) {
  auto at = find(of);
  if (at && on.leases && (at->what->run != of.run || at->what->holder.empty()))
    return fail(ec::stale, fmt::format("run {} of the deployment is over; now: {}, run {}", of.run, at->what->state,
                                       at->what->run));
  return at;
}

void fake_postgres::owe_job(const tenant& t, const deployment& d, const std::string& trace) {
  boost::json::object data{{"communityId", t.row.id.value}, {"version", d.version}, {"deployment", d.id}};
  if (!trace.empty())
    data["trace"] = trace;
  owe(t, d.id,
      {.kind = "enqueue_job",
       .payload_json = json::print(boost::json::object{{"data", std::move(data)}}),
       .job_kind = "SYNTHESIZE_COMMUNITY",
       .key = job_of(d)});
  rows.back().attempt = d.attempt;
}

caf::expected<prepared> fake_postgres::prepare(const deployments::prepare& m) {
  const auto* t = by_guild(m.guild);
  if (!t)
    return prepared{.community = {random_uuid()}};
  const auto last = t->versions.empty() ? int64_t{0} : t->versions.rbegin()->first;
  return prepared{t->row.id, true, t->row.status, last + 1, last == 0 ? "" : t->versions.rbegin()->second.sha256};
}

caf::expected<submitted> fake_postgres::submit(const deployments::submit& m) {
  if (m.key.empty() || m.key.size() > 200 || !parse_community_id(m.community.value) || !m.guild)
    return fail(ec::invalid, "fields 'key', 'community', 'guild'");
  auto* t = by_guild(m.guild);
  const bool is_new = !t;
  if (is_new && tenants.contains(m.community.value))
    return fail(ec::conflict, "this community belongs to another guild");
  if (t && on.keys)
    for (const auto& d : t->work)
      if (d.key == m.key)
        return answer_of(d, true);
  if (t && t->row.id != m.community)
    return fail(ec::conflict, "this guild is already connected to a community");
  int64_t standing = 0;
  for (const auto& d : t ? t->work : std::vector<deployment>{})
    if (d.state != "failed" && d.state != "cancelled")
      standing = std::max(standing, d.version);
  if (on.keys && m.base_version && standing != *m.base_version)
    return fail(ec::stale, fmt::format("This plan was made from version {}, and version {} was deployed since.",
                                       *m.base_version, standing));
  if (t && t->row.status == "frozen")
    return fail(ec::frozen, "the community is frozen");
  const auto last = !t || t->versions.empty() ? manifests::record{} : t->versions.rbegin()->second;
  if (on.keys && (m.manifest.version != last.version + 1 || m.manifest.previous_sha256 != last.sha256))
    return fail(ec::conflict,
                fmt::format("version {} does not follow version {}: prepare again", m.manifest.version, last.version));
  if (is_new) {
    t = &tenants[m.community.value];
    t->row = {m.community, m.community_name, m.theme_id, m.guild, "active", 0, 0};
  }
  t->row.name = m.community_name;
  t->row.theme_id = m.theme_id;
  if (std::exchange(t->row.status, "active") != "active") {
    ++t->row.fence;
    log_fence(*t);
  }
  const auto subject = subject_of(*t, m.admin);
  auto stored = m.manifest;
  if (stored.created_by.empty())
    stored.created_by = subject;
  t->versions[stored.version] = stored;
  deployment d;
  d.id = fresh_id(0xde);
  d.key = m.key;
  d.community = m.community;
  d.version = m.manifest.version;
  d.application = m.application;
  d.token = m.token_life.count() > 0 ? m.interaction_token : secret{};
  d.token_until_ms = now_ms() + m.token_life.count();
  d.owed_since_ms = d.updated_ms = now_ms();
  homes_[d.id] = {m.community.value, d.version};
  t->work.push_back(d);
  owe(*t, d.id,
      {.kind = "store_manifest",
       .payload_json = json::print(boost::json::object{{"version", d.version}}),
       .key = fmt::format("v{}", d.version)});
  owe_job(*t, d, m.trace);
  note(*t, "DEPLOYMENT_SUBMITTED", subject, d.id,
       {{"version", d.version}, {"sha256", stored.sha256}, {"job", job_of(d)}});
  changed(*t, t->work.back(), "submitted");
  return answer_of(d, false);
}

caf::expected<submitted> fake_postgres::retry(const deployments::retry& m) {
  const auto found = tenants.find(m.community.value);
  if (found == tenants.end() || found->second.work.empty())
    return fail(ec::not_found, nothing_of(m.version));
  auto& t = found->second;
  auto* d = &t.work.back();
  if (m.version != 0) {
    const auto same = std::ranges::find_if(t.work, [&](const auto& x) { return x.version == m.version; });
    if (same == t.work.end())
      return fail(ec::not_found, nothing_of(m.version));
    d = &*same;
  }
  if (t.row.status != "active")
    return fail(ec::frozen, "the community is " + t.row.status);
  if (d->state == "completed" || d->state == "cancelled")
    return fail(ec::refused, "the deployment is " + d->state);
  if (d->state != "failed")
    return fail(ec::conflict, "the deployment is under way: " + d->state);
  if (d != &t.work.back())
    return fail(ec::refused, "a newer version exists: deploy that one");
  d->state = "pending";
  ++d->attempt;
  d->error_code.clear();
  d->error_text.clear();
  if (m.application)
    d->application = m.application;
  d->token = m.token_life.count() > 0 ? m.interaction_token : secret{};
  d->token_until_ms = now_ms() + m.token_life.count();
  d->owed_since_ms = d->updated_ms = now_ms();
  owe_job(t, *d, m.trace);
  note(t, "DEPLOYMENT_RETRIED", m.actor, d->id, {{"version", d->version}, {"job", job_of(*d)}});
  changed(t, *d, "retried");
  return answer_of(*d, false);
}

caf::expected<followed> fake_postgres::follow(const deployments::follow& m) {
  auto at = find({m.community, m.deployment});
  if (!at || at->what->over())
    return followed{};
  auto& d = *at->what;
  if (m.newest.application)
    d.application = m.newest.application;
  if (!m.newest.interaction_token.empty() && m.newest.token_life.count() > 0) {
    d.token = m.newest.interaction_token;
    d.token_until_ms = now_ms() + m.newest.token_life.count();
  }
  return followed{true};
}

caf::expected<status_of> fake_postgres::status(const deployments::status& m) {
  const auto found = tenants.find(m.community.value);
  if (found != tenants.end())
    for (auto d = found->second.work.rbegin(); d != found->second.work.rend(); ++d)
      if (m.version == 0 || d->version == m.version) {
        status_of now{d->id,         d->version,     d->state,     d->error_code,
                      d->error_text, d->done.size(), d->left_over, iso8601(d->updated_ms)};
        now.job = job_of(*d);
        now.has_worker = !d->holder.empty() && d->lease_until_ms > now_ms();
        now.status = found->second.row.status;
        now.frozen_because = found->second.row.frozen_because;
        return now;
      }
  return fail(ec::not_found, nothing_of(m.version));
}

void fake_postgres::cancel(tenant& t, deployment& d, int64_t by) {
  d.state = "cancelled";
  d.error_code = "SUPERSEDED";
  d.error_text = fmt::format("version {} was completed before", by);
  ++d.run;
  d.holder.clear();
  d.token = {};
  d.updated_ms = now_ms();
  close_job(d.id);
  note(t, "DEPLOYMENT_SUPERSEDED", "system", d.id, {{"by", by}});
  changed(t, d, "cancelled");
}

caf::expected<claimed> fake_postgres::claim(const deployments::claim& m) {
  const auto found = tenants.find(m.community.value);
  auto* t = found == tenants.end() ? nullptr : &found->second;
  const auto same = t ? std::ranges::find_if(t->work, [&](const auto& x) { return x.version == m.version; })
                      : std::vector<deployment>::iterator{};
  if (!t || same == t->work.end())
    return fail(ec::not_found, nothing_of(m.version));
  auto& d = *same;
  const auto now = now_ms();
  claimed result{.deployment = d.id,
                 .state = d.state,
                 .fence = t->row.fence,
                 .fences_as_of = fences_number,
                 .guild = t->row.guild,
                 .application = d.application,
                 .error = d.error_text};
  if (d.over())
    return result;
  int64_t passed_by = 0;
  for (const auto& other : t->work)
    if (other.version > d.version && other.state == "completed")
      passed_by = other.version;
  if (passed_by > 0) {
    cancel(*t, d, passed_by);
    result.state = "cancelled";
    return result;
  }
  if (t->row.status != "active")
    return fail(ec::frozen, "the community is " + t->row.status);
  if (on.leases && !d.holder.empty() && d.holder != m.worker && d.lease_until_ms > now)
    return fail(ec::busy, "another worker has the lease");
  for (auto& other : t->work) {
    if (&other == &d || other.holder.empty() || !on.leases)
      continue;
    if (other.lease_until_ms > now)
      return fail(ec::busy, fmt::format("version {} is being deployed", other.version));
    other.state = "waiting";
    ++other.run;
    other.holder.clear();
  }
  d.state = result.state = "running";
  result.run = ++d.run;
  result.owed_for = std::chrono::milliseconds{now - d.owed_since_ms};
  d.holder = m.worker;
  d.lease_until_ms = now + m.lease.count();
  d.fence = t->row.fence;
  d.updated_ms = now;
  if (d.token_until_ms <= now)
    d.token = {};
  result.error.clear();
  result.interaction_token = d.token;
  result.token_life = conversation_of(d, now).token_life;
  result.done = d.done;
  for (auto& [of, i] : t->intents) {
    i.deployment = d.id;
    result.open.push_back(i.what);
  }
  changed(*t, d, "claimed");
  return result;
}

caf::expected<conversation> fake_postgres::renew(const deployments::renew& m) {
  auto at = held(m.of);
  if (!at)
    return at.error();
  at->what->lease_until_ms = now_ms() + m.lease.count();
  return conversation_of(*at->what, now_ms());
}

caf::expected<intent> fake_postgres::record_intent(const deployments::record_intent& m) {
  auto at = held(m.of);
  if (!at)
    return at.error();
  if (on.fences && at->of->row.status != "active")
    return fail(ec::frozen, "the community is " + at->of->row.status);
  if (on.fences && m.fence && *m.fence != at->of->row.fence)
    return fail(ec::frozen, "the community was frozen since this work began");
  const auto newest = on.ids ? m.newest_seen : snowflake_at(wall_ms());
  const auto place = at->of->intents.try_emplace({m.kind, m.resource},
                                                 open_intent{{m.kind, m.resource, m.nonce, newest}, m.of.id});
  auto& kept = place.first->second.what;
  kept.fields_json = m.fields_json;
  return kept;
}

caf::expected<done> fake_postgres::checkpoint(const deployments::checkpoint& m) {
  auto at = held(m.of);
  if (!at)
    return at.error();
  if (!json::parse(m.what.fields_json))
    return fail(ec::invalid, "fields of " + m.what.resource);
  auto& list = at->what->done;
  std::erase_if(list, [&](const auto& x) { return x.kind == m.what.kind && x.resource == m.what.resource; });
  list.push_back(m.what);
  at->of->intents.erase({m.what.kind, m.what.resource});
  return done{};
}

caf::expected<conversation> fake_postgres::complete(const deployments::complete& m) {
  if (auto before = find(m.of); before && before->what->state == "completed" && before->what->run == m.of.run)
    return conversation{};
  auto at = held(m.of);
  if (!at)
    return at.error();
  auto& [t, d] = *at;
  auto last = conversation_of(*d, now_ms());
  if (m.version != d->version)
    return fail(ec::invalid, fmt::format("the deployment is of version {}, not {}", d->version, m.version));
  t->applied = {t->row.id, d->version, "applied", m.shadow};
  t->row.active_version = d->version;
  d->state = "completed";
  d->holder.clear();
  d->left_over = m.left_over;
  d->token = {};
  d->error_code.clear();
  d->error_text.clear();
  d->updated_ms = now_ms();
  for (const auto& e : m.shadow) // Those of what an earlier version began and this one does not have stay open.
    t->intents.erase({e.kind, e.resource});
  close_job(d->id);
  note(*t, "DEPLOYMENT_COMPLETED", "system", d->id,
       {{"version", d->version}, {"resources", m.shadow.size()}, {"leftOver", m.left_over.size()}});
  changed(*t, *d, "completed");
  for (auto& other : t->work)
    if (other.version < d->version && !other.over())
      cancel(*t, other, d->version);
  return last;
}

caf::expected<conversation> fake_postgres::abandon(const deployments::abandon& m) {
  const std::string state = m.final_state ? "failed" : "waiting";
  if (auto before = find(m.of); before && before->what->state == state && before->what->run == m.of.run)
    return conversation{};
  auto at = held(m.of);
  if (!at)
    return at.error();
  auto& [t, d] = *at;
  auto last = conversation_of(*d, now_ms());
  d->state = state;
  d->error_code = m.error_code;
  d->error_text = m.error_text;
  d->holder.clear();
  d->updated_ms = now_ms();
  if (m.final_state) {
    d->token = {};
    close_job(d->id);
    note(*t, "DEPLOYMENT_FAILED", "system", d->id, {{"version", d->version}, {"code", m.error_code}});
  }
  changed(*t, *d, state);
  return last;
}

} // namespace arrakis::test
