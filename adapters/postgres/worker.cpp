#include "adapters/postgres/worker.hpp"

#include "adapters/postgres/connect.hpp"
#include "adapters/postgres/failures.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_cast.hpp>
#include <pqxx/pqxx>
#include <sys/socket.h>

namespace arrakis::postgres::worker {
namespace {
using namespace std::chrono_literals;

constexpr int attempts_max = 3; // Runs of a body at most (messages.hpp).
constexpr auto connect_wait_min =
  50ms; // Doubles up to the maximum; half of it is jitter, so that pools do not reconnect in step.
constexpr auto connect_wait_max = 5'000ms;
constexpr auto inspect_every = 1'000ms; // Interval of checking idle connections for their end.

/// True when the peer has closed an idle connection: nothing else makes it readable without LISTEN.
bool hung_up(int fd) {
  char byte = 0;
  const auto got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/// True for codes whose text users see. The server's own texts hold SQL and are only logged.
caf::error for_users(caf::error why, const char* transaction_name) {
  const auto code = code_of(why);
  if (code == ec::conflict)
    return fail(code, "something else changed the same at this moment");
  if (code != ec::invalid && code != ec::refused)
    return why;
  log::warn("postgres.statement_refused", {{"transaction", transaction_name}, {"error", text_of(why)}});
  return fail(code, "the database does not take this; the log of the service says why");
}

struct state {
  state() = default;
  static inline const char* name = "postgres.worker";
  handle::pointer self = nullptr;
  setup with;
  std::optional<pqxx::connection> db;
  std::chrono::milliseconds wait = connect_wait_min;

  ~state() { close(); }

  void close() {
    if (with.socket)
      with.socket->close();
    db.reset();
  }

  void tell(link connection, std::string detail = {}) {
    if (auto pool = caf::actor_cast<listener>(caf::actor_cast<caf::strong_actor_ptr>(with.pool)))
      self->send(pool, connection_change{with.slot, with.life, connection, std::move(detail)});
  }

  /// Tries to connect once. libpqxx would reconnect by itself, with another socket and other errors.
  caf::error open() {
    try {
      complete(with.dsn).lend([this](std::string_view dsn) { db.emplace(dsn.data()); });
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
      db->inhibit_reactivation(true);
#pragma clang diagnostic pop
      with.socket->open(db->sock());
      wait = connect_wait_min;
      return {};
    } catch (const std::exception& e) {
      close();
      return connect_error(e, with.dsn);
    }
  }

  void lost(const std::string& why) {
    close();
    tell(link::connecting, why);
    log::warn("postgres.connection_lost", {{"error", why}});
    self->send(self, connect{});
  }

  void reconnect() {
    if (db)
      return;
    if (const auto why = open(); !why)
      return tell(link::connected);
    else
      tell(link::away, text_of(why));
    const auto pause =
      wait / 2 + std::chrono::milliseconds{static_cast<int64_t>(jitter() * static_cast<double>(wait.count()) / 2)};
    wait = std::min(wait * 2, std::chrono::milliseconds{connect_wait_max});
    self->delayed_send(self, pause, connect{});
  }

  void look() {
    if (db && hung_up(db->sock()))
      lost("the server closed the connection");
    self->delayed_send(self, inspect_every, inspect{});
  }

  /// Runs the body once. `begun`: the server has accepted BEGIN.
  failure once(const transaction& t, std::chrono::milliseconds left, bool& begun) {
    bool committing = false;
    try {
      pqxx::work tx{*db};
      // JIT off: the planner overestimates the relay's poll and compiles it, which takes 43 ms instead of 1 ms.
      tx.exec_params("select set_config('app.current_tenant', $1, true), set_config('statement_timeout', $2, true),"
                     " set_config('idle_in_transaction_session_timeout', $3, true), set_config('jit', 'off', true)",
                     t.tenant ? t.tenant->value : std::string{}, std::to_string(left.count()),
                     std::to_string(with.silent_max.count()));
      begun = true;
      t.body(tx);
      committing = true;
      tx.commit();
      return {};
    } catch (const refusal& r) {
      return {r.why, false, !db->is_open()};
    } catch (const std::exception& e) {
      auto result = failure_of(e, committing);
      result.why = for_users(std::move(result.why), t.name);
      result.lost = result.lost || !db->is_open();
      return result;
    }
  }

  /// Repeats until the transaction is done, refused, lost, or out of attempts. One that has not begun may use a new
  /// connection.
  failure attempt(const transaction& t) {
    failure last{fail(ec::unavailable, "the database is away", server_away{"postgres", {}})};
    bool fresh = false;
    for (int attempts = 0; attempts < attempts_max;) {
      const auto left = t.until.left(self->clock().now());
      if (left.count() == 0)
        return attempts == 0 ? failure{fail(ec::timeout, "the deadline passed before the transaction began")} : last;
      if (!db) {
        if (std::exchange(fresh, true))
          return last;
        if (auto why = open())
          return {std::move(why), false, true};
      }
      bool begun = false;
      last = once(t, left, begun);
      if (last.lost && !begun && !fresh) {
        close();
        continue;
      }
      ++attempts;
      if (!last.again)
        break;
    }
    return last;
  }

  caf::result<committed> run(const transaction& t) {
    const auto began = std::chrono::steady_clock::now();
    auto outcome = attempt(t);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    metrics::observe(
      "arrakis_postgres_transaction_seconds", "From the worker's start on it to its end.", took.count(),
      {{"name", t.name}, {"outcome", std::string{to_string(outcome.why ? code_of(outcome.why) : ec::none)}}});
    if (outcome.lost) // Before the answer, so that the pool sends this worker nothing until it is connected again.
      lost(text_of(outcome.why));
    if (!outcome.why)
      return committed{};
    if (code_of(outcome.why) == ec::internal)
      log::error("postgres.transaction_failed", {{"transaction", t.name}, {"error", text_of(outcome.why)}});
    return std::move(outcome.why);
  }
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, setup with) {
  // No keep_exception_text: the pool tells a crash by a foreign error category, and once() keeps the texts.
  self->state.self = self;
  self->state.with = std::move(with);
  self->send(self, connect{});
  self->delayed_send(self, inspect_every, inspect{});
  return {
    [self](const transaction& t) { return self->state.run(t); },
    [self](connect) { self->state.reconnect(); },
    [self](inspect) { self->state.look(); },
  };
}
} // namespace

void line::cut() {
  std::lock_guard lock{mutex_};
  if (fd_ >= 0)
    ::shutdown(fd_, SHUT_RDWR);
}

handle start(caf::actor_system& sys, setup with) {
  return registry::spawn<caf::detached>(sys, {"connection", std::to_string(with.slot)}, behavior, std::move(with));
}
} // namespace arrakis::postgres::worker
