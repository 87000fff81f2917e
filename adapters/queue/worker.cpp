#include "adapters/queue/worker.hpp"

#include "adapters/queue/dead_letter.hpp"
#include "adapters/queue/schedule.hpp"
#include "adapters/queue/script_errors.hpp"
#include "adapters/queue/worker_state.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/utf8.hpp"

#include <boost/json.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::queue {
namespace worker_impl {
void answered(state& st, size_t index, uint64_t run, caf::expected<outcome> answer) {
  auto& place = st.slots[index];
  if (place.run != run || !place.waiting)
    return;
  place.answer.emplace(std::move(answer));
  place.waiting.resume();
}
} // namespace worker_impl

using namespace worker_impl;
namespace {
using namespace std::chrono_literals;

// BZPOPMIN: Redis before 7.0.8 rounds 1 ms down to "for ever"; more than 10 s and a proxy may cut an idle connection.
constexpr int64_t block_ms_min = 2;
constexpr int64_t block_ms_max = 10'000;
constexpr auto block_grace = 1s;
constexpr auto record_pause_max = 2000ms;
constexpr int64_t log_rows_max = 100; // Default length of a job's log (keepLogs).
// Attempt limit for a processor that keeps waiting for children although none is pending.
constexpr int vain_waits_max = 100;
// BullMQ's older repeatable jobs have keys of five parts; schedules have fewer.
constexpr auto legacy_key_colons = 4;

/// Index of a free slot.
std::optional<size_t> free_slot(const state& st) {
  for (size_t i = 0; i < std::min<size_t>(st.slots.size(), st.how.concurrency); ++i)
    if (!st.slots[i].busy)
      return i;
  return std::nullopt;
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
  st.feeder.resume();
  end_when_drained(self);
}

/// Sends the slot's job to the processor. The slot then waits for the answer, the processor's end, or its
/// timeout.
void hand_out(pointer self, size_t index) {
  auto& st = self->state;
  auto& place = st.slots[index];
  process what;
  if (st.how.custom_back_off) { // The strategy may read the data.
    what.what = place.job.what;
  } else {
    auto data = std::move(place.job.what.data_json); // Moved: it may be large, and the worker no longer needs it.
    what.what = place.job.what;
    what.what.data_json = std::move(data);
  }
  place.until = within(st, st.how.job_within);
  // A timer for each job would cost more than a short job; the renewal loop checks `until` instead.
  self->request(st.to, caf::duration{}, std::move(what))
    .then([self, index, run = place.run](outcome& x) { answered(self->state, index, run, std::move(x)); },
          [self, index, run = place.run](caf::error& e) { answered(self->state, index, run, std::move(e)); });
}

/// Outcome from the answer that `answered` stored in the slot.
outcome outcome_of(slot& place) {
  auto answer = std::move(*place.answer);
  place.answer.reset();
  if (!answer)
    return {outcome::failed_retryable, {}, text_of(answer.error()), {}};
  if (answer->what == outcome::completed && answer->value_json != "null")
    if (const auto parsed = json::parse(answer->value_json); !parsed) {
      log::error("queue.value_refused",
                 {{"error", text_of(parsed.error())}, {"value", utf8_head(answer->value_json, 200)}});
      answer->value_json = "null"; // Other clients throw on invalid JSON.
    }
  return std::move(*answer);
}

void count(state& st, decision::kind what) {
  switch (what) {
    case decision::complete: ++st.since.completed; return;
    case decision::retry: ++st.since.retried; return;
    case decision::fail: ++st.since.failed; return;
    case decision::postpone: ++st.since.postponed; return;
  }
}

void note_lost(state& st, const slot& place, int64_t code) {
  ++st.since.lost;
  log::warn("queue.lock_lost", {{"queue", st.how.name}, {"job", place.job.what.id}, {"code", code}});
}

// Writes a row into the job's log and a log line, for every end other than success.
void note_attempt(pointer self, const slot& place, const decision& end) {
  auto& st = self->state;
  const auto attempt = place.job.what.attempts_made + 1;
  std::string row;
  if (end.what == decision::postpone)
    row = fmt::format("postponed by {} ms; no attempt used", end.wait.count());
  else if (end.what == decision::retry)
    row = fmt::format("attempt {} of {} failed, next in {} ms: {}", attempt, place.job.what.attempts, end.wait.count(),
                      end.text);
  else
    row = fmt::format("attempt {} of {} failed for good: {}", attempt, place.job.what.attempts, end.text);
  log::write(end.what == decision::postpone ? log::level::info : log::level::warn, "queue.job_not_done",
             {{"queue", st.how.name}, {"job", place.job.what.id}, {"name", place.job.what.name}, {"outcome", row}});
  const auto keep = json::integer_or(place.job.options, "kl", log_rows_max);
  st.store->log(place.job.what.id, row, keep, soon(self), [](const caf::expected<redis::reply>&) {});
}

/// True when the slot takes its next job in the same call that ends its last.
bool wants_next(const state& st, size_t index) {
  return !st.closing && index < st.how.concurrency
      && (st.limited_until_ms == 0 || st.limited_until_ms <= st.store->time().now_ms());
}

/// Awaits Redis' reply to the end of a job. Use the reply before the next co_await.
class completing : public suspending<completing> {
public:
  completing(pointer self, size_t index, const decision& what) : self_(self), index_(index), what_(what) {}
  completing(const completing&) = delete;
  completing& operator=(const completing&) = delete;
  ~completing() {
    if (ticket_)
      self_->state.calls.forget(*ticket_);
  }
  void suspended() {
    auto& st = self_->state;
    auto& place = st.slots[index_];
    auto came = st.calls.open(port{self_}, [this](caf::expected<redis::reply>& answer) {
      ticket_.reset();
      answer_ = &answer;
      resume();
    });
    ticket_ = came.ticket();
    if (st.ends.size() == 0)
      caf::anon_send(port{self_}, flush_ends{}); // Runs after the processors' answers that are in the mailbox.
    const bool fetch = wants_next(st, index_);
    st.store->complete(st.ends, place.job, what_, place.token, fetch, soon(self_), std::move(came));
    if (st.ends.size() >= st.calls.batch_size())
      st.store->client().send(st.ends);
  }
  caf::expected<redis::reply>& await_resume() const { return *answer_; }

private:
  pointer self_;
  size_t index_;
  const decision& what_;
  std::optional<uint64_t> ticket_; // Ticket of the pending call.
  caf::expected<redis::reply>* answer_ = nullptr;
};

/// Repeats a call until Redis answers, so that no outcome is lost while Redis is away. If the worker is killed
/// meanwhile, the stalled check recovers the job.
template <class Start>
flow<caf::expected<redis::reply>> insist(pointer self, size_t index, Start start, caf::error before = {}) {
  auto pause = 100ms;
  bool uncertain = code_of(before) == ec::unknown; // An earlier try may have succeeded.
  if (before)
    co_await nap(self, pause);
  for (;;) {
    auto& place = self->state.slots[index];
    if (place.lost)
      co_return failed<redis::reply>(ec::stale, "the lock was lost");
    auto answer = co_await redis::call(self, self->state.calls, start);
    if (answer && uncertain && is_already_finished(*answer))
      co_return redis::reply{}; // An earlier try succeeded, or another worker has the job; both end here.
    if (answer || code_of(answer.error()) == ec::internal)
      co_return std::move(answer);
    uncertain |= code_of(answer.error()) == ec::unknown;
    co_await nap(self, pause);
    pause = std::min(pause * 2, record_pause_max);
  }
}

/// Writes the dead letter before the failure is recorded. A crash in between leaves one letter too many, never one too
/// few; the next end of the job replaces or removes it.
flow<> bury(pointer self, size_t index, std::string reason) {
  auto& st = self->state;
  auto& job = st.slots[index].job;
  auto read = [&](backend::done d) {
    st.store->client().command({{"HGET"}, {st.store->keys().job(job.what.id)}, {"data"}, soon(self)}, std::move(d));
  };
  auto data = co_await insist(self, index, read);
  if (!data && code_of(data.error()) == ec::stale)
    co_return;
  dead_job from{job.what.id,
                job.what.name,
                data ? data->bytes : std::string{},
                std::move(reason),
                job.what.attempts_made + 1,
                st.store->time().now_ms()};
  const auto entry = boost::json::serialize(dead_letter(from));
  auto options = job.options;
  for (auto drop : {"delay", "priority", "repeat", "lifo", "removeOnComplete", "removeOnFail"})
    options.erase(drop);
  options["jobId"] = job.what.id;
  const auto letters = st.store->dead();
  auto write = [&](backend::done d) { letters.add(job.what.name, entry, options, soon(self), std::move(d)); };
  auto written = co_await insist(self, index, write);
  if (!written && code_of(written.error()) != ec::stale)
    log::error("queue.dead_letter_lost", {{"job", job.what.id}, {"error", text_of(written.error())}});
}

/// Error text for a job that cannot end because of its children.
std::string unfinished(const state& st, size_t index, int64_t code, std::string_view command) {
  return text_of(script_error(code, {.command = command, .job = st.slots[index].job.what.id, .state = "active"}));
}

void note_limits(state& st, const next_job& from) {
  if (from.limited.count() > 0)
    st.limited_until_ms = st.store->time().now_ms() + std::min(from.limited, st.how.rate_limit_delay_max).count();
}

/// Handles Redis' reply that the end of the job in `index` is recorded. True: the reply held the next job, which has
/// the slot now.
bool recorded(pointer self, size_t index, decision::kind what, redis::reply&& answer) {
  auto& st = self->state;
  auto& job = st.slots[index].job;
  count(st, what);
  if (what == decision::complete
      && job.stalls > 0) // Removes the letter of a worker that died before it recorded the failure.
    st.store->dead().remove(job.what.id, soon(self), [](const caf::expected<redis::reply>&) {});
  if (answer.type != redis::reply::array)
    return false;
  auto next = read_next_job(std::move(answer), std::move(job));
  if (!next) {
    log::error("queue.reply_unreadable", {{"error", text_of(next.error())}});
    return false;
  }
  note_limits(st, *next);
  if (next->job)
    job = std::move(*next->job);
  return next->job.has_value();
}

flow<bool> record(pointer self, size_t index, outcome end);

/// Handles Redis' reply to the end `what` of a job. True, here and below: the next job has the slot.
flow<bool> settle(pointer self, size_t index, decision what, caf::expected<redis::reply> answer) {
  auto& st = self->state;
  auto& place = st.slots[index];
  if (!answer && code_of(answer.error()) == ec::stale) {
    note_lost(st, place, 0);
    co_return false;
  }
  if (!answer) {
    // The job stays active without renewals, so the stalled check recovers it.
    log::error("queue.end_refused", {{"job", place.job.what.id}, {"error", text_of(answer.error())}});
    co_return false;
  }
  if (const auto code = answer->number;
      what.what == decision::complete && (code == pending_children || code == failed_children)) {
    outcome other{.what = code == failed_children ? outcome::failed_final : outcome::failed_retryable,
                  .reason = unfinished(st, index, code, "moveToFinished")};
    co_return co_await record(self, index, std::move(other));
  }
  if (answer->type == redis::reply::integer && answer->number < 0) {
    note_lost(st, place, answer->number);
    co_return false;
  }
  co_return recorded(self, index, what.what, std::move(*answer));
}

/// Sends the end of a job until Redis answers. `before`: error of an earlier try.
flow<bool> put_down(pointer self, size_t index, decision what, caf::error before) {
  auto& st = self->state;
  auto& place = st.slots[index];
  place.recording = true;
  auto send = [&](backend::done d) {
    const bool fetch = wants_next(st, index);
    st.store->finish(place.job, what, place.token, fetch, soon(self), std::move(d));
  };
  auto answer = co_await insist(self, index, send, std::move(before));
  place.recording = false;
  co_return co_await settle(self, index, std::move(what), std::move(answer));
}

/// Records the end of the job in `index`.
flow<bool> record(pointer self, size_t index, outcome end) {
  auto& place = self->state.slots[index];
  auto what = decide(place.job, std::move(end), jitter(), self->state.how.custom_back_off);
  if (!place.lost && what.what != decision::complete)
    note_attempt(self, place, what);
  if (what.what == decision::fail && !place.lost)
    co_await bury(self, index, what.text);
  co_return co_await put_down(self, index, std::move(what), {});
}

/// Continues after a first try to complete a job failed or was refused.
flow<bool> not_recorded(pointer self, size_t index, decision what, caf::expected<redis::reply> first) {
  if (!first && code_of(first.error()) != ec::internal)
    co_return co_await put_down(self, index, std::move(what), std::move(first.error()));
  co_return co_await settle(self, index, std::move(what), std::move(first));
}

/// Creates the schedule's next job before this one runs.
flow<> reschedule(pointer self, size_t index) {
  auto& st = self->state;
  auto& job = st.slots[index].job;
  const auto* repeat = json::object_in(job.options, "repeat");
  const bool legacy = std::count(job.scheduler.begin(), job.scheduler.end(), ':') >= legacy_key_colons;
  const auto next = repeat && !legacy
                    ? run_after(*repeat, json::integer_or(job.options, "prevMillis"), st.store->time().now_ms())
                    : failed<std::optional<next_run>>(ec::unsupported, "no schedule of BullMQ 5");
  if (!next)
    log::error("queue.schedule_unsupported",
               {{"job", job.what.id}, {"schedule", job.scheduler}, {"error", text_of(next.error())}});
  if (!next || !*next)
    co_return;
  const auto options = options_of_run(job.options, *repeat, job.scheduler, **next, st.store->time().now_ms());
  auto send = [&](backend::done d) { st.store->reschedule(job, options, (*next)->at_ms, soon(self), std::move(d)); };
  auto made = co_await insist(self, index, send);
  if (!made)
    log::error("queue.schedule_stopped", {{"schedule", job.scheduler}, {"error", text_of(made.error())}});
}

/// Moves a job back without an end: to waiting-children, or to wait under the limiter. nullopt: moved; else the outcome
/// with which it ends after all.
flow<std::optional<outcome>> step_back(pointer self, size_t index, outcome how) {
  auto& st = self->state;
  auto& place = st.slots[index];
  for (int vain = 0; how.what == outcome::awaits_children || how.what == outcome::rate_limited; ++vain) {
    const bool limited = how.what == outcome::rate_limited;
    auto send = [&](backend::done d) {
      limited ? st.store->move_to_wait(place.job, place.token, how.wait, soon(self), std::move(d))
              : st.store->move_to_waiting_children(place.job, place.token, soon(self), std::move(d));
    };
    auto answer = co_await insist(self, index, send);
    const auto code = !answer ? 0 : answer->items.empty() ? answer->number : answer->items.back().number;
    if (!answer || (code < 0 && code != failed_children)) {
      note_lost(st, place, code);
      co_return std::nullopt;
    }
    if (limited || code == 0) {
      ++st.since.postponed;
      if (limited)
        note_limits(st, {.limited = std::chrono::milliseconds{code}});
      co_return std::nullopt;
    }
    if (code == failed_children)
      co_return outcome{outcome::failed_final, {}, unfinished(st, index, code, "moveToWaitingChildren"), {}};
    if (vain == vain_waits_max)
      co_return outcome{outcome::failed_final, {}, "it waits for children again and again, and none is pending", {}};
    // No child is pending: the processor continues at once, with the same data.
    auto read = [&](backend::done d) {
      st.store->client().command({{"HGET"}, {st.store->keys().job(place.job.what.id)}, {"data"}, soon(self)},
                                 std::move(d));
    };
    auto data = co_await insist(self, index, read);
    if (data)
      place.job.what.data_json = std::move(data->bytes);
    hand_out(self, index);
    co_await place.waiting.wait();
    how = outcome_of(place);
  }
  co_return how;
}

/// Runs jobs in one slot for as long as the end of each brings the next.
flow<> serve(pointer self, size_t index, active_job first) {
  auto& st = self->state;
  auto& place = st.slots[index];
  place.job = std::move(first);
  for (bool more = true; more;) {
    place.lost = false;
    ++place.run;
    if (!place.job.scheduler.empty())
      co_await reschedule(self, index);
    outcome end;
    if (!place.job.deferred_failure.empty()) {
      // Set by the stalled check, or by a child whose failure fails its parent.
      end = {outcome::failed_final, {}, place.job.deferred_failure, {}};
    } else if (st.why) {
      end = {outcome::postponed, {}, {}, {}}; // Taken while the processor ended: the job loses no attempt.
    } else {
      hand_out(self, index);
      co_await place.waiting.wait();
      end = outcome_of(place);
    }
    if (end.what == outcome::awaits_children || end.what == outcome::rate_limited) {
      auto after = co_await step_back(self, index, std::move(end));
      if (!after)
        break;
      end = std::move(*after);
    }
    if (end.what == outcome::completed && !place.lost) { // Sent in one batch with others.
      const auto what = decide(place.job, std::move(end), 0);
      place.recording = true;
      auto& word = co_await completing{self, index, what};
      place.recording = false;
      if (word && word->number >= 0) {
        more = recorded(self, index, decision::complete, std::move(*word));
      } else {
        auto refusal = std::move(word);
        more = co_await not_recorded(self, index, what, std::move(refusal));
      }
    } else {
      more = co_await record(self, index, std::move(end));
    }
  }
  place.busy = false;
  place.job = {};
  st.feeder.resume();
  end_when_drained(self);
}

/// Sleeps until the queue's marker signals work. A marker's score is the due time of a delayed job; BZPOPMIN removes
/// it, so the worker itself remembers the time and waits for it.
flow<> sleep_until_work(pointer self, int64_t due_ms) {
  auto& st = self->state;
  while (!st.closing) {
    const auto now = st.store->time().now_ms();
    if (due_ms > 0 && due_ms <= now)
      co_return;
    const auto wait = due_ms > 0 ? std::clamp(due_ms - now, block_ms_min, block_ms_max)
                                 : std::max<int64_t>(st.how.drain_delay.count(), block_ms_min);
    redis::command pop{{"BZPOPMIN"},
                       {st.store->keys().marker},
                       {fmt::format("{}.{:03}", wait / 1000, wait % 1000)},
                       within(st, std::chrono::milliseconds{wait} + block_grace)};
    auto popped = co_await redis::run(self, st.calls, *st.blocking, std::move(pop));
    if (!popped) {
      if (!st.closing && code_of(popped.error()) != ec::unknown) // A silent connection is replaced at once.
        co_await nap(self, st.how.error_pause);
      co_return;
    }
    if (popped->items.size() != 3)
      co_return; // No marker: ask for a job anyway, because a lost marker must not stop the queue.
    const auto score = static_cast<int64_t>(std::strtod(popped->items[2].bytes.c_str(), nullptr));
    if (score <= 0)
      co_return;
    due_ms = due_ms > 0 ? std::min(due_ms, score) : score;
  }
}

/// Takes one job for the slot `index`.
flow<next_job> take(pointer self, size_t index) {
  auto& st = self->state;
  auto send = [&](backend::done d) { st.store->take(st.slots[index].token, soon(self), std::move(d)); };
  auto answer = co_await redis::call(self, st.calls, send);
  auto got = answer ? read_next_job(std::move(*answer)) : caf::expected<next_job>{answer.error()};
  if (got) {
    st.away = false;
    co_return std::move(*got);
  }
  note_away(st, got.error());
  co_await nap(self, st.how.error_pause);
  co_return next_job{.limited = 1ms}; // Ask again without a sleep.
}

/// The only loop that takes jobs and sleeps. It asks only while it has a free slot; busy slots get their next job with
/// the end of the last. So each marker that it pops finds a slot.
flow<> feed(pointer self) {
  auto& st = self->state;
  co_await learn_time(self);
  while (!st.closing) {
    if (!free_slot(st))
      co_await st.feeder.wait();
    const auto free = free_slot(st);
    if (st.closing || !free) // set_concurrency may have removed the free slot.
      continue;
    if (const auto left = st.limited_until_ms - st.store->time().now_ms(); left > 0) {
      st.feeder_rests = true;
      co_await nap(self, std::chrono::milliseconds{left});
      st.feeder_rests = false;
      continue;
    }
    const auto index = *free;
    st.slots[index].busy = true;
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

/// Adds slots up to the concurrency. Slots beyond a lowered one finish their job first.
void make_slots(state& st) {
  while (st.slots.size() < st.how.concurrency) {
    const auto number = st.slots.size();
    st.slots.emplace_back().token = fmt::format("{}:{}", st.id, number);
  }
}

caf::result<done> change_concurrency(pointer self, unsigned max) {
  auto& st = self->state;
  if (max == 0)
    return fail(ec::invalid, "concurrency: at least 1");
  st.how.concurrency = max;
  make_slots(st);
  if (free_slot(st))
    st.feeder.resume();
  return done{};
}

port::behavior_type behavior(pointer self, const redis::link& redis, const options& how, processor to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.clock = &self->clock();
  st.how = how;
  st.store.emplace(redis, how);
  st.blocking.emplace(redis.blocking(connection_name(how))); // Dashboards find workers by this name.
  st.to = std::move(to);
  st.id = random_uuid();
  make_slots(st);
  self->monitor(st.to);
  self->set_down_handler([self](const caf::down_msg& down) {
    auto& all = self->state;
    const auto why = "the processor ended: " + text_of(down.reason);
    all.why = fail(ec::unavailable, why);
    begin_closing(self); // First, so that no slot takes another job.
    for (size_t i = 0; i < all.slots.size(); ++i)
      answered(all, i, all.slots[i].run, fail(ec::internal, why));
  });
  st.running.start(feed(self));
  start_maintenance(self);
  return {
    [self](close) -> caf::result<done> {
      auto reply = self->make_response_promise<done>();
      self->state.closers.push_back(reply);
      begin_closing(self);
      return caf::delegated<done>{};
    },
    [self](const set_concurrency& x) { return change_concurrency(self, x.max); },
    [self](redis::arrived& what) { self->state.calls.deliver(what); },
    [self](flush_ends) { self->state.store->client().send(self->state.ends); },
  };
}
} // namespace

worker start_worker(caf::actor_system& sys, redis::link redis, options how, processor to) {
  if (auto fault = validate(how); !fault.empty())
    throw std::runtime_error(fault);
  return registry::spawn(sys, {"queue_worker"}, behavior, std::move(redis), std::move(how), std::move(to));
}
} // namespace arrakis::queue
