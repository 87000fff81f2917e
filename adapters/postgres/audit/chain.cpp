#include "adapters/postgres/audit/chain.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::audit::chain {
namespace {
std::string hash(int64_t sequence, std::string_view at, const entry& e, const boost::json::value& payload,
                 std::string_view previous) {
  const auto bytes = canonical_json(boost::json::object{{"seq", sequence},
                                                        {"at", at},
                                                        {"event", e.event},
                                                        {"actor", e.actor},
                                                        {"target", e.target},
                                                        {"payload", payload},
                                                        {"previous", previous}});
  if (!bytes)
    postgres::refuse(ec::invalid, "audit payload: " + text_of(bytes.error()));
  return sha256_hex(*bytes);
}

/// Takes the next number under the lock of the head row. Returns it with the hash of the entry before.
link take(pqxx::transaction_base& tx, const trail& of) {
  const auto next = [&] {
    return tx.exec_params(
      fmt::format("update {} set sequence = sequence + 1 where {} = $1 returning sequence, hash", of.heads, of.key),
      of.owner);
  };
  auto rows = next();
  if (rows.empty()) {
    tx.exec_params(fmt::format("insert into {} ({}, hash) values ($1, $2) on conflict do nothing", of.heads, of.key),
                   of.owner, of.genesis);
    rows = next();
  }
  if (rows.empty())
    postgres::refuse(ec::not_found, "no such community");
  return {rows[0][0].as<int64_t>(), rows[0][1].as<std::string>()};
}

std::string subject_of(pqxx::transaction_base& tx, const community_id& community, const std::string& actor) {
  constexpr std::string_view person = "discord:";
  if (!actor.starts_with(person))
    return actor;
  const auto user = parse_snowflake(actor.substr(person.size()));
  if (!user || !*user)
    postgres::refuse(ec::invalid, "field 'actor': 'discord:' is followed by a snowflake");
  const auto row = tx.exec_params1(
    "insert into profiles (community_id, discord_id) values ($1, $2)"
    " on conflict (community_id, discord_id) do update set updated_at = now() returning id",
    community.value, user->value);
  return row[0].as<std::string>();
}

link append_to(pqxx::transaction_base& tx, const trail& of, const entry& e, const boost::json::value& payload) {
  const auto [sequence, previous] = take(tx, of);
  const auto at = iso8601(wall_ms());
  link made{sequence, hash(sequence, at, e, payload, previous)};
  tx.exec_params(fmt::format("with entry as (insert into {0}"
                             " ({2}, sequence, at, event, actor, target, payload, previous, hash)"
                             " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)) update {1} set hash = $9 where {2} = $1",
                             of.entries, of.heads, of.key),
                 of.owner, sequence, at, e.event, e.actor, e.target, json::print(payload), previous, made.hash);
  return made;
}
} // namespace

trail trail_of(const community_id& community) {
  return {"audit_heads", "audit_entries", "community_id", community.value, sha256_hex(community.value)};
}
trail platform_trail() {
  return {"platform_audit_heads", "platform_audit_entries", "platform", "true", sha256_hex("platform")};
}

std::string hash_of(int64_t sequence, std::string_view at, const entry& e, std::string_view payload_json,
                    std::string_view previous) {
  const auto payload = json::parse(payload_json);
  return payload ? hash(sequence, at, e, *payload, previous) : std::string{};
}

link append(pqxx::transaction_base& tx, const community_id& community, const entry& e,
            const boost::json::value& payload) {
  const entry checked{postgres::plain(e.event, "event"), subject_of(tx, community, postgres::plain(e.actor, "actor")),
                      postgres::plain(e.target, "target")};
  return append_to(tx, trail_of(community), checked, payload);
}

link append_platform(pqxx::transaction_base& tx, const entry& e, const boost::json::value& payload) {
  const entry checked{postgres::plain(e.event, "event"), postgres::plain(e.actor, "actor"),
                      postgres::plain(e.target, "target")};
  return append_to(tx, platform_trail(), checked, payload);
}
} // namespace arrakis::audit::chain
