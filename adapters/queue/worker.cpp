#include "adapters/queue/worker.hpp"

#include "adapters/queue/backend.hpp"
#include "adapters/queue/dead_letter.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <boost/json.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::queue {
namespace {
using namespace std::chrono_literals;
using port = worker::extend<caf::reacts_to<redis::arrived>>;

// BZPOPMIN: Redis before 7.0.8 rounds 1 ms down to "for ever"; more than 10 s and a proxy may cut an idle connection.
constexpr int64_t block_ms_min = 2;
constexpr int64_t block_ms_max = 10'000;
constexpr auto block_grace = 1s;
// A limiter may hold for hours; look again so often (BullMQ's maximumRateLimitDelay).
constexpr int64_t limited_ms_max = 30'000;
constexpr auto record_pause_max = 2000ms;
constexpr auto measure_every = 10'000ms;
// BullMQ's older repeatable jobs have keys of five parts; schedules have fewer.
constexpr auto legacy_key_colons = 4;

/// One of the `concurrency` places for a job. Its token is the lock of each job that passes through it.
struct slot {
  std::string token;
  bool busy = false;
  bool recording = false; // Its end is on the way to Redis, which releases the lock.
  bool lost = false;      // The lock is somebody else's.
  taken job;
  uint64_t run = 0; // Counts the jobs, so that a late answer finds nobody.
  deadline until;   // Of the processor's answer.
  std::coroutine_handle<> waiting;
  std::optional<caf::expected<outcome>> answer;
};

struct tally {
  uint64_t completed = 0, retried = 0, failed = 0, postponed = 0, lost = 0, stalled = 0;
};

struct state {
  static inline const char* name = "queue.worker";
  flows running;
  redis::calls calls;
  options how;
  std::optional<backend> store;
  std::optional<redis::client> blocking;
  processor to;
  std::vector<slot> slots;
  std::coroutine_handle<> feeder; // Waits for a free slot.
  bool feeding = true;
  bool feeder_rests = false; // Between two looks, with no job on the way: nothing to wait for at the end.
  bool closing = false;
  bool away = false; // Redis did not answer the last time; said once.
  int64_t limited_until_ms = 0;
  caf::error why; // What the worker ends with.
  std::vector<caf::typed_response_promise<done>> closers;
  tally since; // Since the last tick; counters are touched once a tick, not once a job.
};
using pointer = port::stateful_pointer<state>;

deadline soon(pointer self) { return within(self, self->state.how.call_within); }

slot* free_slot(state& st) {
  for (auto& each : st.slots)
    if (!each.busy)
      return &each;
  return nullptr;
}

void flush_tally(state& st) {
  auto add = [&](const char* outcome, uint64_t count) {
    if (count > 0)
      metrics::count("arrakis_queue_jobs_total", "Ends of attempts, by outcome", static_cast<double>(count),
                     {{"queue", st.how.name}, {"outcome", outcome}});
  };
  const auto t = std::exchange(st.since, {});
  add("completed", t.completed);
  add("retried", t.retried);
  add("failed", t.failed);
  add("postponed", t.postponed);
  add("lock_lost", t.lost);
  if (t.stalled > 0)
    metrics::count("arrakis_queue_stalled_total", "Jobs taken back from workers that fell silent",
                   static_cast<double>(t.stalled), {{"queue", st.how.name}});
}

void end_when_drained(pointer self) {
  auto& st = self->state;
  if (!st.closing || (st.feeding && !st.feeder_rests))
    return;
  for (const auto& each : st.slots)
    if (each.busy)
      return;
  flush_tally(st);
  for (auto& closer : st.closers)
    closer.deliver(done{});
  st.closers.clear();
  self->quit(st.why);
}

void begin_closing(pointer self) {
  auto& st = self->state;
  if (!std::exchange(st.closing, true))
    st.blocking->stop(); // Wakes the feeder.
  if (st.feeder)
    std::exchange(st.feeder, nullptr).resume();
  end_when_drained(self);
}

void answered(state& st, size_t index, uint64_t run, caf::expected<outcome> answer) {
  auto& place = st.slots[index];
  if (place.run != run || !place.waiting)
    return;
  place.answer.emplace(std::move(answer));
  std::exchange(place.waiting, nullptr).resume();
}

/// Waits for the processor's answer, its end, or the end of its time.
class processing {
public:
  processing(pointer self, size_t index) : self_(self), index_(index) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    auto& st = self_->state;
    auto& place = st.slots[index_];
    place.waiting = caller;
    process what;
    auto data = std::move(place.job.what.data_json); // Not needed here any more, and may be large.
    what.what = place.job.what;
    what.what.data_json = std::move(data);
    place.until = within(self_, st.how.job_within);
    // Without a timer of its own, which would cost more than a short job: the tick of the renewals minds `until`.
    self_->request(st.to, caf::duration{}, std::move(what))
      .then([self = self_, index = index_,
             run = place.run](outcome& x) { answered(self->state, index, run, std::move(x)); },
            [self = self_, index = index_, run = place.run](caf::error& e) {
              answered(self->state, index, run, std::move(e));
            });
  }
  caf::expected<outcome> await_resume() {
    auto answer = std::move(*self_->state.slots[index_].answer);
    self_->state.slots[index_].answer.reset();
    return answer;
  }

private:
  pointer self_;
  size_t index_;
};

outcome outcome_of(caf::expected<outcome>&& answer) {
  if (!answer)
    return {outcome::failed_retryable, {}, text_of(answer.error()), {}};
  if (answer->what == outcome::completed && answer->value_json != "null" && !json::parse(answer->value_json)) {
    log::error("queue_value_no_json", {{"value", answer->value_json.substr(0, 200)}});
    answer->value_json = "null"; // Other clients of the queue throw at what is no JSON.
  }
  return std::move(*answer);
}

void count(state& st, verdict::kind what) {
  switch (what) {
    case verdict::complete: ++st.since.completed; return;
    case verdict::retry: ++st.since.retried; return;
    case verdict::fail: ++st.since.failed; return;
    case verdict::postpone: ++st.since.postponed; return;
  }
}

void note_lost(state& st, const slot& place, int64_t code) {
  ++st.since.lost;
  log::warn("queue_lock_lost", {{"queue", st.how.name}, {"job", place.job.what.id}, {"code", code}});
}

// A row in the job's own log and one in ours, for whatever is not plain success.
void note_attempt(pointer self, const slot& place, const verdict& end) {
  auto& st = self->state;
  const auto attempt = place.job.what.attempts_made + 1;
  std::string row;
  if (end.what == verdict::postpone)
    row = fmt::format("postponed by {} ms; no attempt used", end.wait.count());
  else if (end.what == verdict::retry)
    row = fmt::format("attempt {} of {} failed, next in {} ms: {}", attempt, place.job.what.attempts, end.wait.count(),
                      end.text);
  else
    row = fmt::format("attempt {} of {} failed for good: {}", attempt, place.job.what.attempts, end.text);
  log::write(end.what == verdict::postpone ? log::level::info : log::level::warn, "queue_job_not_done",
             {{"queue", st.how.name}, {"job", place.job.what.id}, {"name", place.job.what.name}, {"outcome", row}});
  st.store->log(place.job.what.id, row, soon(self), [](const caf::expected<redis::reply>&) {});
}

/// Repeats a call until Redis answers: nothing that a processor said is dropped because Redis is away. A worker that is
/// killed meanwhile leaves the job to the stalled check.
template <class Start>
flow<caf::expected<redis::reply>> insist(pointer self, size_t index, Start start) {
  auto pause = 100ms;
  bool uncertain = false; // An earlier try may have had its effect.
  for (;;) {
    auto& place = self->state.slots[index];
    if (place.lost)
      co_return failed<redis::reply>(ec::stale, "the lock was lost");
    auto answer = co_await redis::call(port{self}, self->state.calls, start);
    if (answer && uncertain && answer->type == redis::reply::integer && answer->number < 0)
      co_return redis::reply{}; // Done by an earlier try, or no longer ours: the same to us.
    if (answer || code_of(answer.error()) == ec::internal)
      co_return std::move(answer);
    uncertain |= code_of(answer.error()) == ec::unknown;
    co_await nap(self, pause);
    pause = std::min(pause * 2, record_pause_max);
  }
}

/// Writes the dead letter before the failure is recorded: a crash in between leaves a letter too many, which the next
/// end of the job replaces or removes, never one too few.
flow<> bury(pointer self, size_t index, std::string reason) {
  auto& st = self->state;
  auto& job = st.slots[index].job;
  auto read = [&](backend::done d) {
    st.store->client().command({"HGET", st.store->keys().job(job.what.id), "data"}, soon(self), std::move(d));
  };
  auto data = co_await insist(self, index, read);
  if (!data && code_of(data.error()) == ec::stale)
    co_return;
  burial from{
    job.what.id, job.what.name, data ? data->bytes : std::string{}, std::move(reason), job.what.attempts_made + 1,
    wall_ms()};
  const auto entry = boost::json::serialize(dead_letter(from));
  auto options = job.options;
  for (auto drop : {"delay", "priority", "repeat", "lifo", "removeOnComplete", "removeOnFail"})
    options.erase(drop);
  options["jobId"] = job.what.id;
  const auto letters = st.store->dead();
  auto write = [&](backend::done d) { letters.add(job.what.name, entry, options, soon(self), std::move(d)); };
  auto written = co_await insist(self, index, write);
  if (!written && code_of(written.error()) != ec::stale)
    log::error("queue_dead_letter_lost", {{"job", job.what.id}, {"error", text_of(written.error())}});
}

/// Records the end of the job in `index`; what came with it, when the next job was asked for.
flow<std::optional<handed>> record(pointer self, size_t index, outcome end) {
  auto& st = self->state;
  auto& place = st.slots[index];
  const auto what = decide(place.job, std::move(end), jitter());
  if (!place.lost && what.what != verdict::complete)
    note_attempt(self, place, what);
  if (what.what == verdict::fail && !place.lost)
    co_await bury(self, index, what.text);
  place.recording = true;
  auto send = [&](backend::done d) {
    const bool fetch = !st.closing && st.limited_until_ms <= wall_ms();
    st.store->finish(place.job, what, place.token, fetch, soon(self), std::move(d));
  };
  auto answer = co_await insist(self, index, send);
  place.recording = false;
  if (!answer && code_of(answer.error()) == ec::stale) {
    note_lost(st, place, 0);
    co_return std::nullopt;
  }
  if (!answer) {
    // The job stays active without a renewal, and so comes back by the stalled check.
    log::error("queue_end_refused", {{"job", place.job.what.id}, {"error", text_of(answer.error())}});
    co_return std::nullopt;
  }
  if (answer->type == redis::reply::integer && answer->number < 0) {
    note_lost(st, place, answer->number);
    co_return std::nullopt;
  }
  count(st, what.what);
  if (what.what == verdict::complete && place.job.stalls > 0) // A letter of a worker that died while it wrote it.
    st.store->dead().remove(place.job.what.id, soon(self), [](const caf::expected<redis::reply>&) {});
  if (answer->type != redis::reply::array)
    co_return std::nullopt;
  auto next = read_handed(std::move(*answer));
  if (!next) {
    log::error("queue_reply_unreadable", {{"error", text_of(next.error())}});
    co_return std::nullopt;
  }
  co_return std::move(*next);
}

/// A job of a schedule owes the schedule its next job, before it runs.
flow<> reschedule(pointer self, size_t index) {
  auto& st = self->state;
  auto& job = st.slots[index].job;
  const auto* repeat = json::object_in(job.options, "repeat");
  const auto colons = std::count(job.scheduler.begin(), job.scheduler.end(), ':');
  if (!repeat || !repeat->contains("every") || colons >= legacy_key_colons) {
    log::error("queue_schedule_unsupported", {{"job", job.what.id},
                                              {"schedule", job.scheduler},
                                              {"remedy", "use `every`; cron patterns need a Node.js worker"}});
    co_return;
  }
  const auto limit = json::integer_or(*repeat, "limit");
  const auto end_ms = json::integer_or(*repeat, "endDate");
  if ((limit > 0 && json::integer_or(*repeat, "count") + 1 > limit) || (end_ms > 0 && wall_ms() > end_ms))
    co_return;
  auto send = [&](backend::done d) { st.store->reschedule(job, soon(self), std::move(d)); };
  auto made = co_await insist(self, index, send);
  if (!made)
    log::error("queue_schedule_stopped", {{"schedule", job.scheduler}, {"error", text_of(made.error())}});
}

void note_limits(state& st, const handed& from) {
  if (from.limited.count() > 0)
    st.limited_until_ms = wall_ms() + std::min(from.limited.count(), limited_ms_max);
}

/// One slot at work: job after job, as long as each end brings the next.
flow<> serve(pointer self, size_t index, taken first) {
  auto& st = self->state;
  std::optional<taken> next{std::move(first)};
  while (next) {
    auto& place = st.slots[index];
    place.job = std::move(*next);
    place.lost = false;
    ++place.run;
    next.reset();
    if (!place.job.scheduler.empty())
      co_await reschedule(self, index);
    outcome end;
    if (!place.job.deferred_failure.empty()) {
      end = {outcome::failed_final, {}, "STALLED: " + place.job.deferred_failure, {}};
    } else if (st.why) {
      end = {outcome::postponed, {}, {}, {}}; // Handed out while the processor ended: no fault of the job.
    } else {
      auto answer = co_await processing{self, index};
      end = outcome_of(std::move(answer));
    }
    auto came = co_await record(self, index, std::move(end));
    if (came) {
      note_limits(st, *came);
      next = std::move(came->job);
    }
  }
  st.slots[index].busy = false;
  st.slots[index].job = {};
  if (st.feeder)
    std::exchange(st.feeder, nullptr).resume();
  end_when_drained(self);
}

struct free_place {
  state& st;
  bool await_ready() const { return free_slot(st) || st.closing; }
  void await_suspend(std::coroutine_handle<> caller) { st.feeder = caller; }
  void await_resume() const {}
};

/// Sleeps until the queue's marker says that there is work. A marker with a score is the due time of a delayed job: it
/// is popped like any other, so the time must be kept and waited for here.
flow<> sleep_until_work(pointer self, int64_t due_ms) {
  auto& st = self->state;
  while (!st.closing) {
    const auto now = wall_ms();
    if (due_ms > 0 && due_ms <= now)
      co_return;
    const auto wait = due_ms > 0 ? std::clamp(due_ms - now, block_ms_min, block_ms_max)
                                 : std::max<int64_t>(st.how.drain_delay.count(), block_ms_min);
    std::vector<std::string> argv{"BZPOPMIN", st.store->keys().marker,
                                  fmt::format("{}.{:03}", wait / 1000, wait % 1000)};
    const auto until = within(self, std::chrono::milliseconds{wait} + block_grace);
    auto popped = co_await redis::run(port{self}, st.calls, *st.blocking, std::move(argv), until);
    if (!popped) {
      if (!st.closing && code_of(popped.error()) != ec::unknown) // A connection that fell silent is made anew at once.
        co_await nap(self, st.how.error_pause);
      co_return;
    }
    if (popped->items.size() != 3)
      co_return; // In vain for the whole time: look anyway, a lost marker must not stop the queue.
    const auto score = static_cast<int64_t>(std::strtod(popped->items[2].bytes.c_str(), nullptr));
    if (score <= 0)
      co_return;
    due_ms = due_ms > 0 ? std::min(due_ms, score) : score;
  }
}

/// Asks for one job for the slot `index`.
flow<handed> take(pointer self, size_t index) {
  auto& st = self->state;
  auto send = [&](backend::done d) { st.store->take(st.slots[index].token, soon(self), std::move(d)); };
  auto answer = co_await redis::call(port{self}, st.calls, send);
  auto got = answer ? read_handed(std::move(*answer)) : caf::expected<handed>{answer.error()};
  if (got) {
    st.away = false;
    co_return std::move(*got);
  }
  if (!std::exchange(st.away, true))
    log::warn("queue_away", {{"queue", st.how.name}, {"error", text_of(got.error())}});
  co_await nap(self, st.how.error_pause);
  co_return handed{.limited = 1ms}; // Look again, do not sleep.
}

/// The one place that asks for jobs and sleeps. It asks only while it holds a free slot, and slots at work go on by
/// themselves with what their ends bring: so a marker that it pops always finds a slot.
flow<> feed(pointer self) {
  auto& st = self->state;
  while (!st.closing) {
    co_await free_place{st};
    if (st.closing)
      break;
    if (const auto left = st.limited_until_ms - wall_ms(); left > 0) {
      st.feeder_rests = true;
      co_await nap(self, std::chrono::milliseconds{left});
      st.feeder_rests = false;
      continue;
    }
    auto* place = free_slot(st);
    const auto index = static_cast<size_t>(place - st.slots.data());
    place->busy = true;
    auto got = co_await take(self, index);
    if (got.job) {
      st.running.start(serve(self, index, std::move(*got.job)));
      continue;
    }
    st.slots[index].busy = false;
    note_limits(st, got);
    if (got.limited.count() == 0)
      co_await sleep_until_work(self, got.due_ms);
  }
  st.feeding = false;
  end_when_drained(self);
}

void end_overdue(pointer self) {
  auto& st = self->state;
  const auto now = self->clock().now();
  for (size_t i = 0; i < st.slots.size(); ++i)
    if (st.slots[i].waiting && st.slots[i].until.passed(now))
      answered(st, i, st.slots[i].run, fail(ec::unknown, "the processor did not answer in time"));
}

/// All locks in one call, so that one of many jobs costs as much as one of one.
flow<> renew(pointer self) {
  auto& st = self->state;
  for (;;) {
    co_await nap(self, st.how.renew);
    flush_tally(st);
    end_overdue(self);
    std::vector<backend::held> list;
    std::vector<std::pair<size_t, uint64_t>> runs;
    for (size_t i = 0; i < st.slots.size(); ++i)
      if (const auto& each = st.slots[i]; each.busy && !each.lost && !each.job.what.id.empty()) {
        list.emplace_back(each.token, each.job.what.id);
        runs.emplace_back(i, each.run);
      }
    if (list.empty())
      continue;
    auto send = [&](backend::done d) { st.store->extend(list, soon(self), std::move(d)); };
    auto answer = co_await redis::call(port{self}, st.calls, send);
    if (!answer)
      continue; // The next turn comes before the lock ends; if Redis stays away the end of the job is refused.
    for (const auto& failed_id : answer->items)
      for (auto [index, run] : runs)
        if (auto& place = st.slots[index];
            place.run == run && place.job.what.id == failed_id.bytes && !place.recording && place.busy)
          place.lost = true;
  }
}

flow<> recover(pointer self) {
  auto& st = self->state;
  for (;;) {
    auto send = [&](backend::done d) { st.store->recover_stalled(soon(self), std::move(d)); };
    auto answer = co_await redis::call(port{self}, st.calls, send);
    if (answer)
      for (const auto& id : answer->items) {
        ++st.since.stalled;
        log::warn("queue_job_stalled", {{"queue", st.how.name}, {"job", id.bytes}});
      }
    co_await nap(self, st.how.stalled_check);
  }
}

/// How much waits, for alerts and for scaling by depth.
flow<> measure(pointer self) {
  auto& st = self->state;
  for (;;) {
    auto send = [&](backend::done d) { st.store->counts(soon(self), std::move(d)); };
    auto answer = co_await redis::call(port{self}, st.calls, send);
    if (answer && answer->items.size() == backend::counted.size()) {
      double depth = 0;
      for (size_t i = 0; i < backend::counted.size(); ++i) {
        const std::string_view type = backend::counted[i];
        const auto number = static_cast<double>(answer->items[i].number);
        if (type != "active" && type != "completed" && type != "failed")
          depth += number;
        metrics::set("arrakis_queue_jobs", "Jobs in the queue, by state", number,
                     {{"queue", st.how.name}, {"state", std::string{type}}});
      }
      metrics::set("bullmq_queue_depth", "Jobs that wait: now, delayed, prioritized or paused", depth,
                   {{"queue", st.how.name}});
    }
    co_await nap(self, measure_every);
  }
}

flow<> clean(pointer self) {
  auto& st = self->state;
  for (;;) {
    auto send = [&](backend::done d) { st.store->dead().clean_waiting(st.how.keep_dead, soon(self), std::move(d)); };
    auto answer = co_await redis::call(port{self}, st.calls, send);
    if (answer && !answer->items.empty())
      log::info("queue_dead_letters_cleaned", {{"queue", st.how.name}, {"count", answer->items.size()}});
    co_await nap(self, st.how.clean_every);
  }
}

port::behavior_type behavior(pointer self, const worker_clients& clients, const options& how, processor to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.how = how;
  st.store.emplace(clients.commands, how);
  st.blocking.emplace(clients.waiting);
  st.to = std::move(to);
  const auto id = random_uuid();
  for (unsigned i = 0; i < how.concurrency; ++i)
    st.slots.emplace_back().token = fmt::format("{}:{}", id, i);
  self->monitor(st.to);
  self->set_down_handler([self](const caf::down_msg& down) {
    auto& all = self->state;
    const auto why = "the processor ended: " + text_of(down.reason);
    all.why = fail(ec::unavailable, why);
    begin_closing(self); // First, so that no slot asks for another job.
    for (size_t i = 0; i < all.slots.size(); ++i)
      answered(all, i, all.slots[i].run, fail(ec::internal, why));
  });
  st.running.start(feed(self));
  st.running.start(renew(self));
  st.running.start(recover(self));
  st.running.start(clean(self));
  st.running.start(measure(self));
  return {
    [self](close) -> caf::result<done> {
      auto reply = self->make_response_promise<done>();
      self->state.closers.push_back(reply);
      begin_closing(self);
      return caf::delegated<done>{};
    },
    [self](redis::arrived& what) { self->state.calls.deliver(what); },
  };
}
} // namespace

worker_clients connect(net::io& io, const redis::options& to, const options& how) {
  auto waiting = redis::blocking(to);
  waiting.name = connection_name(how);
  return {redis::client{io, to}, redis::client{io, waiting}};
}

worker start_worker(caf::actor_system& sys, worker_clients clients, options how, processor to) {
  if (auto fault = fault_of(how); !fault.empty())
    throw std::runtime_error(fault);
  return sys.spawn(behavior, std::move(clients), std::move(how), std::move(to));
}
} // namespace arrakis::queue
