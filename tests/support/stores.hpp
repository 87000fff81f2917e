#pragma once
// The fixture of tests of the PostgreSQL stores: a database, a pool for each role, and a way to look behind the stores.
#include "adapters/postgres/pool.hpp"
#include "runtime/log.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

#include <doctest/doctest.h>
#include <functional>

namespace arrakis::test {

/// "SQLSTATE: the server's first line" of what PostgreSQL refuses in `body`; empty when it refuses nothing.
std::string sql_refusal(const std::function<void()>& body);

/// A database with a pool for each role.
struct stores {
  stores() {
    log::set_sink([](std::string_view) {});
  }
  ~stores() { log::set_sink(nullptr); }

  postgres_server server;
  live_system live;
  postgres::handle app = live.keep(postgres::start(live.sys(), {.dsn = server.dsn(), .connections = 4}));
  postgres::handle relay = live.keep(postgres::start(live.sys(), {.dsn = server.relay_dsn(), .connections = 1}));

  deadline soon() const { return live_system::in(std::chrono::seconds{20}); }
  /// Runs `sql` as the owner, past row level security; the first field of the first row, or empty.
  std::string owner(const std::string& sql) const;
  /// A community of its own, made by hand.
  community_id community(uint64_t guild, const std::string& status = "active") const;

  /// The answer, or the test fails with the error's text.
  template <class R, class Handle, class Message>
  R get(const Handle& to, Message message) {
    auto result = live.ask<R>(to, std::move(message));
    REQUIRE_MESSAGE(result, (result ? std::string{} : text_of(result.error())));
    return std::move(*result);
  }
  /// The code of the refusal; ec::none when it was none.
  template <class R, class Handle, class Message>
  ec code(const Handle& to, Message message) {
    const auto result = live.ask<R>(to, std::move(message));
    return result ? ec::none : code_of(result.error());
  }
};
} // namespace arrakis::test
