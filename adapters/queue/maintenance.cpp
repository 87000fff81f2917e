// Maintenance loops of a worker: lock renewal, stalled check, cleaning of dead letters, metrics.
#include "adapters/queue/worker_state.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

namespace arrakis::queue::worker_impl {
namespace {
using namespace std::chrono_literals;

constexpr auto measure_every = 10'000ms;

void end_overdue(pointer self) {
  auto& st = self->state;
  const auto now = self->clock().now();
  for (size_t i = 0; i < st.slots.size(); ++i)
    if (st.slots[i].waiting && st.slots[i].until.passed(now))
      answered(st, i, st.slots[i].run, fail(ec::unknown, "the processor did not answer in time"));
}

/// Renews all locks in one call, so that the cost does not grow with the number of jobs.
flow<> renew(pointer self) {
  auto& st = self->state;
  for (;;) {
    co_await nap(self, st.how.renew);
    flush_tally(st);
    end_overdue(self);
    std::vector<backend::job_lock> list;
    std::vector<std::pair<size_t, uint64_t>> runs;
    for (size_t i = 0; i < st.slots.size(); ++i)
      if (const auto& each = st.slots[i]; each.busy && !each.lost && !each.job.what.id.empty()) {
        list.emplace_back(each.token, each.job.what.id);
        runs.emplace_back(i, each.run);
      }
    if (list.empty() || st.how.skip_lock_renewal)
      continue;
    auto send = [&](backend::done d) { st.store->extend(list, soon(self), std::move(d)); };
    auto answer = co_await redis::call(self, st.calls, send);
    if (!answer)
      continue; // The next renewal comes before the lock expires; if Redis stays away it refuses the job's end.
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
    auto answer = co_await redis::call(self, st.calls, send);
    if (answer)
      for (const auto& id : answer->items) {
        ++st.since.stalled;
        log::warn("queue.job_stalled", {{"queue", st.how.name}, {"job", id.bytes}});
      }
    co_await nap(self, st.how.stalled_check);
  }
}

/// Publishes the queue's depth, for alerts and for autoscaling.
flow<> measure(pointer self) {
  auto& st = self->state;
  for (;;) {
    auto send = [&](backend::done d) { st.store->counts(soon(self), std::move(d)); };
    auto answer = co_await redis::call(self, st.calls, send);
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
    auto answer = co_await redis::call(self, st.calls, send);
    if (answer && !answer->items.empty())
      log::info("queue.dead_letters_cleaned", {{"queue", st.how.name}, {"count", answer->items.size()}});
    co_await nap(self, st.how.clean_every);
  }
}
} // namespace

void note_away(state& st, const caf::error& why) {
  if (!std::exchange(st.away, true))
    log::warn("queue.away", {{"queue", st.how.name}, {"error", text_of(why)}});
}

flow<> learn_time(pointer self) {
  auto& st = self->state;
  while (!st.closing) {
    const auto asked = std::chrono::steady_clock::now();
    redis::command what_time{{"TIME"}, {}, {}, soon(self)};
    auto time = co_await redis::run(self, st.calls, st.store->client(), std::move(what_time));
    if (time)
      st.store->time().learn(*time, asked);
    if (time || code_of(time.error()) == ec::internal)
      co_return;
    note_away(st, time.error());
    co_await nap(self, st.how.error_pause);
  }
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

void start_maintenance(pointer self) {
  auto& st = self->state;
  st.running.start(renew(self));
  if (!st.how.skip_stalled_check)
    st.running.start(recover(self));
  st.running.start(clean(self));
  st.running.start(measure(self));
}
} // namespace arrakis::queue::worker_impl
