#include "adapters/postgres/audit/chain.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json.hpp>
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
link take(pqxx::transaction_base& tx, const community_id& community) {
  const auto next = [&] {
    return tx.exec_params(
      "update audit_heads set sequence = sequence + 1 where community_id = $1 returning sequence, hash",
      community.value);
  };
  auto rows = next();
  if (rows.empty()) {
    tx.exec_params("insert into audit_heads (community_id, hash) values ($1, $2) on conflict do nothing",
                   community.value, genesis(community));
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
} // namespace

std::string genesis(const community_id& community) { return sha256_hex(community.value); }

std::string hash_of(int64_t sequence, std::string_view at, const entry& e, std::string_view payload_json,
                    std::string_view previous) {
  const auto payload = json::parse(payload_json);
  return payload ? hash(sequence, at, e, *payload, previous) : std::string{};
}

link append(pqxx::transaction_base& tx, const community_id& community, const entry& e,
            const boost::json::value& payload) {
  const entry said{postgres::plain(e.event, "event"), subject_of(tx, community, postgres::plain(e.actor, "actor")),
                   postgres::plain(e.target, "target")};
  const auto [sequence, previous] = take(tx, community);
  const auto at = iso8601(wall_ms());
  link made{sequence, hash(sequence, at, said, payload, previous)};
  tx.exec_params("with entry as (insert into audit_entries"
                 " (community_id, sequence, at, event, actor, target, payload, previous, hash)"
                 " values ($1, $2, $3, $4, $5, $6, $7, $8, $9))"
                 " update audit_heads set hash = $9 where community_id = $1",
                 community.value, sequence, at, said.event, said.actor, said.target, json::print(payload), previous,
                 made.hash);
  return made;
}
} // namespace arrakis::audit::chain
