#include "runtime/directory.hpp"

#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/core/demangle.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <optional>
#include <typeinfo>
#include <unordered_map>

namespace arrakis::directory {
namespace {
using time_point = std::chrono::steady_clock::time_point;

/// A message that waits until the key's old actor has quit, with its response promise.
struct held {
  caf::message what;
  caf::response_promise reply;
};
struct slot {
  caf::actor actor; ///< Invalid: no actor runs.
  bool leaving = false;
  time_point last_used;
  std::vector<held> waiting;
  std::vector<time_point> crashes; ///< The oldest first.
  bool quarantined = false;
  std::string last_error;
  const std::type_info* last_message = nullptr; ///< The type alone: contents may be secret, and cost memory.
  std::unique_ptr<registry::child_slot> slot;   ///< Slot of a crashed actor: shows it while it does not run.
};
struct state {
  directory::options options;
  std::function<caf::actor(const std::string&)> activate;
  std::unordered_map<std::string, slot> slots;
  std::unordered_map<caf::actor_addr, std::string> keys;
  std::optional<time_point> room_made; ///< Last time that idle actors were retired because the directory was full.
  static inline const char* name = "directory";
  state() = default;
};
using self_pointer = caf::stateful_actor<state>*;

void count_active(self_pointer self) {
  metrics::set("arrakis_runtime_active_actors", "Actors that are active, by kind.",
               static_cast<double>(self->state.keys.size()), {{"kind", self->state.options.kind}});
}

void activate(self_pointer self, const std::string& key, slot& s) {
  s.actor = s.slot ? s.slot->start([&] { return self->state.activate(key); }) : self->state.activate(key);
  s.leaving = false;
  self->monitor(s.actor);
  self->state.keys.emplace(s.actor.address(), key);
  count_active(self);
}

/// Type name of the message's first element; messages of Arrakis have one element.
const std::type_info& type_of(const caf::message& what) {
  if (what.empty())
    return typeid(void);
  const auto* type = what.type(0).second;
  return type ? *type : typeid(caf::message); // One of CAF's own types.
}

caf::result<caf::message> hand_over(self_pointer self, slot& s, caf::message what) {
  s.last_used = self->clock().now();
  s.last_message = &type_of(what);
  self->delegate(s.actor, std::move(what));
  return caf::delegated<caf::message>{};
}

void retire_idle(self_pointer self, time_point since) {
  for (auto& [_, s] : self->state.slots)
    if (s.actor && !s.leaving && s.last_used <= since) {
      s.leaving = true;
      self->send(s.actor, retire{});
    }
}

/// Retires idle actors. Rate-limited, because it scans all slots.
void make_room(self_pointer self) {
  auto& st = self->state;
  const auto now = self->clock().now();
  if (st.room_made && now - *st.room_made < st.options.idle_when_full / 2)
    return;
  st.room_made = now;
  log::info("directory.room_made", {{"kind", st.options.kind}, {"active", st.keys.size()}});
  retire_idle(self, now - st.options.idle_when_full);
}

caf::error refuse_quarantined(const state& st, const std::string& key, const std::string& error) {
  return fail(ec::quarantined, st.options.kind + " " + key + " keeps crashing and is kept apart: " + error);
}

/// Applies a release by another process: earlier crashes no longer count.
void lift(slot& s) {
  s.quarantined = false;
  s.crashes.clear();
}

caf::result<caf::message> accept(self_pointer self, deliver& request) {
  auto& st = self->state;
  auto found = st.slots.find(request.key);
  if (st.options.quarantine_of) {
    if (const auto error = st.options.quarantine_of(request.key))
      return refuse_quarantined(st, request.key, *error);
    if (found != st.slots.end() && found->second.quarantined)
      lift(found->second);
  }
  if (found == st.slots.end()) {
    if (st.keys.size() >= st.options.active_max - st.options.active_max / 10)
      make_room(self);
    if (st.keys.size() >= st.options.active_max)
      return fail(ec::busy, "too many active " + st.options.kind + " actors; try again");
    found = st.slots.emplace(request.key, slot{}).first;
  }
  auto& s = found->second;
  if (s.quarantined)
    return refuse_quarantined(st, request.key, s.last_error);
  if (s.leaving) {
    if (s.waiting.size() >= st.options.held_max)
      return fail(ec::busy, st.options.kind + " " + request.key + " is busy; try again");
    s.waiting.push_back({std::move(request.what), self->make_response_promise()});
    return caf::delegated<caf::message>{};
  }
  if (!s.actor)
    activate(self, found->first, s);
  return hand_over(self, s, std::move(request.what));
}

void crashed(self_pointer self, const std::string& key, slot& s, const caf::error& reason) {
  auto& st = self->state;
  const auto now = self->clock().now();
  s.last_error = text_of(reason);
  s.crashes.push_back(now);
  std::erase_if(s.crashes, [&](time_point at) { return at + st.options.window < now; });
  metrics::count("arrakis_runtime_actor_crashes_total", "Crashes of actors by kind.", 1, {{"kind", st.options.kind}});
  log::warn("actor.crashed", {{"kind", st.options.kind}, {"key", key}, {"error", s.last_error}});
  const bool too_often = s.crashes.size() > st.options.crashes_max;
  if (!s.slot)
    s.slot = std::make_unique<registry::child_slot>(registry::tree_node::current(),
                                                    registry::identity{st.options.kind, key}, false);
  s.slot->crashed(s.last_error, wall_ms(),
                  too_often ? registry::actor_state::quarantined : registry::actor_state::restarting);
  if (!too_often)
    return;
  s.quarantined = true;
  log::error("actor.quarantined", {{"kind", st.options.kind}, {"key", key}, {"error", s.last_error}});
  if (st.options.quarantined)
    st.options.quarantined(key, s.last_error, s.last_message ? boost::core::demangle(s.last_message->name()) : "");
}

void ended(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  const auto known = st.keys.find(down.source);
  if (known == st.keys.end())
    return;
  const auto key = std::move(known->second);
  st.keys.erase(known);
  count_active(self);
  auto& s = st.slots[key];
  s.actor = {};
  s.leaving = false;
  if (down.reason && down.reason != caf::exit_reason::user_shutdown)
    crashed(self, key, s, down.reason);
  auto waiting = std::move(s.waiting);
  s.waiting.clear();
  if (waiting.empty()) {
    if (s.crashes.empty() && !s.quarantined)
      st.slots.erase(key);
    return;
  }
  if (s.quarantined) {
    for (auto& h : waiting)
      h.reply.deliver(fail(ec::quarantined, st.options.kind + " " + key + " keeps crashing: " + s.last_error));
    return;
  }
  activate(self, key, s);
  s.last_used = self->clock().now();
  for (auto& h : waiting)
    h.reply.delegate(s.actor, std::move(h.what));
}

void sweep_idle(self_pointer self) {
  auto& st = self->state;
  const auto now = self->clock().now();
  retire_idle(self, now - st.options.idle);
  for (auto it = st.slots.begin(); it != st.slots.end();) {
    auto& s = it->second;
    if (s.quarantined && st.options.quarantine_of && !st.options.quarantine_of(it->first))
      lift(s);
    const auto over = !s.actor && !s.quarantined && (s.crashes.empty() || s.crashes.back() + st.options.window < now);
    it = over ? st.slots.erase(it) : std::next(it);
  }
  self->delayed_send(self, std::max(st.options.idle / 4, std::chrono::milliseconds{10}), sweep{});
}

entries listed(self_pointer self) {
  entries all;
  for (auto& [key, s] : self->state.slots)
    all.list.push_back(
      {key, static_cast<bool>(s.actor), s.quarantined, static_cast<uint32_t>(s.crashes.size()), s.last_error});
  return all;
}

caf::behavior behavior(self_pointer self, options opts, std::function<caf::actor(const std::string&)> make) {
  keep_exception_text(self);
  self->state.options = std::move(opts);
  self->state.activate = std::move(make);
  self->set_down_handler([self](const caf::down_msg& down) { ended(self, down); });
  self->set_exit_handler([self](const caf::exit_msg& x) {
    for (auto& [key, s] : self->state.slots)
      if (s.actor)
        self->send_exit(s.actor, x.reason);
    self->quit(x.reason);
  });
  self->delayed_send(self, std::max(self->state.options.idle / 4, std::chrono::milliseconds{10}), sweep{});
  return {
    [self](deliver& request) { return accept(self, request); },
    [self](const release& r) {
      if (const auto it = self->state.slots.find(r.key); it != self->state.slots.end())
        lift(it->second);
    },
    [self](inspect) { return listed(self); },
    [self](sweep) { sweep_idle(self); },
  };
}
} // namespace

caf::actor start(caf::actor_system& sys, options opts, std::function<caf::actor(const std::string&)> activate) {
  return registry::spawn(sys, {"directory"}, behavior, std::move(opts), std::move(activate));
}
} // namespace arrakis::directory
