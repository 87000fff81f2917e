#include "actors/fences/fences.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace arrakis::fences {
namespace {
struct state {
  flows flows;
  static inline const char* name = "fences";
  communities::handle store;
  board* what = nullptr;
  options opt;
  bool reading = false;
  bool again = false; ///< A hint came while a reading was under way, which may not have seen it.
  bool away = false;
  std::map<caf::actor_addr, listener> listeners;
};
using pointer = handle::stateful_pointer<state>;

void tell(pointer self, const communities::fence_entry& entry) {
  log::info("fence.changed", {{"tenant", entry.id.value}, {"status", entry.status}, {"fence", entry.fence}});
  for (const auto& [addr, who] : self->state.listeners)
    self->send(who, changed{entry});
}

flow<> read(pointer self) {
  auto& st = self->state;
  st.reading = true;
  const auto began = self->clock().now();
  const auto until = within(self, st.opt.within);
  auto result = co_await ask(self, st.store, until, communities::fences{until});
  st.reading = false;
  metrics::set("arrakis_fences_ready", "1 while the fences are known.", result ? 1 : 0);
  if (result) {
    for (const auto& entry : st.what->replace(std::move(result->rows), began))
      tell(self, entry);
    if (st.away)
      log::info("fences.back");
    st.away = false;
  } else if (!st.away) {
    st.away = true;
    log::warn("fences.away", {{"error", text_of(result.error())}});
  }
  if (std::exchange(st.again, false))
    st.flows.start(read(self));
}

handle::behavior_type behavior(pointer self, communities::handle store, board* what, options opt) {
  keep_exception_text(self);
  self->state.store = std::move(store);
  self->state.what = what;
  self->state.opt = opt;
  self->set_down_handler([self](const caf::down_msg& down) { self->state.listeners.erase(down.source); });
  self->send(self, read_again{});
  return {
    [self](const watch& x) {
      self->monitor(x.who);
      self->state.listeners.insert_or_assign(x.who.address(), x.who);
    },
    [self](const note& x) {
      self->state.what->note(x.what);
      tell(self, x.what);
      if (self->state.reading)
        self->state.again = true;
      else
        self->state.flows.start(read(self));
    },
    [self](const read_again&) {
      if (!self->state.reading)
        self->state.flows.start(read(self));
      self->delayed_send(self, self->state.opt.every, read_again{});
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, communities::handle store, board& what, options opt) {
  return sys.spawn(behavior, std::move(store), &what, opt);
}
} // namespace arrakis::fences
