#include "adapters/postgres/profiles/profiles.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <set>

namespace arrakis::profiles {
namespace {
namespace bj = boost::json;
using postgres::plain;
using postgres::refuse;

constexpr size_t id_bytes_max = 200; // Of a tier or rule; the manifest's own limit is lower.

/// PostgreSQL's text of an array of snowflakes, sorted.
std::string array_of(std::vector<snowflake> ids) {
  std::ranges::sort(ids);
  std::string text;
  for (const auto id : ids)
    text += (text.empty() ? "" : ",") + id.text();
  return "{" + text + "}";
}

std::vector<snowflake> snowflakes_in(const std::string& comma_separated) {
  std::vector<snowflake> ids;
  for (size_t at = 0; at < comma_separated.size();) {
    const auto end = std::min(comma_separated.find(',', at), comma_separated.size());
    const auto id = parse_snowflake(std::string_view{comma_separated}.substr(at, end - at));
    if (!id)
      refuse(ec::corrupt, "a stored profile: its roles are no snowflakes");
    ids.push_back(*id);
    at = end + 1;
  }
  return ids;
}

std::optional<uint256> amount_in(const pqxx::field& decimal) {
  if (decimal.is_null())
    return std::nullopt;
  const auto amount = parse_uint256(decimal.as<std::string>());
  if (!amount)
    refuse(ec::corrupt, "a stored profile: its amount has more than 256 bits");
  return amount;
}

void check_changes(const record& m) {
  if (m.changes.size() > changes_max)
    refuse(ec::invalid, fmt::format("field 'changes': at most {}", changes_max));
  std::set<snowflake> entitled{m.entitled.begin(), m.entitled.end()}, seen;
  const std::set<snowflake> managed{m.managed.begin(), m.managed.end()};
  if (!std::ranges::includes(managed, entitled))
    refuse(ec::invalid, "field 'managed': it holds each role that the member is to have");
  for (const auto& c : m.changes) {
    if (!c.role || !seen.insert(c.role).second)
      refuse(ec::invalid, "field 'changes': each role once, by its snowflake");
    if (entitled.contains(c.role) != (c.what == change::give))
      refuse(ec::invalid, "field 'entitled': it holds each role that is given, and none that is taken");
    if (!managed.contains(c.role))
      refuse(ec::invalid, "field 'managed': it holds each role that changes");
    if (c.because.size() > id_bytes_max)
      refuse(ec::invalid, fmt::format("field 'changes': 'because' has at most {} bytes", id_bytes_max));
    plain(c.because, "changes");
  }
}

void check(const record& m) {
  if (!m.member)
    refuse(ec::invalid, "field 'member': a snowflake");
  if (m.verdict.size() > verdict_bytes_max)
    refuse(ec::invalid, fmt::format("field 'verdict': at most {} bytes", verdict_bytes_max));
  if (const auto parsed = json::parse(m.verdict); !parsed || !parsed->is_object())
    refuse(ec::invalid, "field 'verdict': an object of JSON");
  if (m.trigger.empty() || m.trigger.size() > 100)
    refuse(ec::invalid, "field 'trigger': 1 to 100 bytes");
  if (m.tier && (m.tier->empty() || m.tier->size() > id_bytes_max))
    refuse(ec::invalid, fmt::format("field 'tier': 1 to {} bytes", id_bytes_max));
  if (m.entitled.size() > entitled_max)
    refuse(ec::invalid, fmt::format("field 'entitled': at most {}", entitled_max));
  if (m.managed.size() > managed_max)
    refuse(ec::invalid, fmt::format("field 'managed': at most {}", managed_max));
  if (m.next_check.count() < 0)
    refuse(ec::invalid, "field 'next_check': not before now");
  if (m.asset.empty() || m.asset.size() > id_bytes_max)
    refuse(ec::invalid, fmt::format("field 'asset': 1 to {} bytes", id_bytes_max));
  plain(m.asset, "asset");
  plain(m.trigger, "trigger");
  plain(m.tier.value_or(""), "tier");
  check_changes(m);
}

/// Locks the community. Refuses a verdict whose ground has changed.
void check_ground(pqxx::transaction_base& tx, const record& m) {
  const auto community = postgres::guild_work::lock_community(tx, m.community);
  if (!community)
    refuse(ec::not_found, "no such community");
  postgres::guild_work::refuse_idle(*community);
  if (community->fence != m.fence)
    refuse(ec::stale, "the community was frozen since the judging began: judge again");
  if (community->guild != m.guild)
    refuse(ec::stale, "the community belongs to another guild: judge again");
  if (tx.exec_params("select from manifests where community_id = $1 and version = $2 and is_active", m.community.value,
                     m.manifest_version)
        .empty())
    refuse(ec::stale, fmt::format("version {} is not the active one: judge again", m.manifest_version));
}

/// A member's profile before this verdict.
struct former {
  std::string id;
  std::string tier; ///< Empty: none.
};
/// Creates the profile when it is missing. Refuses a verdict that does not follow the newest one.
former lock_profile(pqxx::transaction_base& tx, const record& m) {
  const auto row = tx.exec_params1("insert into profiles (community_id, discord_id) values ($1, $2)"
                                   " on conflict (community_id, discord_id) do update set updated_at = now()"
                                   " returning id, coalesce(verdict_id, 0), coalesce(tier, '')",
                                   m.community.value, m.member.value);
  if (row[1].as<int64_t>() != m.former_verdict)
    refuse(ec::stale, "another verdict about this member was recorded meanwhile: judge again");
  return {row[0].as<std::string>(), row[2].as<std::string>()};
}

int64_t store_verdict(pqxx::transaction_base& tx, const record& m, const std::string& profile) {
  const auto id = tx.exec_params1("insert into verdicts (community_id, profile_id, manifest_version, trigger, content)"
                                  " values ($1, $2, $3, $4, $5) returning id",
                                  m.community.value, profile, m.manifest_version, m.trigger, m.verdict)[0]
                    .as<int64_t>();
  tx.exec_params("delete from verdicts where community_id = $1 and profile_id = $2 and id < (select id from verdicts"
                 " where community_id = $1 and profile_id = $2 order by id desc offset $3 limit 1)",
                 m.community.value, profile, static_cast<int64_t>(verdicts_max - 1));
  return id;
}

void update_profile(pqxx::transaction_base& tx, const record& m, const std::string& profile, int64_t verdict) {
  const auto amount = m.amount ? to_decimal(*m.amount) : std::string{};
  std::vector<snowflake> changed;
  for (const auto& c : m.changes)
    changed.push_back(c.role);
  tx.exec_params(
    "update profiles set tier = nullif($3, ''), amount = coalesce(nullif($4, '')::numeric, amount),"
    " amount_asset = case when $4 = '' then amount_asset else $8 end,"
    " unsettled = array(select r from unnest(unsettled) r where r = any ($9::bigint[]) and r <> all ($12::bigint[])"
    "  union select unnest($13::bigint[]) order by 1),"
    " entitled = $5, managed = $9, verdict_id = $6, judged_version = $10, judged_fence = $11,"
    " updated_at = now(), next_check_at = clock_timestamp() + $7::bigint * interval '1 second'"
    " where community_id = $1 and id = $2",
    m.community.value, profile, m.tier.value_or(""), amount, array_of(m.entitled), verdict, m.next_check.count(),
    m.asset, array_of(m.managed), m.manifest_version, m.fence, array_of(m.settled), array_of(changed));
}

/// The ids have a random part: after a restore of PostgreSQL numbers of verdicts come again, and Redis still knows the
/// jobs that ended under the former ones.
void owe_changes(pqxx::transaction_base& tx, const record& m, int64_t verdict) {
  for (const auto& c : m.changes) {
    bj::object data{{"communityId", m.community.value},
                    {"guildId", m.guild.text()},
                    {"userId", m.member.text()},
                    {"roleId", c.role.text()},
                    {"verdictId", verdict}};
    if (!c.because.empty())
      data["because"] = c.because;
    if (!m.trace.empty())
      data["trace"] = plain(m.trace, "trace");
    outbox::owe_job(tx, m.community,
                    {c.what == change::give ? "ASSIGN_ROLE" : "REMOVE_ROLE",
                     fmt::format("role-{}-{}-{}", verdict, c.role.value,
                                 tx.exec_params1("select gen_random_uuid()")[0].as<std::string>()),
                     std::move(data)});
  }
}

/// Verdicts that change nothing leave no entry: a sweep judges every member anew several times a day.
void note(pqxx::transaction_base& tx, const record& m, const former& before, int64_t verdict) {
  const auto tier = m.tier.value_or("");
  if (m.changes.empty() && tier == before.tier)
    return;
  bj::array given, taken;
  for (const auto& c : m.changes)
    (c.what == change::give ? given : taken).push_back(bj::object{{"role", c.role.text()}, {"because", c.because}});
  audit::chain::append(tx, m.community, {"MEMBER_JUDGED", m.actor, "profile:" + before.id},
                       bj::object{{"verdict", verdict},
                                  {"version", m.manifest_version},
                                  {"trigger", m.trigger},
                                  {"tier", tier},
                                  {"formerTier", before.tier},
                                  {"given", std::move(given)},
                                  {"taken", std::move(taken)}});
}

recorded store(pqxx::transaction_base& tx, const record& m) {
  check(m);
  check_ground(tx, m);
  const auto before = lock_profile(tx, m);
  const auto verdict = store_verdict(tx, m, before.id);
  update_profile(tx, m, before.id, verdict);
  owe_changes(tx, m, verdict);
  note(tx, m, before, verdict);
  return {verdict};
}

found read_profile(pqxx::transaction_base& tx, const find& m) {
  const auto rows = tx.exec_params(
    "select p.tier, p.amount, array_to_string(p.entitled, ',') as entitled, array_to_string(p.unsettled, ',') as "
    "unsettled, v.id, v.content::text as content, "
    "v.trigger,"
    " (extract(epoch from v.judged_at) * 1000)::bigint as judged,"
    " (extract(epoch from p.next_check_at) * 1000)::bigint as next_check"
    " from profiles p join verdicts v on v.community_id = p.community_id and v.id = p.verdict_id"
    " where p.community_id = $1 and p.discord_id = $2",
    m.community.value, m.member.value);
  if (rows.empty())
    return {};
  const auto r = rows[0];
  profile what{.amount = amount_in(r["amount"]),
               .entitled = snowflakes_in(r["entitled"].as<std::string>()),
               .unsettled = snowflakes_in(r["unsettled"].as<std::string>()),
               .verdict_id = r["id"].as<int64_t>(),
               .verdict = r["content"].as<std::string>(),
               .trigger = r["trigger"].as<std::string>(),
               .judged_at_ms = r["judged"].as<int64_t>(),
               .next_check_at_ms = r["next_check"].as<int64_t>()};
  if (!r["tier"].is_null())
    what.tier = r["tier"].as<std::string>();
  return {std::move(what)};
}

judged_before read_history(pqxx::transaction_base& tx, const history& m) {
  judged_before result;
  for (const auto& r : tx.exec_params(
         "select v.id, v.manifest_version, v.trigger, v.content::text, (extract(epoch from v.judged_at) * 1000)::bigint"
         " from verdicts v join profiles p on p.community_id = v.community_id and p.id = v.profile_id"
         " where p.community_id = $1 and p.discord_id = $2 order by v.id desc limit $3",
         m.community.value, m.member.value, static_cast<int64_t>(std::min(m.count_max, verdicts_max))))
    result.newest_first.push_back(
      {r[0].as<int64_t>(), r[1].as<int64_t>(), r[2].as<std::string>(), r[3].as<std::string>(), r[4].as<int64_t>()});
  return result;
}

ranked rank_of(pqxx::transaction_base& tx, const rank& m) {
  const auto row = tx.exec_params1("select 1 + count(*) filter (where amount > $3::numeric), 1 + count(*) from profiles"
                                   " where community_id = $1 and amount > 0 and amount_asset = $4"
                                   " and discord_id is distinct from $2",
                                   m.community.value, m.member.value, to_decimal(m.amount), m.asset);
  return {row[0].as<int64_t>(), row[1].as<int64_t>()};
}

struct state {
  state() = default;
  static inline const char* name = "profiles";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    postgres::transact<record>(self, "profiles.record", store),
    postgres::transact<find>(self, "profiles.find", read_profile),
    postgres::transact<history>(self, "profiles.history", read_history),
    postgres::transact<rank>(self, "profiles.rank", rank_of),
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"profiles"}, behavior, std::move(pool));
}
} // namespace arrakis::profiles
