#include "tests/crash/check.hpp"

#include "adapters/queue/keys.hpp"
#include "adapters/queue/options.hpp"
#include "runtime/json.hpp"
#include "tests/system/records.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <set>

namespace arrakis::crash {
namespace js = boost::json;
using system_test::place;
namespace {
using findings = std::vector<finding>;

/// Names that the wizard's templates "simple" and "standard" use (config/templates): somebody else makes them first.
constexpr std::string_view tier_names[]{"Gold", "Silver", "Bronze"}, category_names[]{"COMMUNITY", "VIP"},
  text_names[]{"announcements", "general", "vip-chat"}, voice_names[]{"voice-lounge", "vip-voice"};
constexpr int text_type = 0, voice_type = 2, category_type = 4; // docs/resources/channel, "Channel Types".

void add(findings& out, finding::kind what, std::string text) { out.push_back({what, std::move(text)}); }

std::string of_guild(const place& at) {
  return fmt::format("community_id = (select id from communities where discord_guild_id = {})", at.guild);
}

/// Positions move when others are made beside; everything else of somebody else's is not ours to change.
js::object without_position(js::object o) {
  o.erase("position");
  return o;
}

void compare_records(findings& out, installation& inst, const place& at, const goal& g) {
  const auto said = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  for (auto& text : system_test::disagreements(inst.test_stack(), at)) {
    const bool lost = said(text, "not in the guild") || said(text, "does not name it");
    add(out, lost ? finding::lost : finding::wrong, std::move(text));
  }
  std::set<snowflake> known;
  for (const auto& id : inst.rows("select r ->> 'id' from shadow_states, json_array_elements(resources) r"
                                  " where status = 'applied' and "
                                  + of_guild(at)))
    known.insert(parse_snowflake(id).value_or(snowflake{}));
  const auto now = system_test::read_guild(inst.test_stack(), at);
  std::set<snowflake> extra;
  for (const auto id : now.made)
    if (!known.contains(id) && !g.deleted_by_hand.contains(id) && extra.insert(id).second)
      add(out, finding::doubled, fmt::format("the bot made {}, which is no resource of the manifest", id.text()));
}

void compare_foreign(findings& out, installation& inst, const place& at, const foreign& before) {
  const auto now = foreign_in(inst, at);
  for (const auto& [id, was] : before) {
    const auto found = now.find(id);
    const auto name = std::string{json::text_or(was, "name")};
    if (found == now.end())
      add(out, finding::wrong, fmt::format("foreign “{}” {} is gone", name, id));
    else if (without_position(found->second) != without_position(was))
      add(out, finding::wrong, fmt::format("foreign “{}” {} was touched", name, id));
  }
  for (const auto& [id, is] : now)
    if (!before.contains(id))
      add(out, finding::wrong, fmt::format("“{}” {} came from nobody knows where", json::text_or(is, "name"), id));
}

void count_rows(findings& out, installation& inst, const std::string& query, std::string_view what, size_t wanted) {
  const auto n = inst.rows(query).size();
  if (n != wanted)
    add(out, n < wanted ? finding::lost : finding::doubled, fmt::format("{}: {}, not {}", what, n, wanted));
}

void compare_tables(findings& out, installation& inst, const place& at, work of) {
  const auto mine = of_guild(at);
  const size_t applied = of == work::reconciliation ? 1 : 0, changed = of == work::role_change ? 1 : 0;
  count_rows(out, inst, "select id from reconciliations where " + mine, "reconciliations", applied);
  count_rows(out, inst, "select id from reconciliations where state = 'completed' and " + mine,
             "completed reconciliations", applied);
  count_rows(out, inst, "select id from communities where discord_guild_id = " + at.guild, "communities", 1);
  count_rows(out, inst, "select id from deployments where " + mine, "deployments", 1);
  count_rows(out, inst, "select id from deployments where state = 'completed' and " + mine, "completed deployments", 1);
  count_rows(out, inst, "select id from manifests where is_active and " + mine, "active manifests", 1);
  count_rows(out, inst, "select id from manifests where " + mine, "manifests", 1);
  count_rows(out, inst, "select id from shadow_states where status = 'applied' and " + mine, "shadow states", 1);
  for (const std::string kind : {"store_manifest", "enqueue_job"})
    count_rows(out, inst, fmt::format("select id from outbox where kind = '{}' and {}", kind, mine), "outbox " + kind,
               1 + (kind == "enqueue_job" ? applied + 2 * changed : 0));
  count_rows(out, inst, "select 1 from role_takings where state = 'counted' and " + mine, "counted takings", changed);
  for (const auto& kind : inst.rows("select kind from outbox where closed_at is null and " + mine))
    add(out, finding::lost, "outbox: " + kind + " is still open");
  for (const auto& name : inst.rows("select kind || ' ' || resource from deployment_intents where " + mine))
    add(out, finding::lost, "the create of " + name + " has no recorded end");
  for (const auto& text : inst.rows("select 'quarantine of ' || kind || ': ' || error from quarantines where " + mine))
    add(out, finding::wrong, text);
}

void compare_audit(findings& out, installation& inst, const place& at, work of) {
  std::vector<std::string> events{"DEPLOYMENT_SUBMITTED", "DEPLOYMENT_COMPLETED"};
  if (of == work::reconciliation)
    events.insert(events.end(), {"RECONCILIATION_REQUESTED", "RECONCILIATION_COMPLETED"});
  for (const auto& event : events)
    count_rows(out, inst, fmt::format("select hash from audit_entries where event = '{}' and {}", event, of_guild(at)),
               "audit entries " + event, 1);
  for (const auto& event : inst.rows(fmt::format("select event from audit_entries where event not in ('{}') and {}",
                                                 fmt::join(events, "', '"), of_guild(at))))
    add(out, finding::wrong, "audit entry " + event + ", of which nobody did anything");
}

/// The queues whose jobs the walk interrupts, by their names in Redis.
std::vector<queue::options> queues() {
  queue::options roles;
  roles.name = "{discord-roles}";
  return {{}, roles};
}

/// Each job that is not over, as "wait synth-...": read at one moment, since jobs move from list to list. None while
/// Redis does not answer.
std::optional<std::vector<std::string>> hanging(installation& inst) {
  constexpr auto script = R"lua(
    local out = {'read'}
    for i, key in ipairs(KEYS) do
      local ids = i <= 3 and redis.call('LRANGE', key, 0, -1) or redis.call('ZRANGE', key, 0, -1)
      for _, id in ipairs(ids) do out[#out + 1] = key:match('[^:]*$') .. ' ' .. id end
    end
    return out)lua";
  std::vector<std::string> all;
  for (const auto& named : queues()) {
    const queue::keys keys{named.prefix, named.name};
    const auto some = inst.redis({"EVAL", script, "6", keys.wait, keys.active, keys.paused, keys.delayed,
                                  keys.prioritized, keys.waiting_children});
    if (some.empty() || some.front() != "read")
      return std::nullopt;
    all.insert(all.end(), some.begin() + 1, some.end());
  }
  return all;
}

void compare_queue(findings& out, installation& inst) {
  const auto jobs = hanging(inst);
  if (!jobs)
    add(out, finding::wrong, "Redis does not answer");
  else
    for (const auto& job : *jobs)
      add(out, finding::lost, "a job hangs: " + job);
  for (const auto& named : queues()) {
    const queue::keys keys{named.prefix, named.name}, dead{named.prefix, named.name + named.dead_letter_suffix};
    for (const auto& id : inst.redis({"ZRANGE", keys.failed, "0", "-1"}))
      add(out, finding::wrong, fmt::format("job {} failed", id));
    for (const auto& id : inst.redis({"LRANGE", dead.wait, "0", "-1"}))
      add(out, finding::wrong, fmt::format("job {} lies with the dead letters", id));
  }
}

/// The owner has exactly the roles that the verdict says.
void compare_member(findings& out, installation& inst, const place& at, const goal& g) {
  const auto state = inst.test_stack().stack().sandbox("GET", "state?guild=" + at.guild);
  const auto& guild = state.as_object().at("guilds").as_array().at(0).as_object();
  for (const auto& each : guild.at("members").as_array())
    if (json::text_or(each.at("user").as_object(), "id") == at.owner)
      for (const auto& [role, wanted] : {std::pair{g.given, true}, {g.taken, false}}) {
        const auto& roles = each.at("roles").as_array();
        const bool has = std::ranges::find(roles, js::value(role.text())) != roles.end();
        if (has != wanted)
          add(out, wanted ? finding::lost : finding::wrong,
              fmt::format("the member {} the role {}", has ? "has" : "lacks", role.text()));
      }
}

bool queue_is_empty(installation& inst) {
  const auto jobs = hanging(inst);
  return jobs && jobs->empty();
}
} // namespace

std::string_view name_of(finding::kind what) {
  return what == finding::lost ? "lost" : what == finding::doubled ? "doubled" : "wrong";
}

void plant(installation& inst, const place& at) {
  const auto make = [&](const char* kind, js::object body) {
    inst.test_stack().rest_call(at.owner, "POST", fmt::format("/guilds/{}/{}", at.guild, kind), std::move(body));
  };
  for (const auto name : tier_names)
    make("roles", {{"name", name}});
  for (const auto name : category_names)
    make("channels", {{"name", name}, {"type", category_type}});
  for (const auto name : text_names)
    make("channels", {{"name", name}, {"type", text_type}});
  for (const auto name : voice_names)
    make("channels", {{"name", name}, {"type", voice_type}});
}

foreign foreign_in(installation& inst, const place& at) {
  const auto made = system_test::read_guild(inst.test_stack(), at).made;
  const auto state = inst.test_stack().stack().sandbox("GET", "state?guild=" + at.guild);
  const auto& guild = state.as_object().at("guilds").as_array().at(0).as_object();
  foreign out;
  for (const char* kind : {"roles", "channels"})
    for (const auto& each : guild.at(kind).as_array()) {
      const auto id = std::string{json::text_or(each.as_object(), "id")};
      if (std::ranges::find(made, *parse_snowflake(id)) == made.end())
        out[id] = each.as_object();
    }
  return out;
}

goal damage(installation& inst, const place& at) {
  const auto made = system_test::shadow_ids(inst.test_stack(), at);
  const auto role = made.at({"role", "role-silver"}), channel = made.at({"channel", "ch-vip-chat"});
  const auto roles = fmt::format("/guilds/{}/roles/", at.guild);
  inst.test_stack().rest_call(at.owner, "DELETE", roles + role.text());
  inst.test_stack().rest_call(at.owner, "DELETE", "/channels/" + channel.text());
  inst.test_stack().rest_call(at.owner, "PATCH", roles + made.at({"role", "role-gold"}).text(),
                              js::object{{"color", 1}});
  return {.of = work::reconciliation, .deleted_by_hand = {role, channel}, .given = {}, .taken = {}};
}

goal give_role(installation& inst, const place& at) {
  const auto made = system_test::shadow_ids(inst.test_stack(), at);
  goal g{.of = work::role_change,
         .deleted_by_hand = {},
         .given = made.at({"role", "role-gold"}),
         .taken = made.at({"role", "role-silver"})};
  inst.test_stack().rest_call(at.owner, "PUT",
                              fmt::format("/guilds/{}/members/{}/roles/{}", at.guild, at.owner, g.taken.text()));
  return g;
}

void record_verdict(installation& inst, const place& at, const goal& g) {
  inst.sql(fmt::format(
    "with c as (select id, fence from communities where discord_guild_id = {0}),"
    " p as (insert into profiles (community_id, discord_id, entitled, managed, verdict_id, judged_version,"
    "   judged_fence, next_check_at)"
    "  select c.id, {1}, '{{{2}}}', '{{{2},{3}}}', 1, m.version, c.fence, now() from c join manifests m"
    "   on m.community_id = c.id and m.is_active on conflict (community_id, discord_id) do update"
    "  set entitled = excluded.entitled, managed = excluded.managed, verdict_id = 1,"
    "   judged_version = excluded.judged_version, judged_fence = excluded.judged_fence,"
    "   next_check_at = excluded.next_check_at)"
    " insert into outbox (community_id, kind, job_kind, key, payload)"
    "  select c.id, 'enqueue_job', j.kind, 'role-1-' || j.role, json_build_object('id', 'role-1-' || j.role,"
    "   'name', j.kind, 'data', json_build_object('communityId', c.id, 'guildId', '{0}', 'userId', '{1}', 'roleId',"
    "   j.role, 'verdictId', 1))"
    "  from c, (values ('ASSIGN_ROLE', '{2}'), ('REMOVE_ROLE', '{3}')) as j (kind, role)"
    " on conflict (community_id, kind, key) do nothing",
    at.guild, at.owner, g.given.text(), g.taken.text()));
}

std::string state_of(installation& inst, const place& at, work of) {
  if (of == work::role_change)
    return inst.sql("select case count(*) when 0 then '' when count(done_at) then 'completed' else 'running' end"
                    " from outbox where job_kind in ('ASSIGN_ROLE', 'REMOVE_ROLE') and "
                    + of_guild(at));
  return inst.sql(of == work::deployment
                    ? "select state from deployments where " + of_guild(at) + " order by version desc limit 1"
                    : "select state from reconciliations where " + of_guild(at) + " order by created_at desc limit 1");
}

bool finished(installation& inst, const place& at, work of) {
  return state_of(inst, at, of) == "completed"
      && inst.sql("select count(*) from outbox where closed_at is null and " + of_guild(at)) == "0"
      && queue_is_empty(inst);
}

findings check(installation& inst, const place& at, const foreign& before, const goal& g) {
  findings out;
  compare_tables(out, inst, at, g.of);
  compare_audit(out, inst, at, g.of);
  compare_queue(out, inst);
  compare_foreign(out, inst, at, before);
  if (g.of == work::role_change)
    compare_member(out, inst, at, g);
  if (inst.sql("select count(*) from manifests where " + of_guild(at)) == "0")
    return out; // There is nothing to compare the guild with.
  try {
    compare_records(out, inst, at, g);
  } catch (const std::exception& e) {
    add(out, finding::wrong, std::string{"the records cannot be read: "} + e.what());
  }
  return out;
}

} // namespace arrakis::crash
