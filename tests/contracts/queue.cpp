#include "tests/contracts/queue.hpp"

#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>
#include <poll.h>

namespace arrakis::contracts {
namespace {
using namespace arrakis::queue;

struct desk {
  queue_bench b;
  template <class R, class Message>
  R must(Message what) {
    auto got = ask<R>(b.sys, b.port, std::move(what));
    REQUIRE_MESSAGE(got, text_of(got.error()));
    return std::move(*got);
  }
  std::string put(std::string name, std::string id, job_options how = {}) {
    how.id = std::move(id);
    return must<added>(add{std::move(name), R"({"n":1})", how, soon()}).id;
  }
  std::string state(const std::string& id) { return must<job_state>(get_job_state{id, soon()}).state; }
  /// Workers run on threads of their own: the state is asked for until it is there.
  void until(const std::string& id, const std::string& wanted) {
    const auto end = soon();
    while (state(id) != wanted && !end.passed(std::chrono::steady_clock::now()))
      ::poll(nullptr, 0, 5);
    CHECK(state(id) == wanted);
  }
};

void adds_once(desk d) {
  CHECK(d.put("ok", "job-a") == "job-a");
  CHECK(d.put("ok", "job-a") == "job-a");
  CHECK(d.put("ok", "later", {.delay_ms = 60'000}) == "later");
  CHECK(d.state("job-a") == "waiting");
  CHECK(d.state("later") == "delayed");
  CHECK(d.state("nobody") == "unknown");
  const auto n = d.must<counts>(get_counts{soon()});
  CHECK(n.waiting == 1);
  CHECK(n.delayed == 1);
  CHECK(d.must<job_view>(get_job{"job-a", soon()}).what.data_json == R"({"n":1})");
  CHECK(code_of(ask<job_view>(d.b.sys, d.b.port, get_job{"nobody", soon()}).error()) == ec::not_found);
  CHECK(code_of(ask<added>(d.b.sys, d.b.port, add{"x", "{}", {.id = "12"}, soon()}).error()) == ec::invalid);
  CHECK(code_of(ask<job_list>(d.b.sys, d.b.port, list_jobs{"lost", 0, 1, soon()}).error()) == ec::invalid);
  CHECK(code_of(ask<done>(d.b.sys, d.b.port, retry{"job-a", soon()}).error()) == ec::conflict);
  CHECK(code_of(ask<done>(d.b.sys, d.b.port, replay{"job-a", soon()}).error()) == ec::not_found);
}

void works(desk d) {
  d.put("ok", "good");
  d.put("final", "bad");
  d.put("fail", "weak", {.attempts = 3, .backoff = {"fixed", 20}});
  d.b.hire();
  d.until("good", "completed");
  d.until("bad", "failed");
  d.until("weak", "failed");
  CHECK(d.must<job_view>(get_job{"good", soon()}).what.attempts_made == 1);
  CHECK(d.must<job_view>(get_job{"weak", soon()}).what.attempts_made == 3);
  CHECK(d.put("ok", "good") == "good"); // An id that is known is not added again.
  CHECK(d.state("good") == "completed");
  const auto letters = d.must<job_list>(list_jobs{"dead", 0, 10, soon()});
  CHECK(letters.jobs.size() == 2);
  d.must<done>(replay{"bad", soon()});
  d.until("bad", "failed");
  d.must<done>(retry{"weak", soon()});
  d.until("weak", "failed");
  CHECK(d.must<job_view>(get_job{"weak", soon()}).what.attempts_made == 3); // Three new attempts, not a fourth.
}

void pauses(desk d) {
  d.must<done>(pause{true, soon()});
  d.must<done>(pause{true, soon()});
  d.put("ok", "job-a");
  d.b.hire();
  const auto n = d.must<counts>(get_counts{soon()});
  CHECK(n.is_paused);
  CHECK(n.paused == 1);
  d.must<done>(pause{false, soon()});
  d.until("job-a", "completed");
}
} // namespace

void queue(const std::function<queue_bench()>& fresh) {
  SUBCASE("a job is added once under its id, and shown as it is") { adds_once({fresh()}); }
  SUBCASE("each end of a job is recorded, and what failed can run again with all its attempts") { works({fresh()}); }
  SUBCASE("while paused nothing is handed out and nothing is lost") { pauses({fresh()}); }
}
} // namespace arrakis::contracts
