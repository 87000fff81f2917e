#include "adapters/redis/client.hpp"

#include "adapters/redis/wire.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <condition_variable>
#include <deque>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <future>
#include <mutex>
#include <sys/stat.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
deadline in(std::chrono::milliseconds wait) { return {std::chrono::steady_clock::now() + wait}; }

// The results of calls, waited for with an end.
struct waiting {
  std::shared_ptr<std::promise<caf::expected<redis::reply>>> promise =
    std::make_shared<std::promise<caf::expected<redis::reply>>>();
  std::future<caf::expected<redis::reply>> future = promise->get_future();
  redis::done done() {
    return [p = promise](caf::expected<redis::reply> r) { p->set_value(std::move(r)); };
  }
  caf::expected<redis::reply> take() {
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    return future.get();
  }
};

caf::expected<redis::reply> run(const redis::link& to, std::vector<std::string> argv,
                                std::chrono::milliseconds wait = 5s) {
  waiting w;
  to.command({std::move(argv), {}, {}, in(wait)}, w.done());
  return w.take();
}

// Asks until the server answers: the client reconnects by itself, at its own pace.
caf::expected<redis::reply> run_until_up(const redis::link& to, const std::vector<std::string>& argv) {
  const auto end = in(20s);
  auto result = run(to, argv);
  while (!result && !end.passed(std::chrono::steady_clock::now()))
    result = run(to, argv);
  return result;
}

redis::options quick(const std::string& url) {
  return {.url = secret{url}, .back_off_first = 5ms, .back_off_max = 50ms};
}

const redis::script twice{"twice", {}, "return ARGV[1] .. ARGV[1]"};
const redis::script with_key{"with_key", {}, "return redis.call('INCRBY', KEYS[1], ARGV[1])"};
} // namespace

TEST_CASE("redis client: behind a Unix socket it talks to a server of the user that is meant alone") {
  test::redis_server server;
  const auto url = server.url();
  struct stat socket {};
  REQUIRE(::stat(url.substr(7).c_str(), &socket) == 0);
  net::io io;
  const redis::link good = redis::connect(io, quick(url + fmt::format("?owner={}", socket.st_uid)));
  REQUIRE(run_until_up(good, {"SET", "secret", "1"}));
  const redis::link wrong = redis::connect(io, quick(url + fmt::format("?owner={}", socket.st_uid + 1)));
  const auto refused = run(wrong, {"SET", "secret", "2"}, 500ms);
  REQUIRE_FALSE(refused);
  CHECK(text_of(refused.error()).find("is a server of the user with id") != std::string::npos);
  CHECK(run(good, {"GET", "secret"})->bytes == "1");
  const redis::link careless = redis::connect(io, quick(url)); // Negative control: nobody asks whose server it is.
  CHECK(run_until_up(careless, {"SET", "secret", "3"}));
}

TEST_CASE("redis client: replies come in the order of the commands, thousands in flight") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  constexpr int count = 5000;
  std::mutex guard;
  std::vector<int64_t> seen;
  std::promise<void> all;
  for (int i = 0; i < count; ++i)
    to.command({{"INCR"}, {"n"}, {}, in(20s)}, [&](caf::expected<redis::reply> r) {
      std::scoped_lock lock{guard};
      seen.push_back(r ? r->number : -1);
      if (seen.size() == count)
        all.set_value();
    });
  REQUIRE(all.get_future().wait_for(20s) == std::future_status::ready);
  for (int i = 0; i < count; ++i)
    REQUIRE(seen[static_cast<size_t>(i)] == i + 1);
}

TEST_CASE("redis client: every kind of reply arrives as it is") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"PING"})->bytes == "PONG");
  CHECK(run(to, {"GET", "absent"})->type == redis::reply::nil);
  std::string binary = "a\r\n\0b";
  binary.push_back('\0');
  CHECK(run(to, {"SET", "k", binary}));
  CHECK(run(to, {"GET", "k"})->bytes == binary);
  CHECK(run(to, {"RPUSH", "l", "1", "2"})->number == 2);
  auto nested = run(to, {"EVAL", "return {1, {'x', false}, redis.call('LRANGE', 'l', 0, -1)}", "0"});
  REQUIRE(nested);
  REQUIRE(nested->items.size() == 3);
  CHECK(nested->items[1].items[0].bytes == "x");
  CHECK(nested->items[1].items[1].type == redis::reply::nil);
  CHECK(nested->items[2].items[1].bytes == "2");
  auto wrong = run(to, {"INCR", "l"});
  REQUIRE_FALSE(wrong);
  CHECK(code_of(wrong.error()) == ec::internal);
  CHECK(text_of(wrong.error()).find("WRONGTYPE") != std::string::npos);
}

TEST_CASE("redis client: a script is loaded once, and again after SCRIPT FLUSH in the middle of a pipeline") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  for (int round = 0; round < 3; ++round) {
    std::vector<waiting> results(200);
    for (auto& w : results)
      to.eval(with_key, {"sum"}, {"1"}, in(10s), w.done());
    waiting flushed, other;
    to.command({{"SCRIPT", "FLUSH"}, {}, {}, in(10s)}, flushed.done());
    to.eval(twice, {}, {"ab"}, in(10s), other.done());
    for (auto& w : results)
      CHECK(w.take());
    CHECK(flushed.take());
    CHECK(other.take()->bytes == "abab");
  }
  CHECK(run(to, {"GET", "sum"})->bytes == "600"); // Repeated calls had no effect the first time: none counted twice.
  auto stats = run(to, {"INFO", "commandstats"});
  const auto loads = stats->bytes.find("cmdstat_script|load:calls=");
  REQUIRE(loads != std::string::npos);
  CHECK(std::stoi(stats->bytes.substr(loads + 26)) <= 12); // At most a few per flush, not one per call.
}

TEST_CASE(
  "redis client: SIGKILL of the server: what was sent is unknown, then calls are refused, then it works again") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"SET", "kept", "1"}));
  waiting blocked;
  to.command({{"BLPOP"}, {"never"}, {"0"}, in(30s)}, blocked.done());
  CHECK(run(redis::connect(io, quick(server.url())), {"PING"})); // The BLPOP has long left its client.
  server.kill();
  auto cut = blocked.take();
  REQUIRE_FALSE(cut);
  CHECK(code_of(cut.error()) == ec::unknown);
  auto refused = run(to, {"PING"});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::unavailable);
  CHECK_FALSE(to.status().ready);
  server.start();
  CHECK(run_until_up(to, {"GET", "kept"})->bytes == "1");
  CHECK(to.status().ready);
  waiting loaded;
  to.eval(twice, {}, {"x"}, in(5s), loaded.done());
  CHECK(loaded.take()->bytes == "xx");
}

TEST_CASE("redis client: a passed deadline is unknown when sent, unavailable when not, and the order stays") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"PING"}));
  waiting slow, behind;
  to.command({{"BLPOP"}, {"list"}, {"0"}, in(50ms)}, slow.done());
  to.command({{"ECHO", "behind"}, {}, {}, in(10s)}, behind.done());
  auto late = slow.take();
  REQUIRE_FALSE(late);
  CHECK(code_of(late.error()) == ec::unknown);
  CHECK(run(redis::connect(io, quick(server.url())), {"RPUSH", "list", "x"}));
  CHECK(behind.take()->bytes == "behind"); // Not the late reply of the BLPOP.
  auto past = run(to, {"PING"}, -1ms);
  REQUIRE_FALSE(past);
  CHECK(code_of(past.error()) == ec::unavailable);
}

TEST_CASE("redis client: a blocking connection that gets no answer in time is made anew") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url())).blocking();
  const auto first = run(to, {"CLIENT", "ID"})->number;
  auto late = run(to, {"BLPOP", "never", "0"}, 50ms);
  REQUIRE_FALSE(late);
  CHECK(code_of(late.error()) == ec::unknown);
  CHECK(run_until_up(to, {"CLIENT", "ID"})->number > first);
}

TEST_CASE("redis client: a full outbox answers busy and empties again") {
  test::redis_server server;
  net::io io;
  auto how = quick(server.url());
  how.outbox_max = 2;
  redis::link to = redis::connect(io, how);
  waiting first, second;
  to.command({{"BLPOP"}, {"l"}, {"0"}, in(20s)}, first.done());
  to.command({{"PING"}, {}, {}, in(20s)}, second.done());
  auto third = run(to, {"PING"});
  REQUIRE_FALSE(third);
  CHECK(code_of(third.error()) == ec::busy);
  CHECK(run(redis::connect(io, quick(server.url())), {"RPUSH", "l", "x"}));
  CHECK(first.take());
  CHECK(second.take());
  CHECK(run(to, {"PING"}));
}

TEST_CASE("redis client: after stop every call answers unavailable, at once") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"PING"}));
  to.stop();
  auto late = run(to, {"PING"});
  REQUIRE_FALSE(late);
  CHECK(code_of(late.error()) == ec::unavailable);
}

TEST_CASE("redis client: database and name of the URL are in force") {
  if (test::redis_server::is_cluster())
    return; // A cluster has one database.
  test::redis_server server;
  net::io io;
  auto how = quick(server.url() + "?db=3");
  how.name = "arrakis-test";
  redis::link to = redis::connect(io, how);
  auto info = run(to, {"CLIENT", "INFO"});
  REQUIRE(info);
  CHECK(info->bytes.find(" db=3 ") != std::string::npos);
  CHECK(info->bytes.find("name=arrakis-test") != std::string::npos);
}

TEST_CASE("redis actor: answers commands and scripts, with the errors of the port") {
  test::redis_server server;
  net::io io;
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  redis::link to = redis::connect(io, quick(server.url()));
  auto port = redis::start(sys, to);
  caf::scoped_actor self{sys};
  auto ask = [&](auto message) {
    std::optional<caf::expected<redis::reply>> result;
    self->request(port, 20s, std::move(message))
      .receive([&](redis::reply& r) { result.emplace(std::move(r)); },
               [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  };
  CHECK(ask(redis::command{{"SET"}, {"a"}, {"1"}, in(5s)})->bytes == "OK");
  CHECK(ask(redis::eval{&with_key, {"a"}, {"41"}, in(5s)})->number == 42);
  auto wrong = ask(redis::command{{"NO-SUCH-COMMAND"}, {}, {}, in(5s)});
  REQUIRE_FALSE(wrong);
  CHECK(code_of(wrong.error()) == ec::internal);
  server.kill();
  auto away = ask(redis::command{{"GET"}, {"a"}, {}, in(5s)});
  REQUIRE_FALSE(away);
  CHECK((code_of(away.error()) == ec::unknown || code_of(away.error()) == ec::unavailable));
  caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
}

TEST_CASE("redis client: a transaction is whole, alone, and needs no script that Redis knows") {
  test::redis_server server;
  net::io io;
  redis::link client = redis::connect(io, quick(server.url()));
  // Two writers add one in two steps each; whoever comes between them sees an odd number.
  const std::vector<redis::step> steps{{&with_key, {}, {"n"}, {"1"}},
                                       {nullptr, {"GET"}, {"n"}, {}},
                                       {&with_key, {}, {"n"}, {"1"}},
                                       {nullptr, {"LPUSH"}, {"n"}, {"not a list"}}};
  std::vector<waiting> open(200);
  for (size_t i = 0; i < open.size(); ++i) {
    if (i % 50 == 0)
      client.command({{"SCRIPT", "FLUSH"}, {}, {}, in(20s)}, [](const caf::expected<redis::reply>&) {});
    client.transaction(steps, in(20s), open[i].done());
  }
  for (size_t i = 0; i < open.size(); ++i) {
    auto got = open[i].take();
    REQUIRE(got);
    REQUIRE(got->items.size() == 4);
    CHECK(got->items[0].number == static_cast<int64_t>(2 * i + 1));
    CHECK(got->items[1].bytes == std::to_string(2 * i + 1));
    CHECK(got->items[2].number == static_cast<int64_t>(2 * i + 2));
    CHECK(got->items[3].type == redis::reply::error);
  }
  waiting bad;
  const std::vector<redis::step> wrong{{&with_key, {}, {"n"}, {"1"}}, {nullptr, {"NO-SUCH-COMMAND"}, {}, {}}};
  client.transaction(wrong, in(5s), bad.done());
  CHECK(code_of(bad.take().error()) == ec::internal);
  CHECK(run(client, {"GET", "n"})->bytes == "400"); // Nothing of it happened, and replies still meet their calls.
}

TEST_CASE("redis client: what leaves together and what leaves alone keeps its order, also when the socket is full") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"PING"})); // From now on the caller's own thread may write.
  const std::string large(200'000, 'x');
  std::vector<waiting> open;
  redis::batch together;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i)
      together.eval(with_key, {"n"}, {"1"}, in(20s), open.emplace_back().done());
    together.eval(twice, {}, {large}, in(20s), [](const caf::expected<redis::reply>&) {});
    to.send(together);
    CHECK(together.size() == 0);
    if (round % 3 == 0)
      to.command({{"INCR"}, {"n"}, {}, in(20s)}, open.emplace_back().done());
    if (round == 10)
      to.command({{"SCRIPT", "FLUSH"}, {}, {}, in(20s)}, [](const caf::expected<redis::reply>&) {});
  }
  int64_t sum = 0;
  for (auto& each : open)
    sum += each.take()->number > 0;
  CHECK(sum == 107);
  CHECK(run(to, {"GET", "n"})->bytes == "107"); // Each call once.
  std::vector<waiting> ordered(40);
  for (size_t i = 0; i < ordered.size(); ++i) {
    if (i % 4 == 3) {
      to.command({{"INCR"}, {"n"}, {}, in(20s)}, ordered[i].done());
      continue;
    }
    together.eval(with_key, {"n"}, {"1"}, in(20s), ordered[i].done());
    to.send(together);
  }
  for (size_t i = 0; i < ordered.size(); ++i)
    CHECK(ordered[i].take()->number == static_cast<int64_t>(108 + i));
}

TEST_CASE("redis client: calls that the caller wrote itself have their deadline, and end with their connection") {
  test::redis_server server;
  net::io io;
  redis::link to = redis::connect(io, quick(server.url()));
  CHECK(run(to, {"PING"}));
  const redis::script forever{"forever", {}, "while true do end"};
  redis::batch together;
  waiting late, cut;
  together.eval(forever, {}, {}, in(100ms), late.done());
  together.eval(twice, {}, {"x"}, in(30s), cut.done());
  to.send(together);
  CHECK(code_of(late.take().error()) == ec::unknown);
  server.kill();
  CHECK(code_of(cut.take().error()) == ec::unknown);
  server.start();
  CHECK(run_until_up(to, {"PING"})->bytes == "PONG");
  waiting after;
  together.eval(twice, {}, {"ab"}, in(5s), after.done());
  to.send(together);
  CHECK(after.take()->bytes == "abab");
  to.stop();
  waiting stopped;
  together.eval(twice, {}, {"ab"}, in(5s), stopped.done());
  to.send(together);
  CHECK(code_of(stopped.take().error()) == ec::unavailable);
}

namespace {
/// Calls of a subscriber, in order: "subscribed", or "channel: bytes".
class heard {
public:
  redis::subscriber ears() {
    return {[this] { note("subscribed"); },
            [this](const std::string& channel, const std::string& bytes) { note(channel + ": " + bytes); }};
  }
  /// The next one, waited for.
  std::string next() {
    std::unique_lock lock{guard_};
    REQUIRE(came_.wait_for(lock, 20s, [&] { return !list_.empty(); }));
    auto first = std::move(list_.front());
    list_.pop_front();
    return first;
  }

private:
  void note(std::string what) {
    const std::scoped_lock lock{guard_};
    list_.push_back(std::move(what));
    came_.notify_all();
  }
  std::mutex guard_;
  std::condition_variable came_;
  std::deque<std::string> list_;
};
} // namespace

TEST_CASE("redis client: a subscriber receives its channels' messages in order, and is notified after a reconnect") {
  test::redis_server server;
  net::io io;
  heard first;
  const auto link = redis::connect(io, quick(server.url()));
  auto subscription = link.subscribe({"a", "b"}, first.ears());
  CHECK(first.next() == "subscribed");
  CHECK(run(link, {"PUBLISH", "a", "1"})->number == 1);
  CHECK(run(link, {"PUBLISH", "elsewhere", "2"})->number == 0);
  CHECK(run(link, {"PUBLISH", "b", "3"})->number == 1);
  CHECK(first.next() == "a: 1");
  CHECK(first.next() == "b: 3");
  server.kill();
  server.start();
  CHECK(first.next() == "subscribed"); // Again, by itself.
  CHECK(run_until_up(link, {"PUBLISH", "a", "4"})->number == 1);
  CHECK(first.next() == "a: 4");
  subscription.reset();
  const auto end = in(20s);
  while (run(link, {"PUBLISH", "a", "5"})->number != 0) // The connection ends.
    REQUIRE_FALSE(end.passed(std::chrono::steady_clock::now()));
}

TEST_CASE(
  "redis client: negative control: a cluster refuses keys of two slots, and takes those that share their braces") {
  test::redis_server server;
  net::io io;
  const auto link = redis::connect(io, quick(server.url()));
  const auto two = run(link, {"MSET", "a", "1", "b", "2"});
  CHECK(bool{two} != test::redis_server::is_cluster());
  if (!two)
    CHECK(text_of(two.error()).find("CROSSSLOT") != std::string::npos);
  CHECK(run(link, {"MSET", "{x}a", "1", "{x}b", "2"}));
}

TEST_CASE("redis client: a push between replies is no reply, and breaks no connection") {
  test::redis_server server;
  net::io io;
  const auto link = redis::connect(io, quick(server.url())), other = redis::connect(io, quick(server.url()));
  REQUIRE(run(link, {"HELLO", "3"}));
  const auto me = run(link, {"CLIENT", "ID"})->number;
  REQUIRE(run(link, {"CLIENT", "TRACKING", "ON"}));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(run(link, {"GET", "k"}));
    REQUIRE(run(other, {"SET", "k", "x"})); // Redis pushes "invalidate" to the first one.
    CHECK(run(link, {"ECHO", "still here"})->bytes == "still here");
  }
  CHECK(run(link, {"CLIENT", "ID"})->number == me); // The same connection.
}
