#include "adapters/postgres/signing_keys/signing_keys.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <set>

namespace arrakis::signing_keys {
namespace {
using postgres::plain;
using postgres::refuse;

/// The newest manifest of a community that a key version signed.
struct head {
  manifest_statement statement;
  std::string signature;
  int key_version = 0; ///< 0: the signature cannot be read.
};

key_list read_keys(pqxx::transaction_base& tx) {
  key_list keys;
  for (const auto& row : tx.exec("select version, public_key from anchored_signing_keys()"))
    keys.emplace_back(row[0].as<int>(), row[1].as<std::string>());
  return keys;
}

std::vector<head> read_heads(pqxx::transaction_base& tx) {
  std::vector<head> heads;
  for (const auto& row :
       tx.exec("select community, manifest_version, digest, previous_digest, signed, signed_with from signed_heads()"
               " order by community, manifest_version")) {
    head h{{{row[0].as<std::string>()},
            row[1].as<int64_t>(),
            row[2].as<std::string>(),
            row[3].as<std::string>(),
            row[4].as<std::string>()},
           row[5].as<std::string>()};
    if (const auto text = parse_signature(h.signature))
      h.key_version = text->key_version;
    heads.push_back(std::move(h));
  }
  return heads;
}

anchored read(pqxx::transaction_base& tx) {
  anchored result{read_keys(tx)};
  if (result.keys.empty())
    for (const auto& h : read_heads(tx))
      result.newest_used = std::max({result.newest_used, h.key_version, 1});
  return result;
}

/// `all`: a head that has no key among `keys` is refused as well.
void refuse_unverified(const std::vector<head>& heads, const key_list& keys, bool all) {
  size_t bad = 0;
  std::string first;
  for (const auto& h : heads) {
    const bool named = std::ranges::any_of(keys, [&](const auto& k) { return k.first == h.key_version; });
    if (!named && !all)
      continue;
    const auto error = check_signature(signing_bytes(h.statement), h.signature, keys);
    if (error && bad++ == 0)
      first = fmt::format("version {} of community {}: {}", h.statement.version, h.statement.community.value,
                          text_of(error));
  }
  if (bad > 0)
    refuse(ec::refused,
           fmt::format("{} of {} stored manifests do not verify under these keys, first {}", bad, heads.size(), first));
}

/// Keys of `wanted` that are not anchored; refuses a version that is anchored with other bytes.
key_list missing(const key_list& wanted, const key_list& there) {
  key_list fresh;
  for (const auto& key : wanted) {
    const auto same = std::ranges::find(there, key.first, &key_list::value_type::first);
    if (same == there.end())
      fresh.push_back(key);
    else if (same->second != key.second)
      refuse(ec::conflict, fmt::format("key version {} is anchored already, and it is another key", key.first));
  }
  return fresh;
}

void record(pqxx::transaction_base& tx, const anchor& m, const key_list& fresh, const std::vector<head>& heads) {
  std::set<std::string> communities; // Ordered, so that two transactions lock the chains' heads in the same order.
  for (const auto& h : heads)
    communities.insert(h.statement.community.value);
  for (const auto& id : communities) {
    postgres::act_as(tx, {id});
    for (const auto& [version, hex] : fresh)
      audit::chain::append(tx, {id}, {"SIGNING_KEY_ANCHORED", m.by, fmt::format("signing_key:{}", version)},
                           boost::json::object{{"version", version}, {"publicKey", hex}, {"origin", m.origin}});
  }
}

anchored add(pqxx::transaction_base& tx, const anchor& m) {
  tx.exec("select pg_advisory_xact_lock(hashtext('signing_keys'))");
  const auto there = read_keys(tx);
  const auto fresh = missing(m.keys, there);
  if (fresh.empty())
    return read(tx);
  const auto heads = read_heads(tx);
  refuse_unverified(heads, fresh, there.empty());
  for (const auto& [version, hex] : fresh)
    tx.exec_params("select anchor_signing_key($1, $2, $3, $4)", version, plain(hex, "public_key"),
                   plain(m.origin, "origin"), plain(m.by, "by"));
  if (m.audited)
    record(tx, m, fresh, heads);
  return {read_keys(tx)};
}

struct state {
  state() = default;
  static inline const char* name = "signing_keys";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const load& m) {
      return postgres::run<anchored>(self, self->state.pool, "signing_keys.load", {}, m.until,
                                     [](pqxx::transaction_base& tx) { return read(tx); });
    },
    [self](const anchor& m) {
      return postgres::run<anchored>(self, self->state.pool, "signing_keys.anchor", {}, m.until,
                                     [m](pqxx::transaction_base& tx) { return add(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"signing_keys"}, behavior, std::move(pool));
}
} // namespace arrakis::signing_keys
