#pragma once
// Wallets of people. A person is a Discord user, the same in every community. Each request names the user, so that
// people and wallets cannot be listed.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/evm_address.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::wallets {

/// Limit of one person's wallets (schemas/migrations/0016_wallets.sql).
inline constexpr size_t wallets_max = 20;

/// A wallet that belongs to one person.
struct wallet {
  evm_address address;
  /// Chain on which it counts: a contract is the person's there and nowhere else. Empty: a plain key, which counts on
  /// every chain.
  std::optional<std::string> chain = {};
  std::string name = {};    ///< As its owner calls it; may be empty.
  std::string source = {};  ///< import: by an operator.
  int64_t linked_at_ms = 0; ///< Unix time, by PostgreSQL's clock.
};

/// Reads the wallets of one person. -> held
struct of {
  snowflake user;
  deadline until;
};
/// Answer to of, sorted by address and chain; empty where the person is unknown.
struct held {
  std::vector<wallet> wallets;
};

using handle = caf::typed_actor<caf::replies_to<of>::with<held>>;

/// Limits of one import.
inline constexpr size_t import_rows_max = 10'000, name_characters_max = 100, reason_characters_max = 500;
/// A wallet to import.
struct import_row {
  snowflake user;
  evm_address address;
  std::optional<std::string> chain = {}; ///< As in `wallet`.
  std::string name = {};                 ///< At most name_characters_max.
};
/// Links wallets to people on an operator's word, in ONE transaction with one entry of the platform's audit trail,
/// which names neither users nor wallets. A row that breaks a rule is refused alone; the others are imported.
/// -> imported. ec::invalid: too many rows, or a reason that is too long.
struct import_rows {
  std::vector<import_row> rows; ///< At most import_rows_max.
  std::string actor;            ///< "operator".
  std::string reason;           ///< At most reason_characters_max.
  deadline until;
};
/// A row that was not imported.
struct refused_row {
  size_t index = 0; ///< In `import_rows::rows`.
  std::string why;  ///< A sentence. It does not name the other person.
};
/// Answer to import_rows.
struct imported {
  size_t added = 0;
  size_t existing = 0; ///< The person had them before.
  std::vector<refused_row> refused;
};
/// Takes one wallet from a person, with an entry of the platform's audit trail as above. -> unlinked. ec::not_found:
/// the person does not have it.
struct unlink {
  snowflake user;
  evm_address address;
  std::optional<std::string> chain; ///< Of the link: empty is the plain key.
  std::string actor;
  std::string reason;
  deadline until;
};
/// The wallet is the person's no more.
struct unlinked {};

/// Edits wallets on an operator's word. Only for a connection of arrakis_admin: ec::refused for any other role.
using editor = caf::typed_actor<caf::replies_to<import_rows>::with<imported>, caf::replies_to<unlink>::with<unlinked>>;
} // namespace arrakis::wallets
