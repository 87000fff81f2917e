// A server that answers and is yet of no use: out of memory, a replica, unable to save, silent, free to evict.
#include "adapters/redis/client.hpp"
#include "adapters/redis/eviction.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/running_time.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/servers.hpp"

#include <atomic>
#include <doctest/doctest.h>
#include <filesystem>
#include <future>
#include <thread>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
deadline in(std::chrono::milliseconds wait) { return {std::chrono::steady_clock::now() + wait}; }

caf::expected<redis::reply> run(const redis::link& to, std::vector<std::string> argv) {
  const auto promise = std::make_shared<std::promise<caf::expected<redis::reply>>>();
  auto future = promise->get_future();
  to.command({std::move(argv), {}, {}, in(10s)},
             [promise](caf::expected<redis::reply> r) { promise->set_value(std::move(r)); });
  REQUIRE(future.wait_for(20s) == std::future_status::ready);
  return future.get();
}

template <class F>
bool eventually(F is_so) {
  const auto end = in(20s);
  while (!is_so())
    if (end.passed(std::chrono::steady_clock::now()))
      return false;
    else
      std::this_thread::yield();
  return true;
}

redis::options watching(const test::redis_server& server, std::chrono::milliseconds every = 20ms) {
  return {.url = secret{server.url()}, .back_off_first = 5ms, .back_off_max = 50ms, .watch_every = every};
}

/// A server, somebody who changes its state, a client that watches it, and the negative control: one that does not.
struct bench {
  bench() {
    log::set_sink([](std::string_view) {});
  }
  ~bench() { log::set_sink(nullptr); }
  test::redis_server server{{"--enable-protected-configs", "local"}};
  net::io io;
  redis::link operator_ = redis::connect(io, watching(server, 0ms));
  redis::link watched = redis::connect(io, watching(server));
  redis::link unwatched = redis::connect(io, watching(server, 0ms));

  void set(const std::string& name, const std::string& value) {
    REQUIRE(run(operator_, {"CONFIG", "SET", name, value}));
  }
  void check_ready() {
    CHECK(run(unwatched, {"GET", "x"}));
    CHECK(eventually([&] { return watched.status().ready; }));
  }
  /// The watched client says why; the other one believes that all is well.
  void check_not_ready(const std::string& why) {
    CHECK(eventually([&] { return !watched.status().ready; }));
    CHECK(eventually([&] { return watched.status().detail.find(why) != std::string::npos; }));
    INFO(watched.status().detail);
    CHECK(watched.status().detail.find(why) != std::string::npos);
    CHECK(unwatched.status().ready);
  }
  void check_write_is(ec code) {
    const auto answer = run(watched, {"SET", "x", "1"});
    REQUIRE_FALSE(answer);
    INFO(text_of(answer.error()));
    CHECK(code_of(answer.error()) == code);
  }
};

const redis::script writes{"writes", {}, "return redis.call('SET', KEYS[1], '1')"};
} // namespace

TEST_CASE("redis watch: a server out of memory is not ready, its writes are unavailable, and it is ready again") {
  bench b;
  b.check_ready();
  b.set("maxmemory", "1");
  b.check_not_ready("OOM");
  b.check_write_is(ec::unavailable);
  std::promise<caf::expected<redis::reply>> of_script, of_transaction;
  b.watched.eval(writes, {"x"}, {}, in(10s), [&](caf::expected<redis::reply> r) { of_script.set_value(std::move(r)); });
  CHECK(code_of(of_script.get_future().get().error()) == ec::unavailable);
  const std::vector<redis::step> steps{{nullptr, {"SET"}, {"x"}, {"1"}}};
  b.watched.transaction(steps, in(10s), [&](caf::expected<redis::reply> r) { of_transaction.set_value(std::move(r)); });
  CHECK(code_of(of_transaction.get_future().get().error()) == ec::unavailable);
  CHECK(run(b.watched, {"GET", "x"})); // Reading goes on.
  b.set("maxmemory", "0");
  b.check_ready();
  CHECK(run(b.watched, {"EXISTS", "arrakis:watch"})->number == 0); // The question leaves nothing behind.
}

TEST_CASE("redis watch: a server that cannot save (MISCONF) is not ready, and its writes are unavailable") {
  bench b;
  b.check_ready();
  const test::scratch gone{"redis-gone"};
  b.set("dir", gone.path());
  std::filesystem::remove(gone.path());
  b.set("save", "3600 1");
  CHECK(run(b.operator_, {"BGSAVE"}));
  b.check_not_ready("MISCONF");
  b.check_write_is(ec::unavailable);
  b.set("save", "");
  b.check_ready();
}

TEST_CASE("redis watch: a server without the replicas that it must have is not ready") {
  bench b;
  b.check_ready();
  b.set("min-replicas-to-write", "1");
  b.check_not_ready("NOREPLICAS");
  b.check_write_is(ec::unavailable);
  b.set("min-replicas-to-write", "0");
  b.check_ready();
}

TEST_CASE("redis watch: a server that became a replica is not ready, and is asked again until it is a master") {
  if (test::redis_server::is_cluster())
    return; // REPLICAOF is not for it.
  bench b;
  b.check_ready();
  CHECK(run(b.operator_, {"REPLICAOF", "127.0.0.1", "1"}));
  b.check_not_ready("READONLY");
  b.check_write_is(ec::unavailable);
  CHECK(run(b.operator_, {"REPLICAOF", "NO", "ONE"}));
  b.check_ready();
  CHECK(run(b.watched, {"SET", "x", "1"}));
}

TEST_CASE(
  "redis watch: a server that hangs is not ready within 3 s, calls are refused at once, and it is ready again") {
  bench b;
  const redis::link daemon = redis::connect(b.io, watching(b.server, 500ms)); // As apps/wiring has it.
  b.check_ready();
  CHECK(eventually([&] { return daemon.status().ready; }));
  b.operator_.command({{"DEBUG", "SLEEP", "6"}, {}, {}, in(20s)}, [](const caf::expected<redis::reply>&) {});
  const test::running_time time;
  CHECK(eventually([&] { return !daemon.status().ready; }));
  CHECK(time.now() < 3s);
  CHECK(daemon.status().detail.find("does not answer") != std::string::npos);
  b.check_not_ready("does not answer");
  const auto began = time.now();
  b.check_write_is(ec::unavailable);
  CHECK(time.now() - began < 1s); // The call's deadline is 10 s away.
  b.check_ready();
  CHECK(eventually([&] { return daemon.status().ready; }));
}

TEST_CASE("redis watch: a server that hangs for longer than silence_max is connected anew") {
  bench b;
  auto how = watching(b.server);
  how.silence_max = 200ms;
  const redis::link to = redis::connect(b.io, how);
  const auto first = run(to, {"CLIENT", "ID"})->number;
  b.operator_.command({{"DEBUG", "SLEEP", "2"}, {}, {}, in(20s)}, [](const caf::expected<redis::reply>&) {});
  CHECK(eventually([&] { return !to.status().ready; }));
  CHECK(eventually([&] { return to.status().ready; }));
  CHECK(run(to, {"CLIENT", "ID"})->number > first);
}

TEST_CASE("redis watch: a policy that evicts keys is not ready, also when it is set later and CONFIG is forbidden") {
  bench b;
  CHECK(run(b.operator_, {"ACL", "SETUSER", "app", "on", ">word", "~*", "&*", "+@all", "-config"}));
  auto how = watching(b.server);
  how.url = secret{"unix://app:word@" + b.server.url().substr(7)};
  const redis::link app = redis::connect(b.io, how);
  CHECK(run(app, {"CONFIG", "GET", "maxmemory-policy"}).error());
  CHECK(eventually([&] { return app.status().ready; }));
  CHECK_FALSE(redis::check_eviction(app, "redis.url", in(10s)));
  for (const auto* policy : {"allkeys-lru", "volatile-ttl"}) {
    b.set("maxmemory-policy", policy);
    b.check_not_ready("maxmemory-policy is " + std::string{policy});
    CHECK(eventually([&] { return !app.status().ready; }));
    const auto refused = redis::check_eviction(app, "redis.url", in(10s));
    CHECK(code_of(refused) == ec::refused);
    CHECK(text_of(refused).find("redis.url: maxmemory-policy is " + std::string{policy}) == 0);
    CHECK(text_of(refused).find("set maxmemory-policy to noeviction") != std::string::npos);
  }
  b.set("maxmemory-policy", "noeviction");
  b.check_ready();
  // A user who may not read INFO gets no error, because the policy is unknown.
  CHECK(run(b.operator_, {"ACL", "SETUSER", "app", "-info"}));
  b.set("maxmemory-policy", "allkeys-lru");
  CHECK_FALSE(redis::check_eviction(app, "redis.url", in(10s)));
}

// Negative control: without a limit of its own the check waits for the client's thread, which waits for the check.
TEST_CASE("redis watch: the check of the policy ends by itself where the client's thread stands still") {
  bench b;
  static std::atomic<int> told;
  told = 0;
  log::set_sink([](std::string_view line) { told += line.find("redis.eviction_unknown") != line.npos; });
  net::io one_thread{1};
  const auto to = redis::connect(one_thread, watching(b.server, 0ms));
  std::promise<void> stands, over;
  std::promise<bool> in_time;
  to.command({{"PING"}, {}, {}, in(20s)}, [&](const caf::expected<redis::reply>&) {
    stands.set_value();
    in_time.set_value(over.get_future().wait_for(20s) == std::future_status::ready);
  });
  stands.get_future().wait();
  CHECK_FALSE(redis::check_eviction(to, "redis.url", in(50ms)));
  over.set_value();
  CHECK(in_time.get_future().get());
  CHECK(told == 1);
  log::set_sink([](std::string_view) {});
}

TEST_CASE("redis watch: a user that may not write the watch's key is no sign of a server without writes") {
  bench b;
  CHECK(run(b.operator_, {"ACL", "SETUSER", "app", "on", ">word", "~mine:*", "+@all"}));
  auto how = watching(b.server);
  how.url = secret{"unix://app:word@" + b.server.url().substr(7)};
  const redis::link app = redis::connect(b.io, how);
  CHECK(run(app, {"SET", "mine:x", "1"}));
  CHECK(eventually([&] { return app.status().ready; }));
  how.watch_key = "mine:x"; // A key in use is not changed.
  const redis::link other = redis::connect(b.io, how);
  CHECK(run(other, {"GET", "mine:x"})->bytes == "1");
  b.set("maxmemory", "1");
  CHECK(eventually([&] { return !other.status().ready; }));
  CHECK(eventually([&] { return app.status().ready; })); // On a busy machine the server may seem silent for a moment.
}
