#include "tests/support/fakes/queue.hpp"

#include "adapters/queue/policy.hpp"

#include <algorithm>
#include <array>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

namespace arrakis::test {
namespace {
caf::error unknown_job(const std::string& id) { return fail(ec::not_found, fmt::format("no job {} in the queue", id)); }

queue::job_view view_of(const fake_queue::item& i, std::string state) {
  return {.what = i.what,
          .state = std::move(state),
          .failed_reason = i.reason,
          .return_value = i.value,
          .progress = i.progress,
          .added_ms = i.added_ms,
          .processed_ms = i.processed_ms,
          .finished_ms = i.finished_ms,
          .delay_ms = i.how.delay_ms,
          .stacktrace = {}};
}
} // namespace

void fake_queue::wake() {
  std::erase_if(workers_, [](const caf::actor_addr& who) { return !caf::actor_cast<caf::actor>(who); });
  for (const auto& who : workers_)
    caf::anon_send(caf::actor_cast<caf::actor>(who), later{});
}

void fake_queue::wait(item& i) {
  i.state = "waiting";
  i.token.clear();
  line_.push_back(i.what.id);
  wake();
}

caf::expected<queue::added> fake_queue::add(const queue::add& m) {
  if (auto fault = queue::validate(m, how); !fault.empty())
    return fail(ec::invalid, std::move(fault));
  const auto [place, is_new] = items_.try_emplace(m.options.id);
  if (!is_new)
    return queue::added{m.options.id};
  auto& i = place->second;
  i.what = {m.options.id, m.name, m.data_json, 0, m.options.attempts};
  i.how = m.options;
  i.added_ms = now_ms();
  if (m.options.delay_ms > 0) {
    i.state = "delayed";
    i.due_ms = now_ms() + m.options.delay_ms;
  } else {
    wait(i);
  }
  return queue::added{m.options.id};
}

std::string fake_queue::state_of(const std::string& id) const {
  const auto found = items_.find(id);
  return found == items_.end() ? "unknown" : found->second.state;
}

caf::expected<queue::job_view> fake_queue::show(const std::string& id) const {
  if (const auto found = items_.find(id); found != items_.end())
    return view_of(found->second, found->second.state);
  if (const auto found = dead_.find(id); found != dead_.end())
    return view_of(found->second, "dead");
  return unknown_job(id);
}

caf::expected<queue::job_list> fake_queue::list(const queue::list_jobs& m) const {
  constexpr std::array states{"waiting", "active", "delayed", "completed", "failed", "paused", "prioritized", "dead"};
  if (std::ranges::find(states, m.state) == states.end())
    return fail(ec::invalid, "state: '" + m.state + "' is none of them");
  std::vector<const item*> all;
  for (const auto& [id, i] : m.state == "dead" ? dead_ : items_)
    if (m.state == "dead" || i.state == (m.state == "paused" ? "waiting" : m.state))
      all.push_back(&i);
  if ((m.state == "paused") != (paused_ && (m.state == "paused" || m.state == "waiting")))
    all.clear();
  std::ranges::stable_sort(all, {}, [this](const item* i) {
    return std::pair{i->added_ms, std::ranges::find(line_, i->what.id) - line_.begin()};
  });
  queue::job_list result;
  for (size_t n = m.first; n < all.size() && result.jobs.size() < m.count_max; ++n)
    result.jobs.push_back(view_of(*all[n], m.state));
  return result;
}

caf::expected<queue::done> fake_queue::retry(const std::string& id) {
  const auto found = items_.find(id);
  if (found == items_.end())
    return unknown_job(id);
  if (found->second.state != "failed")
    return fail(ec::conflict, fmt::format("job {} is {}, not failed", id, found->second.state));
  found->second.what.attempts_made = 0;
  found->second.reason.clear();
  dead_.erase(id);
  wait(found->second);
  return queue::done{};
}

caf::expected<queue::done> fake_queue::replay(const std::string& id) {
  const auto letter = dead_.find(id);
  if (letter == dead_.end())
    return fail(ec::not_found, fmt::format("no dead letter of job {}", id));
  if (items_.contains(id))
    return retry(id);
  auto& i = items_[id] = letter->second;
  i.what.attempts_made = 0;
  dead_.erase(letter);
  wait(i);
  return queue::done{};
}

queue::counts fake_queue::counts() const {
  queue::counts n;
  n.is_paused = paused_;
  for (const auto& [id, i] : items_) {
    n.waiting += i.state == "waiting" && !paused_;
    n.paused += i.state == "waiting" && paused_;
    n.active += i.state == "active";
    n.delayed += i.state == "delayed";
    n.completed += i.state == "completed";
    n.failed += i.state == "failed";
  }
  return n;
}

void fake_queue::pause(bool on) {
  paused_ = on;
  if (!on)
    wake();
}

void fake_queue::progress(const queue::progress& p) {
  if (const auto found = items_.find(p.job); found != items_.end())
    found->second.progress = p.json;
}

void fake_queue::forget() {
  items_.clear();
  line_.clear();
  dead_.clear();
  paused_ = false;
}

std::optional<queue::job> fake_queue::take(const std::string& token) {
  const auto now = now_ms();
  for (auto& [id, i] : items_)
    if (i.state == "delayed" && i.due_ms <= now) {
      i.state = "waiting";
      line_.push_back(id);
    }
  while (!paused_ && !line_.empty()) {
    const auto found = items_.find(line_.front());
    line_.pop_front();
    if (found == items_.end() || found->second.state != "waiting")
      continue;
    auto& i = found->second;
    i.state = "active";
    i.token = token;
    ++i.takes;
    i.lock_until_ms = now + how.lock.count();
    i.processed_ms = now;
    return i.what;
  }
  return std::nullopt;
}

bool fake_queue::extend(const std::string& id, const std::string& token) {
  const auto found = items_.find(id);
  if (found == items_.end() || found->second.state != "active" || found->second.token != token)
    return false;
  found->second.lock_until_ms = now_ms() + how.lock.count();
  return true;
}

bool fake_queue::finish(const std::string& id, const std::string& token, const queue::outcome& o) {
  const auto found = items_.find(id);
  if (found == items_.end())
    return false;
  auto& i = found->second;
  if (locks && (i.state != "active" || i.token != token))
    return false;
  const auto now = now_ms();
  i.token.clear();
  ++i.ends;
  i.reason = o.reason;
  if (o.what == queue::outcome::postponed) {
    i.state = "delayed";
    i.due_ms = now + o.wait.count();
    i.reason.clear();
  } else {
    ++i.what.attempts_made;
    const bool last = o.what == queue::outcome::failed_final || i.what.attempts_made >= i.what.attempts;
    i.finished_ms = now;
    if (o.what == queue::outcome::completed) {
      i.state = "completed";
      i.value = o.value_json;
      dead_.erase(id);
    } else if (last) {
      i.state = "failed";
      dead_[id] = i;
    } else {
      i.state = "delayed";
      i.due_ms = now + queue::back_off(queue::options_of(i.how), i.what.attempts_made - 1, jitter()).count();
    }
  }
  ended(i, o);
  return true;
}

size_t fake_queue::recover_stalled() {
  size_t count = 0;
  const auto now = now_ms();
  for (auto& [id, i] : items_)
    if (i.state == "active" && i.lock_until_ms <= now) {
      ++count;
      ++i.stalls;
      wait(i);
    }
  return count;
}

// --- Actors

namespace {
using port_actor = queue::handle::extend<caf::reacts_to<later>>;

port_actor::behavior_type serve(port_actor::pointer self, fake_queue* q, const way* by) {
  using namespace queue;
  return {
    [=](const add& m) { return through<added>(self, by, "queue.add", m, [q](const add& x) { return q->add(x); }); },
    [=](const get_counts& m) {
      return through<queue::counts>(self, by, "queue.counts", m,
                                    [q](const get_counts&) -> caf::expected<queue::counts> { return q->counts(); });
    },
    [=](const queue::pause& m) {
      return through<done>(self, by, "queue.pause", m, [q](const queue::pause& x) -> caf::expected<done> {
        q->pause(x.on);
        return done{};
      });
    },
    [=](const list_jobs& m) {
      return through<job_list>(self, by, "queue.list", m, [q](const list_jobs& x) { return q->list(x); });
    },
    [=](const queue::get_job& m) {
      return through<job_view>(self, by, "queue.get_job", m, [q](const queue::get_job& x) { return q->show(x.id); });
    },
    [=](const queue::retry& m) {
      return through<done>(self, by, "queue.retry", m, [q](const queue::retry& x) { return q->retry(x.id); });
    },
    [=](const queue::replay& m) {
      return through<done>(self, by, "queue.replay", m, [q](const queue::replay& x) { return q->replay(x.id); });
    },
    [=](const queue::get_job_state& m) {
      return through<job_state>(
        self, by, "queue.get_job_state", m,
        [q](const queue::get_job_state& x) -> caf::expected<job_state> { return job_state{q->state_of(x.id)}; });
    },
    [=](const progress& x) {
      if (!by || by->open)
        q->progress(x);
    },
    [](const later& x) { x.run(); },
  };
}

struct slot {
  std::string token;
  std::optional<queue::job> job;
  std::optional<queue::outcome> end; ///< Said, and not recorded yet.
};
using worker_actor = queue::worker::extend<caf::reacts_to<later>>;

struct worker_state {
  worker_state() = default;
  static inline const char* name = "fake_worker";
  fake_queue* queue = nullptr;
  const way* by = nullptr;
  queue::processor to;
  std::vector<slot> slots;
  std::chrono::milliseconds look{};
  std::chrono::steady_clock::time_point renew_at{};
  bool closing = false;
  std::vector<caf::typed_response_promise<queue::done>> closers;
};
using worker_pointer = worker_actor::stateful_pointer<worker_state>;

turn drawn(const worker_state& st, std::string_view verb) {
  if (st.by && !st.by->open)
    return {.effect = false, .answer = false};
  return st.by && st.by->draw ? st.by->draw(verb) : turn{};
}
bool heard(const turn& t) { return t.effect && t.answer && !t.instead; }

void record_ends(worker_pointer self) {
  auto& st = self->state;
  for (auto& s : st.slots) {
    if (!s.end)
      continue;
    const auto t = drawn(st, "worker.finish");
    if (t.effect)
      st.queue->finish(s.job->id, s.token, *s.end); // The result of a job that another worker has now is dropped.
    if (heard(t)) {
      s.end.reset();
      s.job.reset();
    }
  }
  const bool idle = std::ranges::none_of(st.slots, [](const slot& s) { return s.job.has_value(); });
  if (st.closing && idle) {
    for (auto& closer : st.closers)
      closer.deliver(queue::done{});
    self->quit();
  }
}

void work(worker_pointer self, size_t index) {
  auto& st = self->state;
  self->request(st.to, st.queue->how.job_within, queue::process{*st.slots[index].job})
    .then(
      [self, index](queue::outcome& x) {
        self->state.slots[index].end = std::move(x);
        record_ends(self);
        self->send(self, later{});
      },
      [self, index](caf::error& e) {
        self->state.slots[index].end = queue::outcome{queue::outcome::failed_retryable, {}, text_of(e), {}};
        record_ends(self);
        self->send(self, later{});
      });
}

void look(worker_pointer self) {
  auto& st = self->state;
  record_ends(self);
  if (const auto now = self->clock().now(); now >= st.renew_at) {
    st.renew_at = now + st.queue->how.renew;
    if (drawn(st, "worker.extend").effect) {
      for (const auto& s : st.slots)
        if (s.job && !s.end)
          st.queue->extend(s.job->id, s.token);
      st.queue->recover_stalled();
    }
  }
  for (size_t i = 0; i < st.slots.size() && !st.closing; ++i) {
    auto& s = st.slots[i];
    if (s.job)
      continue;
    const auto t = drawn(st, "worker.take");
    if (!t.effect)
      break;
    s.token = "t" + std::to_string(st.queue->next_token());
    auto job = st.queue->take(s.token);
    if (!job)
      break;
    if (!heard(t)) // Handed out, and nobody knows: it comes back by the stalled check.
      continue;
    s.job = std::move(job);
    work(self, i);
  }
}

worker_actor::behavior_type working(worker_pointer self, fake_queue* q, const way* by, queue::processor to,
                                    std::chrono::milliseconds every) {
  auto& st = self->state;
  st.queue = q;
  st.by = by;
  st.to = std::move(to);
  st.slots.resize(q->how.concurrency);
  st.look = every;
  self->set_down_handler([self](const caf::down_msg&) { self->quit(fail(ec::unavailable, "the processor ended")); });
  self->monitor(st.to);
  self->send(self, later{[self] { look(self); }});
  return {
    [self](queue::close) -> caf::result<queue::done> {
      auto reply = self->make_response_promise<queue::done>();
      self->state.closers.push_back(reply);
      self->state.closing = true;
      record_ends(self);
      return caf::delegated<queue::done>{};
    },
    [](const queue::set_concurrency&) -> caf::result<queue::done> { return fail(ec::unsupported, "not in this fake"); },
    // With a task: the turn of the clock. Without: there is something to do.
    [self](const later& x) {
      look(self);
      if (x.run)
        self->delayed_send(self, self->state.look, x);
    },
  };
}
} // namespace

queue::handle fake_queue::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }

queue::worker fake_queue::worker(caf::actor_system& sys, queue::processor to, const way* by,
                                 std::chrono::milliseconds every) {
  auto made = sys.spawn(working, this, by, std::move(to), every);
  workers_.push_back(made.address());
  return made;
}
} // namespace arrakis::test
