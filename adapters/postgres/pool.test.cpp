#include "adapters/postgres/pool.hpp"

#include "adapters/postgres/connect.hpp"
#include "adapters/postgres/failures.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/log.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <future>
#include <pqxx/pqxx>
#include <set>
#include <thread>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using postgres::committed;
using postgres::transaction;

struct quiet {
  quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~quiet() { log::set_sink(nullptr); }
};

struct bench {
  quiet hush;
  test::postgres_server server;
  test::live_system live;
  postgres::handle start(postgres::options o) { return live.keep(postgres::start(live.sys(), std::move(o))); }
  postgres::handle start(unsigned connections = 2) { return start({.dsn = server.dsn(), .connections = connections}); }

  ec run(const postgres::handle& pool, std::function<void(pqxx::transaction_base&)> body,
         std::chrono::milliseconds wait = 10s, std::optional<community_id> tenant = {}) {
    const auto done = live.ask<committed>(pool, transaction{"test", std::move(tenant), live.in(wait), std::move(body)});
    return done ? ec::none : code_of(done.error());
  }
  bool ready(const postgres::handle& pool) {
    const auto s = live.ask<postgres::state>(pool, postgres::health{});
    return s && s->ready;
  }
  void owner(const std::string& sql) {
    pqxx::connection db{server.admin_dsn()};
    pqxx::nontransaction{db}.exec(sql);
  }
};
void sql(pqxx::transaction_base& tx, const char* text) { tx.exec(text); }
auto says(const char* text) {
  return [text](pqxx::transaction_base& tx) { sql(tx, text); };
}
} // namespace

TEST_CASE("pool: no statement is compiled, since ours are short and many") {
  bench b;
  CHECK(b.run(b.start(), [](pqxx::transaction_base& tx) {
    if (tx.exec1("select current_setting('jit')")[0].as<std::string>() != "off")
      throw std::runtime_error{"jit is on"};
  }) == ec::none);
}

TEST_CASE("pool: a transaction has its tenant, and the next one on the connection has none") {
  bench b;
  const auto pool = b.start(1);
  std::string seen;
  const auto look = [&seen](pqxx::transaction_base& tx) {
    seen = tx.exec1("select coalesce(current_setting('app.current_tenant', true), '')")[0].as<std::string>();
  };
  CHECK(b.run(pool, look, 10s, community_id{"11111111-1111-4111-8111-111111111111"}) == ec::none);
  CHECK(seen == "11111111-1111-4111-8111-111111111111");
  CHECK(b.run(pool, look) == ec::none);
  CHECK(seen.empty());
}

TEST_CASE("pool: each kind of refusal by the server has its own code, and the connection stays") {
  bench b;
  b.owner("create table t (x int unique check (x < 100)); grant all on t to arrakis_app");
  const auto pool = b.start(1);
  CHECK(b.run(pool, says("insert into t values (1)")) == ec::none);
  CHECK(b.run(pool, says("insert into t values (1)")) == ec::conflict);
  CHECK(b.run(pool, says("insert into t values (100)")) == ec::invalid);
  CHECK(b.run(pool, says("insert into t values ('many')")) == ec::invalid);
  CHECK(b.run(pool, says("drop table t")) == ec::refused);
  CHECK(b.run(pool, says("create temporary table x (y int)")) == ec::refused);
  CHECK(b.run(pool, says("select nonsense")) == ec::internal);
  CHECK(b.run(pool, [](pqxx::transaction_base&) { postgres::refuse(ec::frozen, "no"); }) == ec::frozen);
  CHECK(b.run(pool, [](pqxx::transaction_base&) { throw std::out_of_range("a bug"); }) == ec::internal);
  CHECK(b.run(pool, says("insert into t values (2)")) == ec::none);
}

TEST_CASE("pool: what a refused transaction wrote is gone") {
  bench b;
  b.owner("create table t (x int); grant all on t to arrakis_app");
  const auto pool = b.start(1);
  CHECK(b.run(pool, [](pqxx::transaction_base& tx) {
    tx.exec("insert into t values (1)");
    postgres::refuse(ec::conflict, "somebody else");
  }) == ec::conflict);
  CHECK(b.run(pool, [](pqxx::transaction_base& tx) { tx.exec_params_n(0, "select * from t"); }) == ec::none);
}

TEST_CASE("pool: a serialization failure is tried again, three times in all") {
  bench b;
  const auto pool = b.start(1);
  std::atomic<int> tries{0};
  const auto fails_until = [&tries](int good) {
    return [&tries, good](pqxx::transaction_base& tx) {
      if (++tries < good)
        tx.exec("do $$ begin raise exception 'try again' using errcode = 'serialization_failure'; end $$");
    };
  };
  CHECK(b.run(pool, fails_until(3)) == ec::none);
  CHECK(tries == 3);
  tries = 0;
  CHECK(b.run(pool, fails_until(9)) == ec::conflict);
  CHECK(tries == 3);
}

TEST_CASE("pool: the deadline ends a slow statement at the server") {
  bench b;
  const auto pool = b.start(1);
  CHECK(b.run(pool, says("select pg_sleep(600)"), 50ms) == ec::timeout);
  CHECK(b.run(pool, says("select 1")) == ec::none);
}

TEST_CASE("pool: waiting is bounded in number and in time") {
  bench b;
  const auto pool = b.start({.dsn = b.server.dsn(), .connections = 1, .waiting_max = 1});
  std::promise<void> entered, leave;
  std::thread holder{[&] {
    CHECK(b.run(pool, [&](pqxx::transaction_base&) {
      entered.set_value();
      leave.get_future().wait();
    }) == ec::none);
  }};
  entered.get_future().wait();
  auto queued = std::async(std::launch::async, [&] { return b.run(pool, says("select 1"), 300ms); });
  // Either this one or the one above is queued first; the other fails with "busy" or, later, "timeout".
  std::vector<ec> codes{b.run(pool, says("select 1"), 300ms), queued.get()};
  std::ranges::sort(codes);
  CHECK(codes == std::vector{ec::timeout, ec::busy});
  leave.set_value();
  holder.join();
  CHECK(b.run(pool, says("select 1")) == ec::none);
}

TEST_CASE("pool: transactions on a server that never accepted a connection fail with ec::unavailable at once, and "
          "readiness has the reason") {
  quiet hush;
  test::live_system live;
  const auto pool = live.keep(postgres::start(live.sys(), {.dsn = "host=/nonexistent dbname=x", .connections = 2}));
  const auto done = live.ask<committed>(pool, transaction{"test", {}, live.in(30s), says("select 1")});
  CHECK(code_of(done.error()) == ec::unavailable);
  const auto s = live.ask<postgres::state>(pool, postgres::health{});
  CHECK(!s->ready);
  CHECK(s->detail.find("/nonexistent") != std::string::npos);
}

TEST_CASE("pool: a server that takes no writes is not ready, its writes are unavailable, and it is ready again") {
  bench b;
  b.owner("create table t (x int); grant all on t to arrakis_app");
  const auto pool = b.start(2);
  const auto eventually = [&](bool wanted) {
    const auto end = b.live.in(20s);
    while (b.ready(pool) != wanted && !end.passed(std::chrono::steady_clock::now()))
      std::this_thread::yield();
    return b.ready(pool) == wanted;
  };
  CHECK(b.run(pool, says("insert into t values (1)")) == ec::none);
  CHECK(eventually(true));
  b.owner("alter system set default_transaction_read_only = on");
  b.owner("select pg_reload_conf()");
  CHECK(eventually(false));
  CHECK(b.live.ask<postgres::state>(pool, postgres::health{})->detail.find("default_transaction_read_only is on")
        != std::string::npos);
  CHECK(b.run(pool, says("insert into t values (2)")) == ec::unavailable);
  CHECK(b.run(pool, says("select 1")) == ec::none); // Negative control: the connections are as good as ever.
  {
    pqxx::connection db{b.server.admin_dsn()};
    pqxx::nontransaction own{db};
    own.exec("set default_transaction_read_only = off");
    own.exec("alter system reset default_transaction_read_only");
    own.exec("select pg_reload_conf()");
  }
  CHECK(eventually(true));
  CHECK(b.run(pool, says("insert into t values (3)")) == ec::none);
}

TEST_CASE("pool: a server that answers nobody is not ready within 2 s, though it is connected") {
  bench b;
  b.owner("create table t (x int); grant all on t to arrakis_app");
  const auto pool = b.start(1);
  CHECK(b.run(pool, says("select 1")) == ec::none);
  std::promise<void> entered, leave;
  std::thread holder{[&] {
    (void)b.run(pool, [&](pqxx::transaction_base&) {
      entered.set_value();
      leave.get_future().wait();
    });
  }};
  entered.get_future().wait();
  const auto s = b.live.ask<postgres::state>(pool, postgres::health{});
  CHECK_FALSE(s->ready);
  CHECK(s->detail.find("1 of 1 connections") == 0);
  leave.set_value();
  holder.join();
  const auto end = b.live.in(20s);
  while (!b.ready(pool) && !end.passed(std::chrono::steady_clock::now()))
    std::this_thread::yield();
  CHECK(b.ready(pool));
}

TEST_CASE("pool: what libpq repeats of a connection string is not repeated, but for where and as whom") {
  const auto told = [](const char* what, const std::string& dsn) {
    return text_of(postgres::connect_error(std::runtime_error{what}, dsn));
  };
  CHECK(told(R"(invalid sslmode value: "the-password")", "host=db sslmode=the-password")
        == R"(invalid sslmode value: "...")");
  CHECK(told("connection to db as arrakis with a word and again a word", "host=db user=arrakis password='a word'")
        == "connection to db as arrakis with ... and again ...");
  for (const auto* broken : {"postgresql://u:the-password@[db", "host=db password=the password", "the-password"}) {
    const auto text = told((std::string{"cannot read "} + broken).c_str(), broken);
    CHECK(text.find("password") == std::string::npos);
    CHECK(text.find("cannot be read") != std::string::npos);
  }
}

TEST_CASE("pool: a connection whose worker crashes is replaced, and its transaction's outcome is ec::unknown") {
  bench b;
  const auto pool = b.start(1);
  for (int i = 0; i < 2; ++i) {
    CHECK(b.run(pool, [](pqxx::transaction_base&) { throw 42; }) == ec::unknown);
    CHECK(b.run(pool, says("select 1")) == ec::none);
  }
}

TEST_CASE("pool: a connection that the server ended while idle is replaced without anybody noticing") {
  bench b;
  const auto pool = b.start(2);
  CHECK(b.run(pool, says("select 1")) == ec::none);
  b.owner("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'arrakis_app'");
  for (int i = 0; i < 4; ++i)
    CHECK(b.run(pool, says("select 1")) == ec::none);
}

TEST_CASE("pool: a connection lost in the middle rolls back and is unavailable; lost at COMMIT it is unknown") {
  bench b;
  b.owner("create table t (x int); grant all on t to arrakis_app;"
          "create function die() returns trigger language plpgsql security definer as"
          " $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return null; end $$;"
          "create table fatal (x int); grant all on fatal to arrakis_app;"
          "create constraint trigger at_commit after insert on fatal deferrable initially deferred"
          " for each row execute function die()");
  const auto pool = b.start(1);
  CHECK(b.run(pool, [&b](pqxx::transaction_base& tx) {
    tx.exec("insert into t values (1)");
    b.owner("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'arrakis_app'");
    tx.exec("insert into t values (2)");
  }) == ec::unavailable);
  CHECK(b.run(pool, says("insert into fatal values (1)")) == ec::unknown);
  CHECK(b.run(pool, [](pqxx::transaction_base& tx) { tx.exec_params_n(0, "select * from t"); }) == ec::none);
}

namespace {
/// One process stops in the middle of a transaction; another wants its row, and waits at most `patience` for it.
struct stopped_in_the_middle {
  ec stopped = ec::none, other = ec::none;
  bool kept = false; ///< The row is as the other wrote it.
  stopped_in_the_middle(std::chrono::milliseconds silent_max, std::chrono::milliseconds patience) {
    bench b;
    b.owner("create table t (x int); grant all on t to arrakis_app; insert into t values (1)");
    const auto first = b.start({.dsn = b.server.dsn(), .connections = 1, .silent_max = silent_max});
    const auto second = b.start(1);
    std::promise<void> locked, go_on;
    std::thread asleep{[&] {
      stopped = b.run(first, [&](pqxx::transaction_base& tx) {
        tx.exec("update t set x = 2");
        locked.set_value();
        go_on.get_future().wait(); // As under SIGSTOP.
        tx.exec("update t set x = 3");
      });
    }};
    locked.get_future().wait();
    other = b.run(second, says("update t set x = 4"), patience);
    go_on.set_value();
    asleep.join();
    kept = b.run(second, [](pqxx::transaction_base& tx) { tx.exec_params_n(1, "select * from t where x = 4"); })
        == ec::none;
  }
};
} // namespace

TEST_CASE("pool: a process that stops in the middle of a transaction does not keep others from its rows") {
  const stopped_in_the_middle seen{200ms, 10s};
  CHECK(seen.other == ec::none);
  CHECK(seen.stopped != ec::none);
  CHECK(seen.kept);
}

TEST_CASE("pool: negative control: where the server waits for a silent process for ever, so does everybody else") {
  const stopped_in_the_middle seen{0ms, 500ms};
  CHECK(seen.other != ec::none);
  CHECK(seen.stopped == ec::none);
  CHECK_FALSE(seen.kept);
}

TEST_CASE("pool: a server that hangs is cut off after the deadline, and the worker serves again") {
  bench b;
  const auto pool = b.start(1);
  int backend = 0;
  CHECK(b.run(pool, [&](pqxx::transaction_base& tx) { backend = tx.exec1("select pg_backend_pid()")[0].as<int>(); })
        == ec::none);
  ::kill(backend, SIGSTOP);
  CHECK(b.run(pool, says("select 1"), 100ms) != ec::none);
  CHECK(b.run(pool, says("select 1")) == ec::none);
  ::kill(backend, SIGCONT);
}

TEST_CASE("pool: it ends in time although its server hangs") {
  quiet hush;
  test::postgres_server server;
  std::promise<int> hanging;
  std::optional<test::live_system> live{std::in_place};
  const auto pool = live->keep(postgres::start(live->sys(), {.dsn = server.dsn(), .connections = 1}));
  const auto body = [&hanging](pqxx::transaction_base& tx) {
    const int backend = tx.exec1("select pg_backend_pid()")[0].as<int>();
    ::kill(backend, SIGSTOP);
    hanging.set_value(backend);
    tx.exec("select 1");
  };
  caf::anon_send(pool, transaction{"test", {}, live->in(10min), body});
  const int backend = hanging.get_future().get();
  live.reset(); // Without the cut this would wait for as long as the server hangs.
  ::kill(backend, SIGCONT);
}

TEST_CASE(
  "pool: a server killed under load gives unavailable or unknown, never a hang, and work goes on after its return") {
  bench b;
  b.owner("create table t (x int primary key); grant all on t to arrakis_app");
  const auto pool = b.start(4);
  std::atomic<bool> stop{false};
  std::atomic<int> next{0}, wrong{0}, failed{0};
  std::vector<std::vector<int>> acknowledged(8);
  std::vector<std::thread> clients;
  for (auto& mine : acknowledged)
    clients.emplace_back([&] {
      while (!stop) {
        const int x = ++next;
        const auto code = b.run(
          pool, [x](pqxx::transaction_base& tx) { tx.exec_params("insert into t values ($1)", x); }, 5s);
        if (code == ec::none)
          mine.push_back(x);
        else
          ++failed;
        wrong += code != ec::none && code != ec::unavailable && code != ec::unknown;
      }
    });
  const auto reach = [&](int number) {
    while (next < number)
      std::this_thread::yield();
  };
  reach(200);
  b.server.kill();
  while (failed == 0)
    std::this_thread::yield();
  while (b.ready(pool))
    std::this_thread::yield();
  b.server.start();
  while (!b.ready(pool))
    std::this_thread::yield();
  reach(next + 200);
  stop = true;
  for (auto& c : clients)
    c.join();
  CHECK(wrong == 0);
  std::set<int> stored;
  CHECK(b.run(pool, [&](pqxx::transaction_base& tx) {
    stored.clear();
    for (const auto& row : tx.exec("select x from t"))
      stored.insert(row[0].as<int>());
  }) == ec::none);
  for (const auto& mine : acknowledged)
    for (const int x : mine)
      CHECK_MESSAGE(stored.contains(x), x);
}

TEST_CASE("pool: it works through PgBouncer in transaction mode") {
  bench b;
  const auto pool = b.start({.dsn = b.server.bouncer_dsn(), .connections = 8});
  std::atomic<int> mixed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&, i] {
      const community_id mine{"11111111-1111-4111-8111-11111111111" + std::to_string(i)};
      for (int round = 0; round < 20; ++round)
        CHECK(b.run(
                pool,
                [&](pqxx::transaction_base& tx) {
                  mixed += tx.exec1("select current_setting('app.current_tenant')")[0].as<std::string>() != mine.value;
                },
                10s, mine)
              == ec::none);
    });
  for (auto& c : clients)
    c.join();
  CHECK(mixed == 0);
}

TEST_CASE("pool: a connection speaks UTF-8, whatever its address and the environment say") {
  bench b;
  ::setenv("PGCLIENTENCODING", "LATIN1", 1);
  const auto plain = b.server.dsn(); // host=... dbname=... user=...
  const auto word = [&](const std::string& key) {
    const auto begin = plain.find(key + "=") + key.size() + 1;
    return plain.substr(begin, plain.find(' ', begin) - begin);
  };
  const auto url = "postgresql://arrakis_app@/" + word("dbname") + "?host=" + word("host");
  for (const auto& dsn :
       {plain, plain + " client_encoding=LATIN1", url, "postgresql:" + url.substr(11) + "&client_encoding=LATIN1"}) {
    std::string seen;
    CHECK(b.run(b.start({.dsn = dsn, .connections = 1}), [&](pqxx::transaction_base& tx) {
      seen = tx.exec1("select current_setting('client_encoding') || ' ' || chr(8364)")[0].as<std::string>();
    }) == ec::none);
    CHECK(seen == "UTF8 \xE2\x82\xAC");
  }
  ::unsetenv("PGCLIENTENCODING");
  CHECK(postgres::complete("host=a") == "host=a client_encoding=UTF8 connect_timeout=3");
  CHECK(postgres::complete("host=a connect_timeout=9") == "host=a connect_timeout=9 client_encoding=UTF8");
  CHECK(postgres::complete("postgresql:///d?host=a")
        == "postgresql:///d?host=a&client_encoding=UTF8&connect_timeout=3");
  CHECK(postgres::complete("host=a password='x") == "host=a password='x");
}

TEST_CASE("pool: the text of a PostgreSQL error, which contains our SQL, goes to the log and never to the caller") {
  bench b;
  static std::string logged;
  logged.clear();
  log::set_sink([](std::string_view line) { logged += line; });
  const auto pool = b.start(1);
  const std::pair<const char*, ec> cases[]{{"select 'a'::jsonb -> 'secret_column'", ec::invalid},
                                           {"insert into no_such_place_for_us select * from pg_authid", ec::internal},
                                           {"create table secret_column (x int)", ec::refused}};
  for (const auto& [text, code] : cases) {
    const auto done = b.live.ask<committed>(pool, transaction{"test.words", {}, b.live.in(10s), says(text)});
    REQUIRE(!done);
    CHECK(code_of(done.error()) == code);
    if (code != ec::internal) // Of this one a user reads a sentence of ours (actors/ingress/messages.cpp).
      CHECK(text_of(done.error()) == "the database does not take this; the log of the service says why");
  }
  b.live.ask<postgres::state>(pool, postgres::health{});
  CHECK(logged.find("invalid input syntax for type json") != std::string::npos);
  CHECK(logged.find("permission denied") != std::string::npos);
}

TEST_CASE("pool: text that PostgreSQL would cut or refuse is named") {
  CHECK(postgres::plain("Sietch Tabr \xF0\x9F\x8F\x9C", "name").size() == 16);
  for (const std::string& bad : {std::string{"a\0b", 3}, std::string{"\xC0\x80"}, std::string{"\xED\xA0\x80"},
                                 std::string{"\xF4\x90\x80\x80"}, std::string{"\xE2\x82"}}) {
    try {
      postgres::plain(bad, "name");
      FAIL("was taken");
    } catch (const postgres::refusal& r) {
      CHECK(text_of(r.why).find("'name'") != std::string::npos);
    }
  }
  CHECK(postgres::excerpt(std::string{"a\0b\xFF", 4}) == "a?b?");
  CHECK(postgres::excerpt("\xE2\x82\xAC\xE2\x82\xAC", 4) == "\xE2\x82\xAC");
}
