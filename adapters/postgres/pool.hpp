#pragma once
// PostgreSQL: a router and a fixed number of workers, each with one connection on a thread of its own. Stores are
// folders beside this file; each turns its domain verbs into one transaction here.
#include "adapters/postgres/messages.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <caf/typed_response_promise.hpp>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::postgres {

struct refusal {
  caf::error why;
};

struct options {
  secret dsn; ///< libpq connection string.
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
