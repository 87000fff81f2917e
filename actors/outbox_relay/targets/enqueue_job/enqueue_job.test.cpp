#include "actors/outbox_relay/relay_fixture.test.hpp"
#include "actors/outbox_relay/targets/enqueue_job/policy.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::targets;
using namespace arrakis::outbox_relay::test_bench;

TEST_CASE("enqueue_job: the data of a job is read from its row, and a fault names the row") {
  jobs::job_terms kind{.name = "TRIAL", .help = "For tests.", .queue = &jobs::discord_synthesis};
  outbox::row row{.id = 7, .kind = "enqueue_job", .payload_json = R"({"data":{"z":1,"a":[2]}})"};
  const auto data = enqueue_job::data_in(row, kind);
  REQUIRE(data);
  CHECK(*data == R"({"z":1,"a":[2]})");
  kind.payload = {{jobs::field::text, "name"}};
  CHECK(text_of(enqueue_job::data_in(row, kind).error())
        == "outbox row 7 (enqueue_job): data of TRIAL: field 'name' must be a text");
  row.payload_json = "[]";
  CHECK(text_of(enqueue_job::data_in(row, kind).error()) == "outbox row 7 (enqueue_job): 'data' is missing");
}

TEST_CASE("enqueue_job: what Redis has forgotten is sent again, and what it knows is not") {
  fixture at;
  at.owe_job(1, "job-1");
  at.owe_job(2, "job-2");
  at.start();
  at.sim.advance(1s);
  REQUIRE(at.added.size() == 2);
  at.sim.advance(60s);
  CHECK(at.added.size() == 2);
  at.jobs.erase("job-1");
  at.sim.advance(25s);
  CHECK(at.added.size() == 3);
  CHECK(at.added.back() == "job-1");
  at.jobs.clear(); // FLUSHALL.
  at.sim.advance(25s);
  CHECK(at.added.size() == 5);
}

TEST_CASE("enqueue_job: a running job is left alone however long it runs") {
  fixture at;
  at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  for (const char* state : {"active", "delayed", "paused", "prioritized", "waiting"}) {
    at.jobs["job-1"] = state;
    at.sim.advance(120s);
  }
  CHECK(at.added.size() == 1);
  CHECK(at.retries + at.replays == 0);
}

TEST_CASE("enqueue_job: a failed or dead job whose end was not recorded runs again, a bounded number of times") {
  for (const bool dead : {false, true}) {
    fixture at;
    const auto row = at.owe_job(1, "job-1");
    at.start();
    at.sim.advance(1s);
    for (int i = 0; i < 2000; ++i) {
      at.jobs["job-1"] = dead ? "dead" : "failed";
      at.sim.advance(10s);
    }
    CHECK((dead ? at.replays : at.retries) == 5);
    CHECK((dead ? at.retries : at.replays) == 0);
    CHECK_FALSE(at.rows[row].closed);
    CHECK(at.rows[row].error.find("arrakisctl jobs show --queue trials job-1") != std::string::npos);
  }
}

TEST_CASE(
  "enqueue_job: a completed job whose end was not recorded is neither sent nor closed until the queue forgets it") {
  fixture at;
  const auto row = at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  at.jobs["job-1"] = "completed";
  at.sim.advance(10min);
  CHECK(at.added.size() == 1);
  CHECK_FALSE(at.rows[row].closed);
  at.jobs.clear();
  at.sim.advance(2h);
  CHECK(at.added.size() == 2);
}

TEST_CASE("enqueue_job: the end that the queue recorded closes the row of a kind that says so, also a failure") {
  for (const char* end : {"completed", "failed", "dead"}) {
    fixture at;
    const auto row = at.owe_job(1, "job-1", "RECORDED");
    at.start();
    at.sim.advance(1s);
    at.jobs["job-1"] = "active";
    at.sim.advance(60s);
    CHECK_FALSE(at.rows[row].closed);
    at.jobs["job-1"] = end;
    at.sim.advance(11s);
    CHECK(at.rows[row].closed);
    CHECK(at.added.size() == 1);
    CHECK(at.retries + at.replays == 0);
  }
}

TEST_CASE("enqueue_job: a job is looked up in the queue that it was given to, also when its kind has moved since") {
  fixture at;
  const auto row = at.owe_job(1, "job-1");
  at.to.queues["earlier"] = {at.sim.sys().spawn(fake_queue, static_cast<memory*>(&at)), 4};
  at.start();
  at.sim.advance(1s);
  CHECK(at.rows[row].queue == "trials");
  at.rows[row].queue = "earlier";
  caf::anon_send_exit(at.to.queues["trials"].port, caf::exit_reason::kill);
  at.sim.advance(12s);
  CHECK(at.rows[row].error == ""); // The queue "trials" would not have answered.
}
