#pragma once
// Connection pool: a router and a fixed number of workers, each with one connection on its own thread. Stores are the
// folders beside this file; each runs one transaction here for each of its messages.
#include "adapters/postgres/messages.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <caf/typed_response_promise.hpp>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::postgres {

/// Exception that rolls a transaction back and answers with its error.
struct refusal {
  caf::error why;
};

/// Settings of the pool.
struct options {
  secret dsn; ///< libpq connection string.
  unsigned connections = 4;
  size_t waiting_max = 1000; ///< Limit of queued transactions; further ones fail with ec::busy.
  /// idle_in_transaction_session_timeout: the server ends a transaction after this long between two statements, so that
  /// a stopped process does not hold its row locks (P8). Transactions of the stores do no I/O between statements.
  std::chrono::milliseconds silent_max{3'000};
};
/// Starts the pool. It reconnects with back-off; ask for readiness with `health`.
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

/// Handler that runs each message as one transaction: `body`, for the tenant that `tenant` finds in the message. `self`
/// has `pool` in its state.
template <class Message, class Self, class R>
auto transact(Self* self, const char* name, std::optional<community_id> (*tenant)(const Message&),
              R (*body)(pqxx::transaction_base&, const Message&)) {
  return [self, name, tenant, body](const Message& m) -> caf::result<R> {
    return run<R>(self, self->state.pool, name, tenant(m), m.until,
                  [m, body](pqxx::transaction_base& tx) { return body(tx, m); });
  };
}
/// As above, for the tenant `community` of the message.
template <class Message, class Self, class R>
auto transact(Self* self, const char* name, R (*body)(pqxx::transaction_base&, const Message&)) {
  return transact<Message>(
    self, name, +[](const Message& m) -> std::optional<community_id> { return m.community; }, body);
}
} // namespace arrakis::postgres
