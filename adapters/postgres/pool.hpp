#pragma once
// PostgreSQL: a router and a fixed number of workers, each with one connection on a thread of its own. Stores are
// folders beside this file; each turns its domain verbs into one transaction here.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>
#include <memory>
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
struct committed {};
/// Asks the server itself, through a worker, whether it answers and takes writes; the answer comes within 1.5 s. Those
/// who ask meanwhile, or within 0.5 s after it, share it.
struct health {};
struct state {
  bool ready = false; ///< Connected, the server answers, and it is neither a standby nor read-only.
  std::string detail;
};

/// ec::unavailable: not begun or rolled back by a lost connection. ec::unknown: lost while COMMIT was under way.
/// ec::conflict: unique or exclusion violation. ec::invalid: check or foreign-key violation. ec::busy: queue full.
using handle = caf::typed_actor<caf::replies_to<transaction>::with<committed>, caf::replies_to<health>::with<state>>;

struct refusal {
  caf::error why;
};

struct options {
  std::string dsn; ///< libpq connection string; a secret when it holds a password.
  unsigned connections = 4;
  size_t waiting_max = 1000; ///< Transactions queued for a worker; further ones answer ec::busy.
  /// A transaction whose process says nothing for so long between two statements is ended by the server, and its locks
  /// with it: a process that was stopped in the middle does not keep others from its rows (P8). Ours do no I/O there.
  std::chrono::milliseconds silent_max{3'000};
};
/// Starts the pool. Reconnects by itself with back-off; readiness is asked with `health`.
handle start(caf::actor_system&, options);

/// Inside an actor: runs `body` (pqxx::transaction_base& -> R) and delivers R or the error to the asker.
/// Use as the last line of a handler: `return run<found>(self, self->state.pool, "communities.find", {}, req.until,
/// fn);`
template <class R, class Self, class F>
caf::result<R> run(Self* self, const handle& pool, const char* name, std::optional<community_id> tenant, deadline until,
                   F body) {
  auto reply = self->template make_response_promise<R>();
  auto result = std::make_shared<std::optional<R>>();
  self
    ->request(pool, caf::duration{until.left(self->clock().now()) + std::chrono::milliseconds{50}},
              transaction{name, std::move(tenant), until,
                          [result, body = std::move(body)](pqxx::transaction_base& tx) { result->emplace(body(tx)); }})
    .then([reply, result](const committed&) mutable { reply.deliver(std::move(**result)); },
          [reply](caf::error& e) mutable { reply.deliver(std::move(e)); });
  return caf::delegated<R>{};
}
} // namespace arrakis::postgres
