#include "tests/support/queue_fixture.hpp"

#include "runtime/clock.hpp"

#include <atomic>
#include <set>

using namespace arrakis;
using namespace arrakis::queue::test;
using queue::outcome;

TEST_CASE("worker: a delayed job runs when it is due, not before, though the marker was taken long before") {
  queue_fixture t;
  t.how.drain_delay = 20s; // Only the marker can wake it in time.
  t.new_worker(t.new_clerk(), t.how);
  const auto before = wall_ms();
  t.submit("ok", "{}", {.id = "job-a", .delay_ms = 300});
  t.events_until("completed", "job-a");
  auto shown = t.show("job-a");
  CHECK(shown.processed_ms - before >= 300);
  CHECK(shown.processed_ms - before < 15'000);
}

namespace {
std::atomic<int64_t> node_ahead_ms{0};

/// This process's wall clock is what the test says, until its end.
struct node_clock {
  explicit node_clock(std::chrono::hours ahead) {
    static const int64_t base_ms = wall_ms() - steady_ms();
    node_ahead_ms = std::chrono::milliseconds{ahead}.count();
    set_wall_clock([] { return base_ms + steady_ms() + node_ahead_ms; });
  }
  ~node_clock() { set_wall_clock(nullptr); }
  static int64_t steady_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};
} // namespace

TEST_CASE("worker: a back-off ends in its time, though the node's clock is set an hour back meanwhile") {
  node_clock clock{1h};
  queue_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  t.submit("hold", "{}", {.id = "job-a", .attempts = 2, .backoff = {.delay_ms = 50}});
  t.visits->next();
  caf::anon_send(clerk, answer{"job-a", {outcome::failed_retryable, {}, "not yet", {}}});
  t.events_until("delayed", "job-a");
  node_ahead_ms = 0;
  CHECK(t.visits->next().attempts_made == 1);
  caf::anon_send(clerk, answer{"job-a", {}});
  t.events_until("completed", "job-a");
}

TEST_CASE("worker: a node that is an hour ahead runs nothing an hour early") {
  queue_fixture t;
  t.submit("ok", "{}", {.id = "later", .delay_ms = 600'000});
  node_clock clock{1h};
  t.new_worker(t.new_clerk());
  t.submit("ok", "{}", {.id = "now"});
  t.events_until("completed", "now"); // Each take of a job moves all due ones.
  CHECK(t.state_of("later") == "delayed");
}

TEST_CASE("worker: at most `concurrency` jobs at once, and each end brings the next") {
  queue_fixture t;
  t.how.concurrency = 3;
  auto clerk = t.new_clerk();
  t.new_worker(clerk, t.how);
  for (int i = 0; i < 7; ++i)
    t.submit("hold", "{}", {.id = "j" + std::to_string(i)});
  std::set<std::string> open;
  for (int i = 0; i < 3; ++i)
    open.insert(t.visits->next().id);
  CHECK(open == std::set<std::string>{"j0", "j1", "j2"});
  CHECK(t.count().active == 3);
  for (int i = 3; i < 7; ++i) {
    caf::anon_send(clerk, answer{*open.begin(), {}});
    open.erase(open.begin());
    open.insert(t.visits->next().id);
    CHECK(t.visits->empty());
  }
  CHECK(open == std::set<std::string>{"j4", "j5", "j6"});
}

TEST_CASE("worker: a postponed job waits without using an attempt") {
  queue_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  t.submit("hold", "{}", {.id = "frozen", .attempts = 1});
  for (int i = 0; i < 3; ++i) {
    CHECK(t.visits->next().attempts_made == 0);
    caf::anon_send(clerk, answer{"frozen", {outcome::postponed, {}, {}, 20ms}});
    t.events_until("delayed", "frozen");
  }
  CHECK(t.visits->next().attempts_made == 0);
  caf::anon_send(clerk, answer{"frozen", {}});
  t.events_until("completed", "frozen");
}

TEST_CASE("worker: the end of a job waits while Redis takes no writes, and is recorded once; adding is unavailable") {
  queue_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  for (const std::string setting : {"maxmemory", "min-replicas-to-write"}) {
    const auto id = "through-" + setting;
    t.submit("hold", "{}", {.id = id});
    CHECK(t.visits->next().id == id);
    t.run({"CONFIG", "SET", setting, "1"});
    caf::anon_send(clerk, answer{id, {outcome::completed, "7", {}, {}}});
    const auto refused = t.ask<queue::added>(t.queue, queue::add{"ok", "{}", {}, soon()});
    REQUIRE_FALSE(refused);
    CHECK(code_of(refused.error()) == ec::unavailable); // The outbox repeats such an error soon, without an alert.
    if (setting != "maxmemory") // Without memory Redis lets a script go on that begins with a deletion, as an end does.
      CHECK(t.state_of(id) == "active");
    t.run({"CONFIG", "SET", setting, "0"});
    const auto seen = t.events_until("completed", id);
    CHECK(std::find(seen.begin(), seen.end(), "stalled") == seen.end());
    CHECK(t.show(id).return_value == "7");
    CHECK(t.visits->empty());
  }
}

TEST_CASE("worker: one that falls silent loses its jobs to another, and its own late end changes nothing") {
  queue_fixture t;
  auto silent = t.how;
  silent.concurrency = 1; // The worker cannot take its own job again.
  auto clerk = t.new_clerk();
  auto first = t.new_worker(clerk, silent);
  t.submit("hold", "{}", {.id = "job-a"});
  t.visits->next();
  t.end_lock("job-a");
  auto other = t.new_clerk();
  t.new_worker(other);
  t.events_until("stalled", "job-a");
  t.visits->next();
  caf::anon_send(clerk, answer{"job-a", {outcome::failed_final, {}, "too late", {}}});
  CHECK(t.ask<queue::done>(first, queue::close{})); // The worker has dropped the outcome.
  CHECK(t.state_of("job-a") == "active");
  caf::anon_send(other, answer{"job-a", {outcome::completed, "7", {}, {}}});
  t.events_until("completed", "job-a");
  CHECK(t.show("job-a").return_value == "7");
  CHECK(t.must<queue::job_list>(queue::list_jobs{"dead", 0, 9, soon()}).jobs.empty());
}

TEST_CASE("worker: a job longer than the lock keeps it; killed, another worker takes the job over") {
  queue_fixture t;
  auto first = t.new_worker(t.new_clerk());
  t.submit("hold", "{}", {.id = "job-a"});
  t.visits->next();
  const auto lock = t.key_of("job-a:lock");
  const auto left = [&] { return t.run({"PTTL", lock}).number; };
  for (int i = 0; i < 3; ++i) { // Nearly over, it is given its whole life again.
    const auto nearly = t.how.lock.count() / 2;
    REQUIRE(t.run({"PEXPIRE", lock, std::to_string(nearly)}).number == 1);
    for (const auto end = soon(); left() <= nearly;)
      REQUIRE_FALSE(end.passed(std::chrono::steady_clock::now()));
  }
  auto other = t.new_clerk();
  t.new_worker(other);
  t.self->monitor(first);
  caf::anon_send_exit(first, caf::exit_reason::kill);
  t.self->receive([](const caf::down_msg&) {}, caf::after(patience) >> [] { FAIL("the worker lives on"); });
  CHECK(t.run({"HEXISTS", t.key_of("job-a"), "stc"}).number == 0);
  CHECK(t.state_of("job-a") == "active");
  t.end_lock("job-a"); // Nobody renews it now.
  CHECK(t.visits->next().id == "job-a");
  caf::anon_send(other, answer{"job-a", {}});
  t.events_until("completed", "job-a");
  CHECK(t.run({"HGET", t.key_of("job-a"), "stc"}).bytes == "1");
}

TEST_CASE("worker: a job that stalled too often fails unread, and is buried") {
  queue_fixture t;
  t.submit("hold", "{}", {.id = "poison"});
  t.run({"HSET", t.key_of("poison"), "defa", "job stalled more than allowable limit"});
  t.new_worker(t.new_clerk());
  t.events_until("failed", "poison");
  CHECK(t.visits->empty());
  CHECK(t.show("poison").failed_reason == "job stalled more than allowable limit"); // BullMQ's words.
  CHECK(t.last_failed_reason == "job stalled more than allowable limit");
  auto dead = t.must<queue::job_list>(queue::list_jobs{"dead", 0, 9, soon()});
  REQUIRE(dead.jobs.size() == 1);
  CHECK(dead.jobs[0].what.data_json.find(R"("code":"STALLED")") != std::string::npos);
}

TEST_CASE("worker: its concurrency grows and shrinks while it works, and no job is lost or held back") {
  queue_fixture t;
  t.how.concurrency = 1;
  auto clerk = t.new_clerk();
  auto worker = t.new_worker(clerk, t.how);
  for (int i = 0; i < 9; ++i)
    t.submit("hold", "{}", {.id = "j" + std::to_string(i)});
  const auto end = [&](const std::string& id) { caf::anon_send(clerk, answer{id, {}}); };
  CHECK(t.visits->next().id == "j0");
  REQUIRE(t.ask<queue::done>(worker, queue::set_concurrency{3}));
  std::set<std::string> two{t.visits->next().id, t.visits->next().id};
  CHECK(two == std::set<std::string>{"j1", "j2"});
  REQUIRE(t.ask<queue::done>(worker, queue::set_concurrency{1}));
  for (const auto* id : {"j1", "j2"}) { // Two too many: their ends bring no next one.
    end(id);
    t.events_until("completed", id);
    CHECK(t.count().active == (id == std::string{"j1"} ? 2 : 1));
    CHECK(t.visits->empty());
  }
  for (int i : {0, 3, 4}) { // One by one again.
    end("j" + std::to_string(i));
    CHECK(t.visits->next().id == "j" + std::to_string(i == 0 ? 3 : i + 1));
    CHECK(t.count().active == 1);
  }
  REQUIRE(t.ask<queue::done>(worker, queue::set_concurrency{4}));
  for (int i = 0; i < 3; ++i)
    t.visits->next();
  CHECK(t.count().active == 4);
  CHECK(code_of(t.ask<queue::done>(worker, queue::set_concurrency{0}).error()) == ec::invalid);
}

TEST_CASE("worker: a strategy of its own sees the error and the whole job") {
  queue_fixture t;
  std::promise<std::string> seen;
  t.how.custom_back_off = [&](const queue::failed_attempt& x) -> std::optional<std::chrono::milliseconds> {
    seen.set_value(std::string{x.type} + "|" + std::string{x.reason} + "|" + x.of.id + "|" + x.of.data_json);
    return std::nullopt;
  };
  t.new_worker(t.new_clerk(), t.how);
  t.submit("fail", R"({"wait":7})", {.id = "job-a", .attempts = 3, .backoff = {"mine", 1}});
  t.events_until("failed", "job-a");
  CHECK(seen.get_future().get() == R"(mine|it broke|job-a|{"wait":7})");
}

TEST_CASE("worker: one that met a limit looks again as often as it is told") {
  queue_fixture t;
  t.how.limiter = queue::limiter{1, 1h};
  t.how.rate_limit_delay_max =
    50ms; // Negative control: with the default of 30 s the second job is not in the test's time.
  t.how.concurrency = 1;
  auto clerk = t.new_clerk();
  t.new_worker(clerk, t.how);
  t.submit("ok", "{}", {.id = "first"});
  t.events_until("completed", "first");
  t.submit("ok", "{}", {.id = "second"});
  CHECK(t.run({"PTTL", t.key_of("limiter")}).number > 3'000'000);
  t.run({"DEL", t.key_of("limiter")});
  t.events_until("completed", "second");
}

TEST_CASE("worker: a closing worker takes no more jobs and answers when the last one has ended") {
  queue_fixture t;
  t.how.concurrency = 1;
  auto clerk = t.new_clerk();
  auto worker = t.new_worker(clerk, t.how);
  t.submit("hold", "{}", {.id = "first"});
  t.submit("hold", "{}", {.id = "second"});
  CHECK(t.visits->next().id == "first");
  caf::scoped_actor asker{t.sys};
  auto closed = asker->request(worker, patience, queue::close{});
  caf::anon_send(clerk, answer{"first", {}});
  closed.receive([](queue::done) {}, [](caf::error& e) { FAIL(text_of(e)); });
  CHECK(t.state_of("first") == "completed");
  CHECK(t.state_of("second") == "waiting");
  CHECK(t.visits->empty());
}

TEST_CASE("worker: a processor that dies fails its jobs' attempts, and the worker ends for its supervisor to see") {
  queue_fixture t;
  auto clerk = t.new_clerk();
  auto worker = t.new_worker(clerk);
  t.submit("hold", "{}", {.id = "job-a", .backoff = {"fixed", 10}});
  t.visits->next();
  t.self->monitor(worker);
  caf::anon_send(clerk, crash{});
  bool ended = false;
  t.self->receive(
    [&](const caf::down_msg& down) {
      ended = true;
      CHECK(down.reason);
    },
    caf::after(patience) >> [] { FAIL("the worker lives on"); });
  CHECK(ended);
  auto shown = t.show("job-a");
  CHECK(shown.what.attempts_made == 1);
  CHECK(shown.failed_reason.find("crashed by the test") != std::string::npos);
  auto other = t.new_clerk();
  t.new_worker(other);
  CHECK(t.visits->next().attempts_made == 1);
}

TEST_CASE("worker: Redis killed with jobs in hand: their ends are recorded when it is back") {
  queue_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk, t.how);
  t.submit("hold", "{}", {.id = "a"});
  t.submit("hold", "{}", {.id = "b"});
  t.visits->next();
  t.visits->next();
  t.server.kill();
  caf::anon_send(clerk, answer{"a", {}});
  caf::anon_send(clerk, answer{"b", {}});
  t.server.start();
  t.events_until("completed", "a");
  t.last_event = "0";
  t.events_until("completed", "b");
  auto added = t.ask<queue::added>(t.queue, queue::add{"ok", "{}", {.id = "c"}, soon()});
  while (!added)
    added = t.ask<queue::added>(t.queue, queue::add{"ok", "{}", {.id = "c"}, soon()});
  t.events_until("completed", "c");
}

TEST_CASE("worker: SCRIPT FLUSH between and during jobs goes unnoticed") {
  queue_fixture t;
  t.new_worker(t.new_clerk());
  for (int i = 0; i < 50; ++i) {
    t.submit("ok", "{}", {.id = "j" + std::to_string(i)});
    if (i % 10 == 0)
      t.run({"SCRIPT", "FLUSH"});
  }
  for (int i = 0; i < 50; ++i) {
    t.last_event = "0";
    t.events_until("completed", "j" + std::to_string(i));
  }
  CHECK(t.count().completed == 50);
  CHECK(t.count().active == 0);
}

TEST_CASE("worker: the limiter hands out so many in its time, over two workers") {
  queue_fixture t;
  t.how.limiter = queue::limiter{3, 400ms};
  t.new_worker(t.new_clerk(), t.how);
  t.new_worker(t.new_clerk(), t.how);
  for (int i = 0; i < 9; ++i)
    t.submit("ok", "{}", {.id = "j" + std::to_string(i)});
  std::vector<int64_t> times;
  for (int i = 0; i < 9; ++i) {
    t.last_event = "0";
    t.events_until("active", "j" + std::to_string(i));
    times.push_back(t.event_ms);
  }
  std::sort(times.begin(), times.end());
  CHECK(times[8] - times[0] >= 790); // Three windows of three; the window opens a moment before its first event.
}

TEST_CASE("worker: it is listed by its connection's name") {
  queue_fixture t;
  t.how.worker_name = "pod-1";
  t.new_worker(t.new_clerk(), t.how);
  t.submit("ok", "{}", {.id = "job-a"});
  t.events_until("completed", "job-a");
  CHECK(t.run({"CLIENT", "LIST"}).bytes.find("name=bull:e2Rpc2NvcmQtc3ludGhlc2lzfQ==:w:pod-1") != std::string::npos);
  CHECK(t.run({"HGET", t.key_of("job-a"), "pb"}).bytes == "pod-1");
}

TEST_CASE("worker: it closes at once also while the limiter makes it wait") {
  queue_fixture t;
  t.how.limiter = queue::limiter{1, 60'000ms};
  auto worker = t.new_worker(t.new_clerk(), t.how);
  t.submit("ok", "{}", {.id = "first"});
  t.submit("ok", "{}", {.id = "second"});
  t.events_until("completed", "first");
  CHECK(t.ask<queue::done>(worker, queue::close{}));
  CHECK(t.state_of("second") == "waiting");
}

TEST_CASE("worker: a processor that does not answer in time has failed the attempt") {
  queue_fixture t;
  t.how.job_within = 100ms;
  auto clerk = t.new_clerk();
  t.new_worker(clerk, t.how);
  t.submit("hold", "{}", {.id = "slow", .attempts = 1});
  t.visits->next();
  t.events_until("failed", "slow");
  CHECK(t.show("slow").failed_reason == "the processor did not answer in time");
  caf::anon_send(clerk, answer{"slow", {}}); // Finds nobody.
  t.submit("ok", "{}", {.id = "next"});
  t.events_until("completed", "next");
  CHECK(t.state_of("slow") == "failed");
}
