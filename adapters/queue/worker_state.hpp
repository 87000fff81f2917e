#pragma once
// The inside of a worker, shared by worker.cpp (jobs) and maintenance.cpp (locks, stalled jobs, letters, figures).
#include "adapters/queue/backend.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/flow.hpp"
#include "runtime/flow/suspension.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <optional>
#include <vector>

namespace arrakis::queue::worker_impl {
/// What the worker sends to itself: the ends of jobs that its mailbox held before leave together.
struct depart {};
using port = worker::extend<caf::reacts_to<redis::arrived>, caf::reacts_to<depart>>;

/// One of the `concurrency` places for a job. Its token is the lock of each job that passes through it.
struct slot {
  std::string token;
  bool busy = false;
  bool recording = false; // Its end is on the way to Redis, which releases the lock.
  bool lost = false;      // The lock is somebody else's.
  active_job job;
  uint64_t run = 0;   // Counts the jobs, so that a late answer finds nobody.
  deadline until;     // Of the processor's answer.
  suspension waiting; // For the answer.
  std::optional<caf::expected<outcome>> answer;
};

struct tally {
  uint64_t completed = 0, retried = 0, failed = 0, postponed = 0, lost = 0, stalled = 0;
};

struct state {
  static inline const char* name = "queue.worker";
  const caf::actor_clock* clock = nullptr; // The actor's.
  redis::calls calls;
  redis::batch ends; // Of jobs, on their way to Redis.
  options how;
  std::optional<backend> store;
  std::optional<redis::link> blocking;
  processor to;
  std::string id;         // What the tokens begin with.
  std::deque<slot> slots; // A flow keeps its slot's address while others are added.
  suspension feeder;      // Waits for a free slot.
  bool feeding = true;
  bool feeder_rests = false; // Between two looks, with no job on the way: nothing to wait for at the end.
  bool closing = false;
  bool away = false; // Redis did not answer the last time; said once.
  int64_t limited_until_ms = 0;
  caf::error why; // What the worker ends with.
  std::vector<caf::typed_response_promise<done>> closers;
  tally since;   // Since the last tick; counters are touched once a tick, not once a job.
  flows running; // Last, as everywhere: what waits in one leaves the members above when the actor ends.
};
using pointer = port::stateful_pointer<state>;

/// As runtime/deadline.hpp's, without the way to the clock, which is long for what each job does.
inline deadline within(const state& st, std::chrono::milliseconds wait) { return {st.clock->now() + wait}; }
inline deadline soon(pointer self) { return within(self->state, self->state.how.call_within); }

/// Ends the wait for the processor's answer to the run `run` of a slot; a late one finds nobody.
void answered(state&, size_t index, uint64_t run, caf::expected<outcome>);
/// Adds what was counted since the last time to the metrics.
void flush_tally(state&);
/// Redis did not answer; said once until it does.
void note_away(state&, const caf::error& why);
/// Learns Redis' time before the first job is asked for: what is due is judged by it. A server that tells no time (by
/// its ACL) leaves this machine's.
flow<> learn_time(pointer self);
/// The loops that go beside the jobs, for as long as the worker lives.
void start_maintenance(pointer self);
} // namespace arrakis::queue::worker_impl
