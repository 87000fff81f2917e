#include "runtime/supervisor.hpp"

#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>

namespace arrakis::supervisor {
namespace {

struct retarget {
  caf::actor worker;
};

struct router_state {
  caf::actor worker;
  router_state() = default;
  static inline const char* name = "router";
};

caf::behavior routing(caf::stateful_actor<router_state>* self) {
  keep_exception_text(self);
  self->set_default_handler([self](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    if (!self->state.worker)
      return fail(ec::unavailable, "the worker is being restarted");
    self->delegate(self->state.worker, view.move_content_to_message());
    return caf::delegated<caf::message>{};
  });
  return {[self](retarget& to) { self->state.worker = std::move(to.worker); }};
}

struct running_child {
  child spec;
  caf::actor worker;
  caf::actor_addr address;
  std::deque<std::chrono::steady_clock::time_point> crashes;
  uint32_t restarts = 0;
  bool renewing = false;
  std::string last_error;
};

struct state {
  std::string name;
  std::vector<running_child> children;
  supervisor::strategy strategy = strategy::one_for_one;
  supervisor::intensity limits;
  bool stopping = false;
  caf::error gave_up; ///< Set when the intensity was exceeded: the reason of the end.
  size_t recover_from =
    SIZE_MAX;         ///< rest_for_one: the first child that has to start again; later ones are being ended.
  uint64_t epoch = 0; ///< rest_for_one: a crash makes the restart timer of an earlier one harmless.
  state() = default;
};
using self_pointer = handle::stateful_pointer<state>;

void begin(self_pointer self, size_t index) {
  auto& c = self->state.children[index];
  c.worker = c.spec.start();
  c.address = c.worker.address();
  self->monitor(c.worker);
  if (c.spec.router)
    caf::anon_send(c.spec.router, retarget{c.worker});
}

void forget(running_child& c) {
  c.worker = {};
  c.address = {};
  if (c.spec.router)
    caf::anon_send(c.spec.router, retarget{});
}

/// Ends the last running child at or after `from`; true when there was one (its DOWN goes on from there).
bool end_last(self_pointer self, size_t from) {
  auto& list = self->state.children;
  for (auto i = list.size(); i-- > from;)
    if (list[i].worker) {
      self->send_exit(list[i].worker, caf::exit_reason::user_shutdown);
      return true;
    }
  return false;
}

void schedule_restart(self_pointer self, size_t index) {
  auto& st = self->state;
  const auto crashes = std::max<size_t>(st.children[index].crashes.size(), 1);
  std::chrono::milliseconds wait = st.limits.backoff_first * (int64_t{1} << std::min<size_t>(crashes - 1, 20));
  wait = std::min(wait, st.limits.backoff_max);
  const auto jittered = std::chrono::milliseconds{
    static_cast<int64_t>(static_cast<double>(wait.count()) * (0.5 + jitter()))};
  self->delayed_send(self, jittered, restart_due{index, ++st.epoch});
}

/// rest_for_one: ends the next later child, or starts the wait when none is left.
void recover(self_pointer self) {
  if (!end_last(self, self->state.recover_from + 1))
    schedule_restart(self, self->state.recover_from);
}

void crashed(self_pointer self, size_t index, const caf::error& reason) {
  auto& st = self->state;
  auto& c = st.children[index];
  const auto now = self->clock().now();
  c.last_error = text_of(reason);
  c.crashes.push_back(now);
  while (c.crashes.front() + st.limits.window < now)
    c.crashes.pop_front();
  metrics::count("arrakis_runtime_child_crashes_total", "Crashes of supervised children.", 1, {{"child", c.spec.name}});
  log::warn("child_crashed", {{"supervisor", st.name}, {"child", c.spec.name}, {"error", c.last_error}});
  if (c.crashes.size() > st.limits.restarts_max) {
    log::error("child_gave_up", {{"supervisor", st.name}, {"child", c.spec.name}, {"error", c.last_error}});
    st.stopping = true;
    st.gave_up = fail(ec::quarantined, "child " + c.spec.name + " crashed too often: " + c.last_error);
    if (!end_last(self, 0))
      self->quit(st.gave_up);
    return;
  }
  if (st.strategy == strategy::one_for_one)
    return schedule_restart(self, index);
  st.recover_from = std::min(st.recover_from, index);
  ++st.epoch;
  recover(self);
}

/// rest_for_one: a child that is started again anyway, once those before it run.
bool awaits_recovery(const state& st, size_t index) { return st.recover_from != SIZE_MAX && index >= st.recover_from; }

void ended(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  for (size_t i = 0; i < st.children.size(); ++i) {
    auto& c = st.children[i];
    if (c.address != down.source)
      continue;
    forget(c);
    if (st.stopping) {
      if (!end_last(self, 0))
        self->quit(st.gave_up ? st.gave_up : caf::error{caf::exit_reason::user_shutdown});
    } else if (std::exchange(c.renewing, false) && !awaits_recovery(st, i)) {
      begin(self, i);
    } else if (awaits_recovery(st, i)) {
      recover(self);
    } else if (down.reason && down.reason != caf::exit_reason::user_shutdown) {
      crashed(self, i, down.reason);
    }
    return;
  }
}

void restart(self_pointer self, const restart_due& due) {
  auto& st = self->state;
  if (st.stopping || (st.strategy == strategy::rest_for_one && due.epoch != st.epoch))
    return;
  const auto end = st.strategy == strategy::rest_for_one ? st.children.size() : due.index + 1;
  st.recover_from = SIZE_MAX;
  for (auto i = due.index; i < end; ++i)
    if (!st.children[i].worker) {
      ++st.children[i].restarts;
      begin(self, i);
    }
}

void renew_child(self_pointer self, const std::string& name) {
  auto& list = self->state.children;
  for (size_t i = 0; i < list.size() && !self->state.stopping; ++i)
    if (list[i].spec.name == name && !awaits_recovery(self->state, i)) {
      if (!list[i].worker) // A restart that is due then finds it there.
        return begin(self, i);
      list[i].renewing = true;
      self->send_exit(list[i].worker, caf::exit_reason::user_shutdown);
    }
}

handle::behavior_type behavior(self_pointer self, std::string name, std::vector<child> children, strategy how,
                               intensity limits) {
  keep_exception_text(self);
  auto& st = self->state;
  st.name = std::move(name);
  st.strategy = how;
  st.limits = limits;
  self->set_down_handler([self](const caf::down_msg& down) { ended(self, down); });
  for (auto& spec : children)
    st.children.push_back({.spec = std::move(spec)});
  for (size_t i = 0; i < st.children.size(); ++i)
    begin(self, i);
  return {
    [self](stop) {
      self->state.stopping = true;
      if (!end_last(self, 0))
        self->quit(caf::exit_reason::user_shutdown);
    },
    [self](inspect_children) {
      child_states all;
      for (auto& c : self->state.children)
        all.list.push_back({c.spec.name, static_cast<bool>(c.worker), c.restarts, c.last_error});
      return all;
    },
    [self](const restart_due& due) { restart(self, due); },
    [self](const renew& x) { renew_child(self, x.name); },
  };
}
} // namespace

caf::actor make_router(caf::actor_system& sys) { return sys.spawn(routing); }

handle start(caf::actor_system& sys, std::string name, std::vector<child> children, strategy how, intensity limits) {
  return sys.spawn(behavior, std::move(name), std::move(children), how, limits);
}
} // namespace arrakis::supervisor
