#include "runtime/supervisor.hpp"

#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/last_resort.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

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

using duration = std::chrono::steady_clock::duration;

/// On the clock of the child's running time.
struct crash {
  duration began, ended; ///< Begin and end of the crashed life.
};

struct running_child {
  child spec;
  registry::child_slot slot;
  caf::actor worker;
  caf::actor_addr address;
  std::chrono::steady_clock::time_point started;
  duration ran{0};             ///< Running time over all lives, the clock of crashes.
  std::deque<crash> crashes{}; ///< Within the window, the oldest first.
  uint32_t restarts = 0;
  bool renewing = false;
  bool awaits_restart = false; ///< The child crashed, and its successor has not begun.
  std::string last_error;
};

struct state {
  registry::tree_node node;
  std::vector<running_child> children;
  std::shared_ptr<const branch> declared;
  bool stopping = false;
  caf::error gave_up; ///< Set when the intensity was exceeded: the reason of the end.
  /// rest_for_one: the first child that has to start again; later ones are being ended.
  size_t recover_from = SIZE_MAX;
  std::chrono::steady_clock::time_point degraded_at; ///< While a child awaits its restart: since when, or last counted.
  uint64_t epoch = 0; ///< rest_for_one: a crash makes the restart timer of an earlier one harmless.
  state() = default;
  state(const state&) = delete;
  /// However the supervisor ends, its children end with it.
  ~state() {
    for (auto child = children.rbegin(); child != children.rend(); ++child)
      if (child->worker) {
        if (child->spec.router)
          caf::anon_send(child->spec.router, retarget{});
        caf::anon_send_exit(child->worker, caf::exit_reason::user_shutdown);
      }
  }
};
using self_pointer = handle::stateful_pointer<state>;

void crashed(self_pointer self, size_t index, const caf::error& reason);

/// Counts the time in which a child awaited its restart, up to now.
void count_degraded(self_pointer self) {
  auto& st = self->state;
  const auto now = self->clock().now();
  if (std::ranges::any_of(st.children, &running_child::awaits_restart))
    st.declared->degraded_ns += std::chrono::nanoseconds{now - st.degraded_at}.count();
  st.degraded_at = now;
}

void begin(self_pointer self, size_t index) {
  auto& c = self->state.children[index];
  c.started = self->clock().now();
  if (c.spec.below)
    c.spec.below->degraded_ns = 0;
  try {
    c.worker = c.slot.start(c.spec.start);
  } catch (const std::exception&) {
    return crashed(self, index, error_of(std::current_exception()));
  }
  count_degraded(self);
  c.awaits_restart = false;
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

/// Ends the last running child at or after `from`; true when there was one (its DOWN message continues).
bool end_last(self_pointer self, size_t from) {
  auto& list = self->state.children;
  for (auto i = list.size(); i-- > from;)
    if (list[i].worker) {
      self->send_exit(list[i].worker, caf::exit_reason::user_shutdown);
      return true;
    }
  return false;
}

void stop_next(self_pointer self) {
  auto& st = self->state;
  st.stopping = true;
  if (!end_last(self, 0))
    self->quit(st.gave_up ? st.gave_up : caf::error{caf::exit_reason::user_shutdown});
}

void schedule_restart(self_pointer self, size_t index) {
  auto& st = self->state;
  const auto crashes = std::max<size_t>(st.children[index].crashes.size(), 1);
  std::chrono::milliseconds wait = st.declared->intensity.backoff_first
                                 * (int64_t{1} << std::min<size_t>(crashes - 1, 20));
  wait = std::min(wait, st.declared->intensity.backoff_max);
  const auto jittered = std::chrono::milliseconds{
    static_cast<int64_t>(static_cast<double>(wait.count()) * (0.5 + jitter()))};
  self->delayed_send(self, jittered, restart_due{index, ++st.epoch});
}

/// rest_for_one: ends the next later child, or starts the wait when none is left.
void recover(self_pointer self) {
  if (!end_last(self, self->state.recover_from + 1))
    schedule_restart(self, self->state.recover_from);
}

void give_up(self_pointer self, running_child& c) {
  auto& st = self->state;
  st.gave_up = fail(ec::quarantined,
                    fmt::format("{} crashed more than {} times within {} s of running: {}", c.slot.node().path(),
                                st.declared->intensity.restarts_max,
                                std::chrono::duration<double>(st.declared->intensity.window).count(), c.last_error));
  log::warn("supervisor.gave_up", {{"supervisor", st.node.path()}, {"error", text_of(st.gave_up)}});
  st.declared->degraded_ns += std::chrono::nanoseconds{c.ran - c.crashes.front().began}.count();
  self->delayed_send(self, st.declared->intensity.end_within, abandon_children{});
  stop_next(self);
}

void crashed(self_pointer self, size_t index, const caf::error& reason) {
  auto& st = self->state;
  auto& c = st.children[index];
  const auto began = c.ran;
  c.ran += self->clock().now() - c.started;
  if (c.spec.below)
    c.ran -= std::chrono::nanoseconds{c.spec.below->degraded_ns.load()};
  count_degraded(self);
  c.awaits_restart = true;
  c.last_error = text_of(reason);
  c.crashes.push_back({began, c.ran});
  while (c.crashes.front().ended + st.declared->intensity.window < c.ran)
    c.crashes.pop_front();
  c.slot.crashed(c.last_error, wall_ms());
  metrics::count("arrakis_runtime_child_crashes_total", "Crashes of supervised children.", 1, {{"child", c.spec.name}});
  log::warn("supervisor.child_crashed", {{"path", c.slot.node().path()}, {"error", c.last_error}});
  if (c.crashes.size() > st.declared->intensity.restarts_max)
    return give_up(self, c);
  if (st.declared->strategy == strategy::one_for_one)
    return schedule_restart(self, index);
  st.recover_from = std::min(st.recover_from, index);
  ++st.epoch;
  recover(self);
}

/// True for a child of rest_for_one that will be restarted after those before it.
bool awaits_recovery(const state& st, size_t index) { return st.recover_from != SIZE_MAX && index >= st.recover_from; }

void ended(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  for (size_t i = 0; i < st.children.size(); ++i) {
    auto& c = st.children[i];
    if (c.address != down.source)
      continue;
    forget(c);
    if (st.stopping) {
      stop_next(self);
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

/// Starts the children from `first` to `last` that do not run. One whose start throws keeps those after it waiting
/// where they depend on it.
void begin_range(self_pointer self, size_t first, size_t last) {
  auto& st = self->state;
  for (auto i = first; i < last && !st.stopping && !awaits_recovery(st, i); ++i)
    if (!st.children[i].worker)
      begin(self, i);
}

void restart(self_pointer self, const restart_due& due) {
  auto& st = self->state;
  if (st.stopping || (st.declared->strategy == strategy::rest_for_one && due.epoch != st.epoch))
    return;
  const auto end = st.declared->strategy == strategy::rest_for_one ? st.children.size() : due.index + 1;
  st.recover_from = SIZE_MAX;
  for (auto i = due.index; i < end; ++i)
    st.children[i].restarts += st.children[i].worker ? 0 : 1;
  begin_range(self, due.index, end);
}

void renew_child(self_pointer self, const std::string& path) {
  auto& list = self->state.children;
  const auto slash = path.find('/');
  const auto name = path.substr(0, slash);
  for (size_t i = 0; i < list.size() && !self->state.stopping; ++i) {
    auto& c = list[i];
    if (c.spec.name != name || awaits_recovery(self->state, i))
      continue;
    if (slash != std::string::npos) {
      if (c.worker)
        caf::anon_send(c.worker, renew{path.substr(slash + 1)});
    } else if (!c.worker) { // A later restart finds the child started.
      begin(self, i);
    } else {
      c.renewing = true;
      self->send_exit(c.worker, caf::exit_reason::user_shutdown);
    }
  }
}

child_states states_of(const state& st) {
  child_states all;
  for (auto& c : st.children)
    all.list.push_back({c.spec.name, static_cast<bool>(c.worker), c.restarts, c.last_error});
  return all;
}

registry::declaration declaration_of(const branch& b) {
  return {true,
          std::string{word(b.strategy)},
          b.intensity.restarts_max,
          static_cast<uint32_t>(std::chrono::ceil<std::chrono::seconds>(b.intensity.window).count()),
          {}};
}

std::shared_ptr<const branch> make_branch(strategy how, intensity limits, std::vector<child> children) {
  auto made = std::make_shared<branch>();
  made->strategy = how;
  made->intensity = limits;
  made->children = std::move(children);
  return made;
}

handle::behavior_type behavior(self_pointer self, std::shared_ptr<const branch> declared) {
  keep_exception_text(self);
  auto& st = self->state;
  st.node = registry::tree_node::current();
  st.declared = std::move(declared);
  st.node.declare(declaration_of(*st.declared));
  self->set_down_handler([self](const caf::down_msg& down) { ended(self, down); });
  self->set_exit_handler([self](const caf::exit_msg&) { stop_next(self); });
  st.children.reserve(st.declared->children.size());
  for (const auto& spec : st.declared->children) {
    const auto at = st.node.child(spec.name);
    at.declare_first(spec.declared);
    if (spec.router)
      registry::move(spec.router, at.child("router"));
    st.children.push_back({.spec = spec, .slot = {at, {"supervised"}, true}});
  }
  begin_range(self, 0, st.children.size());
  return {
    [self](stop) { stop_next(self); },
    [self](inspect_children) { return states_of(self->state); },
    [self](const restart_due& due) { restart(self, due); },
    [self](const renew& x) { renew_child(self, x.path); },
    [self](abandon_children) { self->quit(self->state.gave_up); },
  };
}
} // namespace

std::string_view word(strategy s) { return s == strategy::one_for_one ? "one_for_one" : "rest_for_one"; }

caf::actor make_router(caf::actor_system& sys) { return registry::spawn(sys, {"router"}, routing); }

handle start(caf::actor_system& sys, const std::string& name, std::shared_ptr<const branch> declared) {
  handle made;
  const auto start_here = [&] {
    made = registry::spawn(sys, {"supervisor"}, behavior, std::move(declared));
    return caf::actor_cast<caf::actor>(made);
  };
  if (registry::child_slot::is_starting()) // By the supervisor above.
    start_here();
  else
    registry::child_slot{registry::tree_node::current().child(name), {"supervisor"}, true}.start(start_here);
  return made;
}

handle start(caf::actor_system& sys, const std::string& name, std::vector<child> children, strategy how,
             intensity limits) {
  return start(sys, name, make_branch(how, limits, std::move(children)));
}

child nested(caf::actor_system& sys, std::string name, strategy how, intensity limits, std::vector<child> children) {
  child made;
  made.name = std::move(name);
  made.below = make_branch(how, limits, std::move(children));
  made.declared = declaration_of(*made.below);
  made.start = [&sys, own = made.name, below = made.below] {
    return caf::actor_cast<caf::actor>(start(sys, own, below));
  };
  return made;
}

void end_process_with(const handle& top) {
  top->attach_functor([](const caf::error& reason) {
    if (reason != caf::exit_reason::user_shutdown)
      last_resort::give_up("the supervision tree has ended: " + text_of(reason));
  });
}

void end_routers(const std::vector<child>& children) {
  for (const auto& c : children) {
    if (c.router)
      caf::anon_send_exit(c.router, caf::exit_reason::user_shutdown);
    if (c.below)
      end_routers(c.below->children);
  }
}

std::string describe(const std::vector<child>& children, size_t depth) {
  std::string text;
  for (const auto& c : children) {
    text += std::string(depth * 2, ' ') + c.name;
    if (c.declared.supervises)
      text += "  " + registry::in_words(c.declared);
    text += "\n";
    if (c.below)
      text += describe(c.below->children, depth + 1);
  }
  return text;
}
} // namespace arrakis::supervisor
