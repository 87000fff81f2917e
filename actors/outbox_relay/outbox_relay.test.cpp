#include "actors/outbox_relay/relay_fixture.test.hpp"

#include "actors/outbox_relay/policy.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
using namespace arrakis::outbox_relay::test_bench;
namespace relay = arrakis::outbox_relay;

TEST_CASE(
  "outbox_relay: a manifest is stored and its row closed; a job is queued and its row stays open until its end") {
  fixture at;
  const auto store = at.owe_store(1, 3);
  const auto job = at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  CHECK(at.objects == std::set<std::string>{tenant(1).value + "/3"});
  CHECK(at.rows[store].closed);
  CHECK(at.added == std::vector<std::string>{"job-1"});
  CHECK_FALSE(at.rows[job].closed);
  CHECK(at.rows[job].sent_at_ms > 0);
}

TEST_CASE("outbox_relay: a hint is answered without waiting for the poll, and many hints need at most two reads") {
  fixture at;
  at.start({.poll = 60s});
  at.sim.advance(10ms);
  const auto looks = at.looks;
  at.owe_job(1, "job-1");
  for (int i = 0; i < 100; ++i)
    caf::anon_send(at.actor, relay::read_now{});
  at.sim.run();
  CHECK(at.added.size() == 1);
  CHECK(at.looks <= looks + 100); // Each kick that meets no look under way looks once; the fake answers at once.
}

TEST_CASE("outbox_relay: a crash between queueing and noting queues it once") {
  fixture at;
  const auto row = at.owe_job(1, "job-1");
  at.after_add = [&] { at.kill(); };
  at.start();
  at.sim.advance(1s);
  CHECK(at.added.size() == 1);
  CHECK(at.rows[row].sent_at_ms == 0); // Negative control: the note is missing, so the crash was where it should be.
  at.after_add = nullptr;
  at.start();
  at.sim.advance(1s);
  CHECK(at.added.size() == 1);
  CHECK(at.rows[row].sent_at_ms > 0);
}

TEST_CASE("outbox_relay: a crash between storing and closing stores the same again and closes") {
  fixture at;
  const auto row = at.owe_store(1, 1);
  at.start();
  at.outbox_away = false;
  at.marks_lost = true;
  at.sim.advance(1s);
  CHECK(at.rows[row].closed);
  at.rows[row].closed = false; // As if the close had been lost.
  at.sim.advance(1s);
  CHECK(at.written == 2);
  CHECK(at.rows[row].closed);
  CHECK(at.objects.size() == 1);
}

TEST_CASE("outbox_relay: without Redis manifests are stored all the same, and jobs follow by themselves") {
  fixture at;
  at.queue_away = true;
  for (int i = 1; i <= 50; ++i) {
    at.owe_job(i, "job-" + std::to_string(i));
    at.owe_store(i, 1);
  }
  at.start({.rows_max = 10});
  at.sim.advance(60s);
  CHECK(at.objects.size() == 50);
  CHECK(at.added.empty());
  at.queue_away = false;
  at.sim.advance(20s); // The longest rest is 15 s and a quarter.
  CHECK(at.added.size() == 50);
}

TEST_CASE("outbox_relay: with a full disk jobs are queued all the same, and manifests follow by themselves") {
  fixture at;
  at.disk_away = true;
  for (int i = 1; i <= 50; ++i) {
    at.owe_store(i, 1);
    at.owe_job(i, "job-" + std::to_string(i));
  }
  at.start({.rows_max = 10});
  at.sim.advance(60s);
  CHECK(at.added.size() == 50);
  CHECK(at.objects.empty());
  at.disk_away = false;
  at.sim.advance(20s);
  CHECK(at.objects.size() == 50);
}

TEST_CASE("outbox_relay: while PostgreSQL is away it polls with back-off, and continues by itself") {
  fixture at;
  at.outbox_away = true;
  at.owe_store(1, 1);
  at.start();
  at.sim.advance(5min);
  CHECK(at.looks == 0);
  at.outbox_away = false;
  at.sim.advance(7s); // The longest pause is 5 s and a quarter.
  CHECK(at.objects.size() == 1);
}

TEST_CASE("outbox_relay: a queue that never answers holds back nothing but its own rows") {
  fixture at;
  at.queue_silent = true;
  for (int i = 1; i <= 9; ++i)
    at.owe_job(i, "job-" + std::to_string(i));
  at.start({.rows_max = 10});
  at.sim.advance(1s);
  for (int version = 1; version <= 20; ++version)
    at.owe_store(1, version);
  at.sim.advance(20s);
  CHECK(at.objects.size() == 20);
}

TEST_CASE("outbox_relay: the tenant's share is asked for and kept") {
  fixture at;
  for (int i = 0; i < 100; ++i)
    at.owe_job(1, "many-" + std::to_string(i));
  at.owe_job(2, "few");
  at.to.queues["trials"].per_tenant_max = 8;
  at.start();
  at.sim.advance(5s);
  CHECK(at.per_tenant_seen <= 8);
  CHECK(std::count(at.added.begin(), at.added.end(), "few") == 1);
  CHECK(at.added.size() == 9);
}

TEST_CASE("outbox_relay: in any order and with faults at random everything is done once") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    fixture at;
    seed_jitter(seed);
    std::mt19937_64 random{seed};
    for (int i = 1; i <= 20; ++i) {
      at.owe_store(i, 1);
      at.owe_job(i, "job-" + std::to_string(i));
    }
    at.start();
    for (int step = 0; step < 40; ++step) {
      at.queue_away = random() % 3 == 0;
      at.disk_away = random() % 3 == 0;
      at.outbox_away = random() % 3 == 0;
      at.marks_lost = random() % 3 == 0;
      if (random() % 4 == 0) {
        at.kill();
        at.start();
      }
      at.sim.advance(std::chrono::milliseconds{random() % 2000});
    }
    at.queue_away = at.disk_away = at.outbox_away = at.marks_lost = false;
    at.sim.advance(60s);
    INFO("seed " << seed);
    CHECK(at.objects.size() == 20);
    CHECK(at.added.size() == 20);
    CHECK(at.open() == 20); // The jobs' rows: their end is somebody else's to record.
  }
}

TEST_CASE(
  "outbox_relay: a malformed row and an unknown kind are postponed with a long back-off and delay no other row") {
  fixture at;
  at.owe("store_manifest", 1, "{");
  at.owe("store_manifest", 1, R"({"version":"1"})");
  at.owe("enqueue_job", 1, "{}", "TRIAL", "x");
  const auto unknown = at.owe("enqueue_job", 1, R"({"data":{}})", "NO_SUCH_JOB", "y");
  const auto strange = at.owe("send_pigeon", 1, "{}");
  at.owe_store(2, 1);
  at.start();
  at.sim.advance(30s);
  CHECK(at.objects.size() == 1);
  for (const auto& [id, row] : at.rows)
    CHECK((row.closed || row.attempts == 1));
  CHECK(at.rows[strange].error.find("send_pigeon") != std::string::npos);
  CHECK(at.rows[unknown].error.find("NO_SUCH_JOB") != std::string::npos);
}

TEST_CASE("outbox_relay policy: rests grow and are bounded") {
  CHECK(relay::policy::rest(ec::unavailable, 0) == 500ms);
  CHECK(relay::policy::rest(ec::unknown, 3) == 4s);
  CHECK(relay::policy::rest(ec::unavailable, 1000) == 15s);
  CHECK(relay::policy::rest(ec::corrupt, 0) == 1min);
  CHECK(relay::policy::rest(ec::conflict, 1000) == 1h);
}

TEST_CASE("outbox_relay: a kind that never closes its rows is reported once and does not block its tenant") {
  for (const bool guarded : {true, false}) {
    CAPTURE(guarded);
    static std::vector<std::string> lines;
    lines.clear();
    log::set_sink([](std::string_view line) { lines.emplace_back(line); });
    fixture at;
    for (int i = 0; i < 4; ++i)
      at.owe_job(1, "stuck-" + std::to_string(i));
    const auto next = at.owe_job(1, "next");
    at.start({.poll = 10s, .counts_overdue = !guarded}); // Negative control: overdue rows go on counting.
    at.sim.advance(23h);
    for (auto& [id, state] : at.jobs)
      state = "active";
    CHECK(at.added.size() == 4);
    CHECK(at.rows[next].sent_at_ms == 0);
    at.sim.advance(2h);
    CHECK((at.rows[next].sent_at_ms > 0) == guarded);
    const auto told = std::ranges::count_if(
      lines, [](const auto& line) { return line.find("outbox_relay.row_overdue") != std::string::npos; });
    CHECK(told == 4);
    CHECK(metrics::exposition().find(R"(arrakis_outbox_relay_overdue_rows{job_kind="TRIAL",kind="enqueue_job"} 4)")
          != std::string::npos);
    log::set_sink(nullptr);
  }
}

TEST_CASE("outbox_relay: an overdue row is looked up every 15 minutes, and still closed by its end") {
  fixture at;
  const auto row = at.owe_job(1, "late", "RECORDED");
  at.start({.poll = 10s});
  at.sim.advance(25h);
  at.jobs["late"] = "active";
  at.sim.advance(1h);
  const auto look_ups = at.rows[row].look_ups;
  at.sim.advance(2h);
  CHECK(at.rows[row].look_ups - look_ups >= 7); // Poll and jitter add some seconds each time.
  CHECK(at.rows[row].look_ups - look_ups <= 8);
  at.jobs["late"] = "completed";
  at.sim.advance(16min);
  CHECK(at.rows[row].closed);
}

TEST_CASE("outbox_relay: the first failure after many look-ups is logged, and counts as the first") {
  static std::vector<std::string> lines;
  lines.clear();
  log::set_sink([](std::string_view line) { lines.emplace_back(line); });
  const auto failures = [] {
    return std::ranges::count_if(
      lines, [](const auto& line) { return line.find("outbox_relay.row_failed") != std::string::npos; });
  };
  fixture at;
  const auto row = at.owe_job(1, "long");
  at.start({.poll = 1s});
  at.sim.advance(1s);
  at.jobs["long"] = "active";
  for (const int look_ups : {2, 5}) { // A count of look-ups would be no power of two here.
    at.sim.advance(1s);
    while (at.rows[row].look_ups < look_ups)
      at.sim.advance(1s);
    CHECK(at.rows[row].attempts == 0);
  }
  CHECK(failures() == 0); // Negative control: a look-up is no failure.
  at.queue_away = true;
  while (at.rows[row].attempts == 0)
    at.sim.advance(100ms);
  CHECK(at.rows[row].attempts == 1);
  CHECK(failures() == 1);
  at.queue_away = false;
  at.sim.advance(60s);
  CHECK(at.rows[row].attempts == 0);
  log::set_sink(nullptr);
}
