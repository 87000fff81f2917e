#pragma once
// Port to PostgreSQL: transactions of the stores, and the server's health. The stores' ports, in domain verbs, are in
// the folders beside this file.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <optional>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace arrakis::postgres {

/// One transaction. `tenant` is set with set_config('app.current_tenant', $1, true); nullopt: no tenant, so tenant
/// tables show no rows. `body` runs on a worker's thread, possibly again after a serialization failure or deadlock (at
/// most 3 times): it must have no effect but in the transaction and in its result. It throws pqxx exceptions freely,
/// and postgres::refusal to roll back and answer with that error.
struct transaction {
  const char* name = ""; ///< For metrics and logs: "deployments.submit".
  std::optional<community_id> tenant;
  deadline until;
  std::function<void(pqxx::transaction_base&)> body;
};
/// Answer to transaction.
struct committed {};
/// Asks the server through a worker whether it answers and accepts writes; the answer comes within 1.5 s. Concurrent
/// requests, and those within 0.5 s after the answer, share it. -> state
struct health {};
/// Health of the server.
struct state {
  bool ready = false; ///< Connected, the server answers, and it is neither a standby nor read-only.
  std::string detail;
};

/// Handle of the port. ec::unavailable: not begun or rolled back by a lost connection. ec::unknown: lost while COMMIT
/// was under way. ec::conflict: unique or exclusion violation. ec::invalid: check or foreign-key violation. ec::busy:
/// queue full.
using handle = caf::typed_actor<caf::replies_to<transaction>::with<committed>, caf::replies_to<health>::with<state>>;
} // namespace arrakis::postgres
