// A community with ten thousand jobs beside one with a single job: the outbox, the relay, the queue in Redis and a
// worker, as arrakisd ties them together.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "tests/support/queue_fixture.hpp"
#include "tests/support/stores.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using queue::outcome;

constexpr int noise = 10'000;
const jobs::job_terms held{.name = "held", .help = "For this test.", .queue = &jobs::discord_synthesis};

/// A worker of five places, of which each tenant may have `share` at a time; a job is held until the test lets it end.
struct bench {
  test::stores stores;
  queue::test::queue_fixture queue_side;
  queue::test::clerk clerk = queue_side.new_clerk();
  queue::worker worker = queue_side.new_worker(clerk);
  outbox::handle outbox = stores.live.keep(outbox::start(stores.live.sys(), stores.relay));
  queue::handle queue = queue_side.queue; // The queue ends before the connection that it uses.
  community_id noisy = stores.community(1), quiet = stores.community(2);
  outbox_relay::handle relay;

  explicit bench(int share) {
    REQUIRE(queue_side.how.concurrency == 5);
    owe(noisy, "noise", noise);
    outbox_relay::options o;
    services available; // Jobs alone are owed here: the targets that need more are left out.
    available.provide(outbox_relay::job_queues{{{std::string{held.queue->name}, {queue, share}}}, {&held}});
    relay = stores.live.keep(outbox_relay::start(stores.live.sys(), outbox, available, o));
  }
  ~bench() { caf::anon_send_exit(relay, caf::exit_reason::kill); }

  void owe(const community_id& to, const std::string& name, int count) {
    stores.owner(fmt::format("insert into outbox (community_id, kind, payload) select '{}', 'enqueue_job',"
                             " jsonb_build_object('id', '{}-' || n, 'name', 'held', 'data', '{{}}'::jsonb)"
                             " from generate_series(1, {}) n",
                             to.value, name, count));
  }
  queue::job next() { return queue_side.visits->next(); }
  /// The end of a job, recorded as its deployment does it: the row is closed, and the next may go into the queue.
  void end(const queue::job& job) {
    stores.owner(fmt::format("update outbox set closed_at = now() where payload->>'id' = '{}'", job.id));
    caf::anon_send(clerk, queue::test::answer{job.id, {outcome::completed, "null", {}, {}}});
  }
};
bool is_noise(const queue::job& job) { return job.id.starts_with("noise-"); }
} // namespace

TEST_CASE("noisy tenant: while all of its admitted jobs are active, another tenant's first job starts") {
  bench b{4};
  std::vector<queue::job> running;
  for (int i = 0; i < 4; ++i)
    running.push_back(b.next());
  CHECK(std::all_of(running.begin(), running.end(), is_noise));
  const auto owed = std::chrono::steady_clock::now();
  b.owe(b.quiet, "quiet", 1);
  const auto first = b.next();
  const auto wait = std::chrono::steady_clock::now() - owed;
  CHECK(first.id == "quiet-1"); // Before any other of the ten thousand, and without waiting for the end of one.
  MESSAGE("another's first job began after " << std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()
                                             << " ms");
  b.end(first);
  // Over and over, with the noise going on.
  for (int round = 2; round <= 20; ++round) {
    b.owe(b.quiet, fmt::format("quiet-{}", round), 1);
    const auto turn = b.next();
    CHECK_FALSE(is_noise(turn));
    b.end(turn);
    b.end(running.front());
    running.erase(running.begin());
    running.push_back(b.next());
    CHECK(is_noise(running.back()));
  }
}

TEST_CASE("noisy tenant: negative control: without the share at admission another's job waits behind many of it") {
  bench b{noise};
  std::vector<queue::job> running;
  for (int i = 0; i < 5; ++i)
    running.push_back(b.next());
  // All places are taken, and the queue fills up.
  REQUIRE(b.queue_side.count().active == 5);
  const auto end = queue::test::soon();
  while (b.queue_side.count().waiting < 60 && !end.passed(std::chrono::steady_clock::now()))
    b.end(running.front()), running.erase(running.begin()), running.push_back(b.next());
  b.owe(b.quiet, "quiet", 1);
  int before = 0;
  for (; before < 1'000 && is_noise(running.back()); ++before) {
    b.end(running.front());
    running.erase(running.begin());
    running.push_back(b.next());
  }
  CHECK(before > 20);
  MESSAGE("another's first job began after " << before << " jobs of the noise");
}
