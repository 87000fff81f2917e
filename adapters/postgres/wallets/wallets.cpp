#include "adapters/postgres/wallets/wallets.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <limits>
#include <pqxx/pqxx>

namespace arrakis::wallets {
namespace {
namespace bj = boost::json;

std::string hex_of(const evm_address& address) { return address.text().substr(2); }

evm_address address_in(const pqxx::field& hex) {
  auto read = parse_evm_address("0x" + hex.as<std::string>());
  if (!read)
    postgres::refuse(ec::corrupt, "a stored wallet: " + text_of(read.error()));
  return *read;
}

held read(pqxx::transaction_base& tx, const of& m) {
  held result;
  for (const auto& r : tx.exec_params("select encode(address, 'hex'), chain, name, source, linked_at_ms"
                                      " from wallets_of($1)",
                                      m.user.value)) {
    wallet one{.address = address_in(r[0]),
               .name = r[2].as<std::string>(),
               .source = r[3].as<std::string>(),
               .linked_at_ms = r[4].as<int64_t>()};
    if (!r[1].is_null())
      one.chain = r[1].as<std::string>();
    result.wallets.push_back(std::move(one));
  }
  return result;
}

/// Error of a row, as a sentence; empty: none. PostgreSQL checks the form of a chain's id again.
std::string error_of(const import_row& row) {
  if (!row.user || row.user.value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return "The user is no id of Discord: use the number that “Copy User ID” gives.";
  if (row.chain
      && (row.chain->empty() || row.chain->size() > 64
          || row.chain->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos))
    return "The chain is no id of a chain: use one as “base”, or none for a key that counts on every chain.";
  if (const auto flaw = unicode::name_flaw(row.name))
    return "The name: " + unicode::describe(*flaw) + "; leave it out.";
  if (unicode::length(row.name) > name_characters_max)
    return fmt::format("The name has more than {} characters: shorten it.", name_characters_max);
  return {};
}

/// Sentence for a refusal of link_wallet.
std::string sentence_of(std::string_view outcome) {
  if (outcome == "taken")
    return "The wallet belongs to another person: unlink it there first.";
  return fmt::format("The person has {} wallets, and more are not kept: unlink one first.", wallets_max);
}

void check_reason(const std::string& reason) {
  if (unicode::length(reason) > reason_characters_max)
    postgres::refuse(ec::invalid, fmt::format("field 'reason': at most {} characters", reason_characters_max));
}

/// Appends to the platform's trail. Call it last.
void note(pqxx::transaction_base& tx, const char* event, const std::string& actor, bj::object payload) {
  audit::chain::append_platform(tx, {event, actor, "wallets"}, std::move(payload));
}

imported link_all(pqxx::transaction_base& tx, const import_rows& m) {
  if (m.rows.size() > import_rows_max)
    postgres::refuse(ec::invalid, fmt::format("field 'rows': at most {} at once", import_rows_max));
  check_reason(m.reason);
  imported result;
  bj::array sent;
  for (size_t i = 0; i < m.rows.size(); ++i) {
    const auto& row = m.rows[i];
    if (auto why = error_of(row); !why.empty())
      result.refused.push_back({i, std::move(why)});
    else
      sent.push_back(bj::object{{"index", i},
                                {"user", row.user.text()},
                                {"address", hex_of(row.address)},
                                {"chain", row.chain ? bj::value(*row.chain) : bj::value{}},
                                {"name", row.name}});
  }
  // In the order of the rows: of two that exclude each other, the first one wins.
  for (const auto& r : tx.exec_params(
         "select r.index, link_wallet(r.\"user\"::bigint, decode(r.address, 'hex'), r.chain, r.name, 'import', $2)"
         " from (select * from json_to_recordset($1::json)"
         "       as t(index bigint, \"user\" text, address text, chain text, name text) order by index) r",
         json::print(sent), static_cast<int>(wallets_max))) {
    const auto outcome = r[1].as<std::string>();
    if (outcome == "added")
      ++result.added;
    else if (outcome == "existing")
      ++result.existing;
    else
      result.refused.push_back({r[0].as<size_t>(), sentence_of(outcome)});
  }
  std::ranges::sort(result.refused, {}, &refused_row::index);
  note(tx, "WALLETS_IMPORTED", m.actor,
       {{"added", result.added},
        {"existing", result.existing},
        {"refused", result.refused.size()},
        {"reason", postgres::plain(m.reason, "reason")}});
  return result;
}

unlinked unlink_one(pqxx::transaction_base& tx, const unlink& m) {
  check_reason(m.reason);
  if (!tx.exec_params1("select unlink_wallet($1, decode($2, 'hex'), $3)", m.user.value, hex_of(m.address),
                       m.chain ? m.chain->c_str() : nullptr)[0]
         .as<bool>())
    postgres::refuse(ec::not_found, "This person does not have this wallet.");
  note(tx, "WALLET_UNLINKED", m.actor, {{"reason", postgres::plain(m.reason, "reason")}});
  return {};
}

struct state {
  state() = default;
  static inline const char* name = "wallets";
  postgres::handle pool;
};
struct editor_state {
  editor_state() = default;
  static inline const char* name = "wallet_editor";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {[self](const of& m) {
    return postgres::run<held>(self, self->state.pool, "wallets.of", {}, m.until,
                               [m](pqxx::transaction_base& tx) { return read(tx, m); });
  }};
}

editor::behavior_type editor_behavior(editor::stateful_pointer<editor_state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const import_rows& m) {
      return postgres::run<imported>(self, self->state.pool, "wallets.import", {}, m.until,
                                     [m](pqxx::transaction_base& tx) { return link_all(tx, m); });
    },
    [self](const unlink& m) {
      return postgres::run<unlinked>(self, self->state.pool, "wallets.unlink", {}, m.until,
                                     [m](pqxx::transaction_base& tx) { return unlink_one(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"wallets"}, behavior, std::move(pool));
}
editor start_editor(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"wallet_editor"}, editor_behavior, std::move(pool));
}
} // namespace arrakis::wallets
