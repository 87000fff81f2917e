#include "actors/jobs/jobs.hpp"

#include "adapters/postgres/job_ends/messages.hpp"
#include "runtime/log.hpp"
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
  .terms = {.name = "TRIAL", .help = "For tests.", .queue = &jobs::discord_synthesis},
  .within = 5s,
  .start = [](caf::actor_system& sys, const jobs::services&) -> queue::processor { return sys.spawn(trial); }};

struct bench {
  explicit bench(const std::vector<const jobs::job_kind*>& kinds = {&trial_kind})
    : jobs(jobs::start(sim.sys(), {}, {}, kinds)) {}
  test::sim_system sim;
  queue::processor jobs;
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

TEST_CASE("jobs: data that is not as the kind says is final, and no actor is started for it") {
  const jobs::job_kind strict{.terms = {.name = "STRICT",
                                        .help = "For tests.",
                                        .queue = &jobs::discord_synthesis,
                                        .payload = {{jobs::field::uuid, "communityId"},
                                                    {jobs::field::positive, "version"},
                                                    {jobs::field::snowflake, "guild", false},
                                                    {jobs::field::text, "why", false}}},
                              .within = 5s,
                              .start = trial_kind.start};
  const auto fault = [&](std::string_view data) { return text_of(jobs::check_payload(strict.terms, data)); };
  const std::string community = R"("communityId":"6ba7b810-9dad-11d1-80b4-000000000011")";
  CHECK_FALSE(jobs::check_payload(strict.terms, "{" + community + R"(,"version":1,"more":[]})"));
  CHECK(fault("nothing").starts_with("data of STRICT: "));
  CHECK(fault("[]") == "data of STRICT: must be an object");
  CHECK(fault(R"({"communityId":"x","version":1})")
        == "data of STRICT: field 'communityId' must be a UUID other than nil");
  CHECK(fault("{" + community + "}") == "data of STRICT: field 'version' must be a positive integer");
  CHECK(fault("{" + community + R"(,"version":0})") == "data of STRICT: field 'version' must be a positive integer");
  CHECK(fault("{" + community + R"(,"version":1,"guild":7})")
        == "data of STRICT: field 'guild' must be a snowflake as a text");
  CHECK(fault("{" + community + R"(,"version":1,"why":{}})") == "data of STRICT: field 'why' must be a text");

  bench b{{&strict}};
  const auto got = b.run("[]", "STRICT");
  CHECK(got.what == queue::outcome::failed_final);
  CHECK(got.reason == "INVALID_PAYLOAD: data of STRICT: must be an object");
}

namespace {
/// A service that one kind alone needs.
struct ration {
  std::string value_json;
};
queue::processor start_ration(caf::actor_system& sys, const jobs::services& svc) {
  const auto body = [given = svc.available->get<ration>(), report = svc.report](queue::processor::pointer self) {
    return queue::processor::behavior_type{[=](const queue::process& x) -> caf::result<queue::outcome> {
      if (report)
        report({x.what.id, "50"});
      self->quit();
      return queue::outcome{.value_json = given.value_json};
    }};
  };
  return sys.spawn(body);
}
constexpr jobs::job_queue kitchen{.name = "kitchen", .help = "For tests."};
const jobs::job_kind ration_kind{.terms = {.name = "RATION", .help = "For tests.", .queue = &jobs::discord_synthesis},
                                 .within = 5s,
                                 .start = start_ration};
const jobs::job_kind supper_kind{
  .terms = {.name = "SUPPER", .help = "For tests.", .queue = &kitchen}, .within = 5s, .start = start_ration};

/// The outcome of one job of this kind.
queue::outcome run_one(const services& available, const std::string& kind, jobs::reporter report = {}) {
  test::sim_system sim;
  caf::scoped_actor self{sim.sys()};
  auto processor = jobs::start(sim.sys(), {.available = &available}, std::move(report), {&ration_kind, &supper_kind});
  auto pending = self->request(processor, caf::infinite, queue::process{{"j", kind, ""}});
  sim.advance(6s);
  queue::outcome got;
  pending.receive([&](queue::outcome& x) { got = std::move(x); }, [](caf::error& e) { FAIL(text_of(e)); });
  return got;
}
} // namespace

TEST_CASE("jobs: a kind finds by type what it alone needs") {
  services available;
  available.provide(ration{"42"});
  CHECK(run_one(available, "RATION").value_json == "42");
}

TEST_CASE("jobs: a job whose kind needs what this process does not provide waits for another, and uses no attempt") {
  static std::string lines;
  static int told = 0;
  lines.clear();
  told = 0;
  log::set_sink([](std::string_view x) {
    lines += x;
    told += x.find("services.extension_left_out") != x.npos ? 1 : 0;
  });
  bench b{{&ration_kind}};
  for (int i = 0; i < 3; ++i) {
    const auto got = b.run("", "RATION");
    CHECK(got.what == queue::outcome::postponed);
    CHECK(got.wait > 0ms);
    CHECK(got.reason.find("MISSING_SERVICE") != std::string::npos);
  }
  log::set_sink(nullptr);
  CHECK(told == 1); // However often it comes.
  CHECK(lines.find("ration") != lines.npos);
}

TEST_CASE("jobs: the progress of a job goes to the queue of its kind") {
  services available;
  available.provide(ration{"42"});
  std::vector<std::string> told;
  const auto report = [&](const jobs::job_queue& to, const queue::progress& x) {
    told.push_back(std::string{to.name} + " " + x.job + " " + x.json);
  };
  run_one(available, "RATION", report);
  run_one(available, "SUPPER", report);
  CHECK(told == std::vector<std::string>{"discord-synthesis j 50", "kitchen j 50"});
}

namespace {
/// The work items' ends in memory.
struct memory {
  std::set<std::string> recorded; ///< "tenant job"
  bool away = false;
};
job_ends::handle::behavior_type ends_in(job_ends::handle::pointer, memory* w) {
  return {
    [w](const job_ends::find& m) -> caf::result<job_ends::found> {
      if (w->away)
        return fail(ec::unavailable, "away");
      return job_ends::found{w->recorded.contains(m.community.value + " " + m.job)};
    },
    [w](const job_ends::record& m) -> caf::result<job_ends::done> {
      if (w->away)
        return fail(ec::unavailable, "away");
      w->recorded.insert(m.community.value + " " + m.job);
      return job_ends::done{};
    },
  };
}

/// A kind without a row of its own, which counts how often it runs.
struct recorded_bench {
  test::sim_system sim;
  caf::scoped_actor self{sim.sys()};
  memory ends;
  int runs = 0;
  std::function<queue::outcome()> act = [] { return queue::outcome{.value_json = "7"}; };
  jobs::job_kind kind{.terms = {.name = "RECORDED",
                                .help = "For tests.",
                                .queue = &jobs::discord_synthesis,
                                .payload = {jobs::community_field},
                                .closed = jobs::closed_by::queue},
                      .within = 5s,
                      .start = [this](caf::actor_system& sys, const jobs::services&) -> queue::processor {
                        auto body = [this](queue::processor::pointer me) {
                          return queue::processor::behavior_type{
                            [this, me](const queue::process&) -> caf::result<queue::outcome> {
                              ++runs;
                              me->quit();
                              return act();
                            }};
                        };
                        return sys.spawn(body);
                      }};
  services available;
  queue::processor jobs;
  explicit recorded_bench(bool guarded = true) {
    if (guarded)
      available.provide(sim.sys().spawn(ends_in, &ends));
    jobs = jobs::start(sim.sys(), {.available = &available}, {}, {&kind});
  }
  queue::outcome run() {
    auto pending = self->request(
      jobs, caf::infinite,
      queue::process{{"j", "RECORDED", R"({"communityId":"6ba7b810-9dad-11d1-80b4-000000000011"})"}});
    sim.advance(6s);
    queue::outcome result;
    pending.receive([&](queue::outcome& x) { result = std::move(x); }, [&](caf::error& e) { FAIL(text_of(e)); });
    return result;
  }
};
} // namespace

TEST_CASE("jobs: what was done is not run again, also when the queue has forgotten it and gives it out anew") {
  recorded_bench b;
  CHECK(b.run().value_json == "7");
  CHECK(b.ends.recorded == std::set<std::string>{"6ba7b810-9dad-11d1-80b4-000000000011 j"});
  CHECK(b.run().what == queue::outcome::completed);
  CHECK(b.runs == 1);
  recorded_bench unguarded{false}; // Negative control: nowhere to record it.
  unguarded.run();
  unguarded.run();
  CHECK(unguarded.runs == 2);
}

TEST_CASE("jobs: a failure runs again, and while the record cannot be read nothing runs and no attempt is used") {
  recorded_bench b;
  b.act = [] { return queue::outcome{.what = queue::outcome::failed_final, .reason = "no"}; };
  CHECK(b.run().what == queue::outcome::failed_final);
  CHECK(b.ends.recorded.empty());
  b.ends.away = true;
  const auto waits = b.run();
  CHECK(waits.what == queue::outcome::postponed);
  CHECK(waits.wait > 0ms);
  CHECK(b.runs == 1);
  b.ends.away = false;
  b.act = [&b] {
    b.ends.away = true; // Gone while it runs: its success still reaches the queue.
    return queue::outcome{};
  };
  CHECK(b.run().what == queue::outcome::completed);
  CHECK(b.ends.recorded.empty());
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

TEST_CASE("jobs: the kinds of this build have distinct names, a help text, a queue and limits") {
  std::set<std::string_view> names, queues;
  for (const auto* queue : jobs::queues())
    CHECK_MESSAGE(queues.insert(queue->name).second, "two queues of one name: ", queue->name);
  for (const auto* kind : jobs::all()) {
    CHECK(names.insert(kind->terms.name).second);
    CHECK_FALSE(kind->terms.help.empty());
    CHECK(kind->within > 0s);
    REQUIRE(kind->terms.queue);
    CHECK(queues.contains(kind->terms.queue->name));
    CHECK(kind->terms.closes_within > kind->within);
    CHECK(kind->start);
  }
  CHECK(names.contains("SYNTHESIZE_COMMUNITY"));
}

TEST_CASE("jobs: when their processor ends, whoever waits for one of them hears so at once") {
  bench b;
  auto waits = b.self->request(b.jobs, caf::infinite, queue::process{{"j", "TRIAL", "hang"}});
  b.sim.run();
  CHECK_FALSE(b.self->has_next_message());
  caf::anon_send_exit(b.jobs, caf::exit_reason::kill);
  b.sim.run();
  REQUIRE(b.self->has_next_message());
  waits.receive([](const queue::outcome& x) { CHECK(x.what == queue::outcome::failed_retryable); },
                [](const caf::error& e) { FAIL_CHECK(text_of(e)); });
}
