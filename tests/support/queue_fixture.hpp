#pragma once
// For the tests of the queue: a private Redis, actors on real threads, a processor that a test scripts.
#include "adapters/queue/queue.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/servers.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <condition_variable>
#include <deque>
#include <doctest/doctest.h>
#include <future>
#include <mutex>

namespace arrakis::queue::test {
using namespace std::chrono_literals;

/// The longest that any step of a test may take; a passing test waits for events, not for this.
constexpr auto patience = 30s;
/// A deadline after `patience`.
inline deadline soon() { return {std::chrono::steady_clock::now() + patience}; }

/// Jobs that the processor was given, in order; each job waits for the test's answer.
class desk {
public:
  void put(queue::job job) {
    std::scoped_lock lock{guard_};
    waiting_.push_back(std::move(job));
    seen_.notify_all();
  }
  /// The next job that came, or a failed test.
  queue::job next() {
    std::unique_lock lock{guard_};
    REQUIRE(seen_.wait_for(lock, patience, [&] { return !waiting_.empty(); }));
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }
  bool empty() {
    std::scoped_lock lock{guard_};
    return waiting_.empty();
  }

private:
  std::mutex guard_;
  std::condition_variable seen_;
  std::deque<queue::job> waiting_;
};

/// Ends the open job `id` with this outcome.
struct answer {
  std::string id;
  outcome what;
};
/// Ends the processor with an error.
struct crash {};
using clerk = processor::extend<caf::reacts_to<answer>, caf::reacts_to<crash>>;

/// Jobs that wait for the test's answer.
struct clerk_state {
  std::map<std::string, caf::typed_response_promise<outcome>> open;
  clerk_state() = default;
};

/// Answers by the job's name ("ok", "fail", "final"), or when the test says so (any other name).
inline clerk::behavior_type clerking(clerk::stateful_pointer<clerk_state> self, std::shared_ptr<desk> to) {
  return {
    [self, to](const process& x) -> caf::result<outcome> {
      if (x.what.name == "ok")
        return outcome{outcome::completed, R"({"done":true})", {}, {}};
      if (x.what.name == "fail")
        return outcome{outcome::failed_retryable, {}, "it broke", {}};
      if (x.what.name == "final")
        return outcome{outcome::failed_final, {}, "PERMISSION_ERROR: no", {}};
      auto reply = self->make_response_promise<outcome>();
      self->state.open[x.what.id] = reply;
      to->put(x.what);
      return caf::delegated<outcome>{};
    },
    [self](const answer& x) {
      if (auto found = self->state.open.extract(x.id))
        found.mapped().deliver(x.what);
    },
    [self](crash) { self->quit(fail(ec::internal, "crashed by the test")); },
  };
}

/// A queue over a private Redis.
struct queue_fixture {
  arrakis::test::redis_server server;
  net::io io;
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  options how = quick();
  redis::options link{.url = secret{server.url()}, .back_off_first = 5ms, .back_off_max = 50ms};
  redis::link client = redis::connect(io, link);
  handle queue = start_queue(sys, client, how);
  std::shared_ptr<desk> visits = std::make_shared<desk>();
  caf::scoped_actor self{sys};
  std::vector<caf::actor> ours;

  ~queue_fixture() {
    for (auto& each : ours)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    caf::anon_send_exit(queue, caf::exit_reason::kill);
    for (auto& each : ours)
      self->wait_for(each);
  }

  // Times short enough for a test; every wait in a test ends by an event. Locks alone are long: a machine that stands
  // still takes no job from its worker, and a test that is about a lock's end ends it (`end_lock`).
  static options quick() {
    options made;
    made.lock = 60s;
    made.renew = 50ms;
    made.stalled_check = 50ms;
    made.drain_delay = 500ms;
    made.error_pause = 20ms;
    return made;
  }

  clerk new_clerk() {
    auto made = sys.spawn(clerking, visits);
    ours.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }
  queue::worker new_worker(const clerk& to, options like) {
    auto made = start_worker(sys, redis::connect(io, link), like, caf::actor_cast<processor>(to));
    ours.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }
  queue::worker new_worker(const clerk& to) { return new_worker(to, how); }

  template <class R, class Handle, class Message>
  caf::expected<R> ask(const Handle& to, Message what) {
    std::optional<caf::expected<R>> result;
    self->request(to, patience, std::move(what))
      .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
  template <class R, class Message>
  R must(Message what) {
    auto result = ask<R>(queue, std::move(what));
    if (!result)
      FAIL(text_of(result.error()));
    return std::move(*result);
  }
  std::string submit(std::string name, std::string data, job_options how_to) {
    return must<added>(add{std::move(name), std::move(data), std::move(how_to), soon()}).id;
  }
  std::string state_of(const std::string& id) { return must<job_state>(queue::get_job_state{id, soon()}).state; }
  job_view show(const std::string& id) { return must<job_view>(queue::get_job{id, soon()}); }
  counts count() { return must<counts>(get_counts{soon()}); }

  std::string key_of(const std::string& id) const { return how.prefix + ":" + how.name + ":" + id; }
  /// As after a pause of its worker for longer than the lock.
  void end_lock(const std::string& id) { run({"DEL", key_of(id) + ":lock"}); }

  redis::reply run(std::vector<std::string> argv) {
    std::promise<caf::expected<redis::reply>> result;
    client.command({std::move(argv), {}, {}, soon()},
                   [&](caf::expected<redis::reply> r) { result.set_value(std::move(r)); });
    auto future = result.get_future();
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    auto got = future.get();
    if (!got)
      FAIL(text_of(got.error()));
    return std::move(*got);
  }

  /// Reads the queue's events on until one of `event` about `id`; the names of all about it till then. When it happened
  /// by Redis's clock, which limits are measured by, is in `event_ms`.
  std::vector<std::string> events_until(const std::string& event, const std::string& id) {
    std::vector<std::string> seen;
    const auto end = soon();
    while (!end.passed(std::chrono::steady_clock::now())) {
      auto got = ask_blocking({"XREAD", "BLOCK", "1000", "STREAMS", key_of("events"), last_event});
      if (got.items.empty())
        continue;
      for (auto& entry : got.items[0].items[1].items) {
        last_event = entry.items[0].bytes;
        event_ms = std::stoll(last_event);
        std::string name, job;
        auto& fields = entry.items[1].items;
        for (size_t i = 0; i + 1 < fields.size(); i += 2) {
          if (fields[i].bytes == "event")
            name = fields[i + 1].bytes;
          if (fields[i].bytes == "jobId")
            job = fields[i + 1].bytes;
          if (fields[i].bytes == "failedReason")
            last_failed_reason = fields[i + 1].bytes;
        }
        if (job == id)
          seen.push_back(name);
        if (name == event && (job == id || id.empty()))
          return seen;
      }
    }
    FAIL("no event " << event << " of " << id);
    return seen;
  }

  redis::reply ask_blocking(std::vector<std::string> argv) {
    if (!listener)
      listener.emplace(redis::connect(io, link));
    std::promise<caf::expected<redis::reply>> result;
    listener->command({std::move(argv), {}, {}, soon()},
                      [&](caf::expected<redis::reply> r) { result.set_value(std::move(r)); });
    auto got = result.get_future().get();
    return got ? std::move(*got) : redis::reply{};
  }
  std::optional<redis::link> listener;
  std::string last_event = "0";
  std::string last_failed_reason;
  int64_t event_ms = 0;
};
} // namespace arrakis::queue::test
