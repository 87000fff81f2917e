#include "actors/jobs/jobs.hpp"

#include "runtime/metrics.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <set>
#include <stdexcept>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
int running = 0;

struct state {
  state() { ++running; }
  ~state() { --running; }
  caf::typed_response_promise<queue::outcome> open;
};

/// Does what its data says: answers, crashes in its handler, ends without an answer, or hangs.
queue::processor::behavior_type trial(queue::processor::stateful_pointer<state> self) {
  return {[self](const queue::process& x) -> caf::result<queue::outcome> {
    const auto& what = x.what.data_json;
    if (what == "throw")
      throw std::runtime_error("planned");
    self->state.open = self->make_response_promise<queue::outcome>();
    if (what == "quit")
      self->quit();
    else if (what == "answer") {
      self->state.open.deliver(queue::outcome{.value_json = "7"});
      self->quit();
    }
    return caf::delegated<queue::outcome>{};
  }};
}

const jobs::job_kind trial_kind{
  .name = "TRIAL",
  .help = "For tests.",
  .within = 5s,
  .start = [](caf::actor_system& sys, const jobs::services&) -> queue::processor { return sys.spawn(trial); }};

struct bench {
  test::sim_system sim;
  queue::processor jobs = jobs::start(sim.sys(), {}, {&trial_kind});
  caf::scoped_actor self{sim.sys()};
  queue::outcome run(std::string data, std::string name = "TRIAL") {
    auto pending = self->request(jobs, caf::infinite, queue::process{{"j", name, data}});
    sim.advance(6s);
    queue::outcome result;
    REQUIRE(self->has_next_message());
    pending.receive([&](queue::outcome& x) { result = std::move(x); }, [&](caf::error& e) { FAIL(text_of(e)); });
    return result;
  }
};
} // namespace

TEST_CASE("jobs: every end of a job actor is an answer to the queue, and none is left running") {
  bench b;
  CHECK(b.run("answer").what == queue::outcome::completed);
  CHECK(b.run("answer").value_json == "7");
  CHECK(b.run("throw").what == queue::outcome::failed_retryable);
  CHECK(b.run("quit").what == queue::outcome::failed_retryable);
  CHECK(b.run("hang").what == queue::outcome::failed_retryable);
  CHECK(running == 0);
  CHECK(b.run("answer").what == queue::outcome::completed); // And it still serves.
}

TEST_CASE("jobs: an unknown kind is final") {
  bench b;
  const auto got = b.run("answer", "NO_SUCH");
  CHECK(got.what == queue::outcome::failed_final);
  CHECK(got.reason.find("UNKNOWN_JOB_TYPE") != std::string::npos);
}

TEST_CASE("jobs: how many run is told when one begins, when one ends, and by whoever follows") {
  const auto told = [](const char* number) {
    return metrics::exposition().find(std::string{"\narrakis_jobs_running "} + number + "\n") != std::string::npos;
  };
  bench b;
  caf::anon_send(b.jobs, queue::process{{"j", "TRIAL", "hang"}});
  caf::anon_send(b.jobs, queue::process{{"k", "TRIAL", "hang"}});
  b.sim.run();
  CHECK(told("2"));
  b.sim.advance(6s);
  CHECK(told("0"));
  caf::anon_send(b.jobs, queue::process{{"l", "TRIAL", "hang"}});
  b.sim.run();
  CHECK(told("1"));
  caf::anon_send_exit(b.jobs, caf::exit_reason::kill);
  b.sim.run();
  bench next;
  next.sim.run();
  CHECK(told("0"));
}

TEST_CASE("jobs: job actors end with their processor") {
  bench b;
  caf::anon_send(b.jobs, queue::process{{"j", "TRIAL", "hang"}});
  b.sim.run();
  CHECK(running == 1);
  caf::anon_send_exit(b.jobs, caf::exit_reason::kill);
  b.sim.run();
  CHECK(running == 0);
}

TEST_CASE("jobs: the kinds of this build have distinct names, a help text and a limit") {
  std::set<std::string_view> names;
  for (const auto* kind : jobs::all()) {
    CHECK(names.insert(kind->name).second);
    CHECK_FALSE(kind->help.empty());
    CHECK(kind->within > 0s);
    CHECK(kind->start);
  }
  CHECK(names.contains("SYNTHESIZE_COMMUNITY"));
}
