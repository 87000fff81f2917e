#include "runtime/json.hpp"
#include "tests/support/queue_fixture.hpp"

#include <boost/json.hpp>

using namespace arrakis;
using namespace arrakis::queue::test;
using queue::outcome;

TEST_CASE("queue: a job is added once under its id, shown as it is, and counted") {
  queue_fixture t;
  CHECK(t.submit("hold", R"({"n":1})", {.id = "job-a"}) == "job-a");
  CHECK(t.submit("hold", R"({"n":2})", {.id = "job-a"}) == "job-a");
  CHECK(t.submit("hold", "{}", {.id = "later", .delay_ms = 60'000}) == "later");
  CHECK(t.submit("hold", "{}", {.id = "urgent", .priority = 1}) == "urgent");
  auto shown = t.show("job-a");
  CHECK(shown.what.data_json == R"({"n":1})");
  CHECK(shown.what.attempts == 3);
  CHECK(shown.state == "waiting");
  CHECK(shown.added_ms > 0);
  auto n = t.count();
  CHECK(n.waiting == 1);
  CHECK(n.delayed == 1);
  CHECK(n.prioritized == 1);
  CHECK_FALSE(n.is_paused);
  CHECK(t.state_of("nobody") == "unknown");
  CHECK(code_of(t.ask<queue::job_view>(t.queue, queue::get_job{"nobody", soon()}).error()) == ec::not_found);
  auto wrong = t.ask<queue::added>(t.queue, queue::add{"x", "{}", {.id = "12"}, soon()});
  REQUIRE_FALSE(wrong);
  CHECK(code_of(wrong.error()) == ec::invalid);
  CHECK(t.run({"HGET", t.key_of("job-a"), "opts"}).bytes.find(R"("backoff")") != std::string::npos);
}

TEST_CASE("queue: pages of each state list the oldest first, and an unknown state is refused") {
  queue_fixture t;
  for (auto id : {"a", "b", "c"})
    t.submit("hold", "{}", {.id = id});
  auto page = t.must<queue::job_list>(queue::list_jobs{"waiting", 0, 2, soon()});
  REQUIRE(page.jobs.size() == 2);
  CHECK(page.jobs[0].what.id == "a");
  CHECK(page.jobs[1].what.id == "b");
  page = t.must<queue::job_list>(queue::list_jobs{"waiting", 2, 2, soon()});
  REQUIRE(page.jobs.size() == 1);
  CHECK(page.jobs[0].what.id == "c");
  CHECK(code_of(t.ask<queue::job_list>(t.queue, queue::list_jobs{"lost", 0, 2, soon()}).error()) == ec::invalid);
}

TEST_CASE("queue: a worker completes a job, with value, times and events of BullMQ") {
  queue_fixture t;
  t.new_worker(t.new_clerk());
  t.submit("ok", "{}", {.id = "job-a"});
  CHECK(t.events_until("completed", "job-a") == std::vector<std::string>{"added", "waiting", "active", "completed"});
  auto shown = t.show("job-a");
  CHECK(shown.state == "completed");
  CHECK(shown.return_value == R"({"done":true})");
  CHECK(shown.what.attempts_made == 1);
  CHECK(shown.finished_ms >= shown.processed_ms);
}

TEST_CASE("queue: a failed attempt waits by the job's back-off and runs again; the last failure is buried and can be "
          "replayed") {
  queue_fixture t;
  t.new_worker(t.new_clerk());
  t.submit("fail", R"({"community":"c-1"})", {.id = "job-a", .attempts = 3, .backoff = {"fixed", 30}});
  t.events_until("failed", "job-a");
  auto shown = t.show("job-a");
  CHECK(shown.state == "failed");
  CHECK(shown.failed_reason == "it broke");
  CHECK(shown.what.attempts_made == 3);
  CHECK(shown.stacktrace.size() == 3);
  auto dead = t.must<queue::job_list>(queue::list_jobs{"dead", 0, 10, soon()});
  REQUIRE(dead.jobs.size() == 1);
  CHECK(dead.jobs[0].what.id == "job-a");
  CHECK(dead.jobs[0].what.data_json.find(R"("attemptsMade":3)") != std::string::npos);

  t.must<queue::done>(queue::replay{"job-a", soon()});
  t.events_until("failed", "job-a");
  CHECK(t.show("job-a").what.attempts_made == 3); // Three new attempts, not a fourth.
  dead = t.must<queue::job_list>(queue::list_jobs{"dead", 0, 10, soon()});
  CHECK(dead.jobs.size() == 1);
  CHECK(code_of(t.ask<queue::done>(t.queue, queue::replay{"nobody", soon()}).error()) == ec::not_found);
  CHECK(code_of(t.ask<queue::done>(t.queue, queue::retry{"nobody", soon()}).error()) == ec::not_found);
}

TEST_CASE("queue: a dead letter outlives the job, and is refused where its data was redacted") {
  queue_fixture t;
  t.new_worker(t.new_clerk());
  t.submit("final", R"({"community":"c-1"})", {.id = "plain"});
  t.submit("final", R"({"userId":"42"})", {.id = "personal"});
  t.events_until("failed", "plain");
  t.events_until("failed", "personal");
  for (auto id : {"plain", "personal"}) { // As after the seven days of a failed job.
    t.run({"ZREM", t.key_of("failed"), id});
    t.run({"DEL", t.key_of(id)});
  }
  CHECK(t.show("plain").state == "dead");
  t.must<queue::done>(queue::replay{"plain", soon()});
  t.events_until("failed", "plain");
  CHECK(t.show("plain").what.data_json == R"({"community":"c-1"})");
  CHECK(code_of(t.ask<queue::done>(t.queue, queue::replay{"personal", soon()}).error()) == ec::refused);
}

TEST_CASE("queue: retry takes a failed job only") {
  queue_fixture t;
  t.submit("hold", "{}", {.id = "job-a"});
  auto wrong = t.ask<queue::done>(t.queue, queue::retry{"job-a", soon()});
  REQUIRE_FALSE(wrong);
  CHECK(code_of(wrong.error()) == ec::conflict);
  CHECK(text_of(wrong.error()) == "job job-a is waiting, not failed");
}

TEST_CASE("queue: while paused nothing is handed out and nothing is lost, also when paused twice") {
  queue_fixture t;
  t.must<queue::done>(queue::pause{true, soon()});
  t.submit("ok", "{}", {.id = "first"});
  t.must<queue::done>(queue::pause{true, soon()});
  t.submit("ok", "{}", {.id = "second"});
  t.new_worker(t.new_clerk());
  CHECK(t.count().is_paused);
  CHECK(t.count().paused == 2);
  t.must<queue::done>(queue::pause{false, soon()});
  t.must<queue::done>(queue::pause{false, soon()});
  t.events_until("completed", "first");
  t.events_until("completed", "second");
  CHECK_FALSE(t.count().is_paused);
}

TEST_CASE("queue: progress is stored with the job") {
  queue_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  t.submit("hold", "{}", {.id = "job-a"});
  CHECK(t.visits->next().id == "job-a");
  caf::anon_send(t.queue, queue::progress{"job-a", R"({"current":2})"});
  t.events_until("progress", "job-a");
  CHECK(t.show("job-a").progress == R"({"current":2})");
  caf::anon_send(clerk, answer{"job-a", {}});
  t.events_until("completed", "job-a");
}
