#include "actors/fences/fences.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/flow/refresher.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>

namespace arrakis::fences {
namespace {
const char* name_of(fence_log::scope scope) {
  switch (scope) {
    case fence_log::scope::global: return "global";
    case fence_log::scope::community: return "community";
    case fence_log::scope::user: return "user";
  }
  return "";
}

struct state {
  state() = default;
  static inline const char* name = "fences";
  fence_log::handle log;
  fence_table* table = nullptr;
  options opt;
  fence_log::position known;
  std::optional<std::vector<fence_log::entry>>
    whole; ///< The entries so far of a whole log that is not read to its end.
  std::optional<refresher> readings;
  hints::subscription hinted;
};
using pointer = handle::stateful_pointer<state>;

/// Applies each newer entry to the table at once; the table takes over another log only when that is read to its end.
void take(state& st, fence_log::changes news) {
  if (news.is_whole)
    st.whole.emplace();
  st.known = std::move(news.now);
  if (!st.whole) {
    st.table->apply(news.entries);
    for (const auto& e : news.entries)
      log::info("fence.changed", {{"scope", name_of(e.scope)},
                                  {"subject", e.subject},
                                  {"status", e.status},
                                  {"fence", e.fence},
                                  {"number", e.number}});
    return;
  }
  st.whole->insert(st.whole->end(), news.entries.begin(), news.entries.end());
  if (news.has_more)
    return;
  st.table->replace(*st.whole);
  log::info("fences.log_read", {{"log", st.known.log}, {"number", st.known.number}, {"entries", st.whole->size()}});
  st.whole.reset();
}

flow<caf::error> read_to_end(pointer self) {
  auto& st = self->state;
  for (;;) {
    const auto began = self->clock().now();
    const auto until = within(self, st.opt.within);
    fence_log::read order{st.known, until};
    auto news = co_await ask(self, st.log, until, std::move(order));
    if (!news)
      co_return news.error();
    const bool has_more = news->has_more;
    take(st, std::move(*news));
    if (has_more)
      continue;
    st.table->set_read(began);
    co_return caf::error{};
  }
}

flow<caf::error> read(pointer self) {
  auto why = co_await read_to_end(self);
  metrics::set("arrakis_fences_ready", "1 while the fences are known.", why ? 0 : 1);
  co_return why;
}

/// The subscription ends with the actor, so what it calls must not keep the actor.
hints::subscription follow_hints(pointer self) {
  const auto& subscribe = self->state.opt.hints;
  if (!subscribe)
    return nullptr;
  return subscribe(hints::fences, [me = caf::weak_actor_ptr{self->ctrl()}] {
    if (auto here = me.lock())
      caf::anon_send(caf::actor_cast<handle>(here), read_now{});
  });
}

handle::behavior_type behavior(pointer self, fence_log::handle log, fence_table* table, options opt) {
  keep_exception_text(self);
  self->state.log = std::move(log);
  self->state.table = table;
  self->state.opt = std::move(opt);
  self->state.readings.emplace([self] { return read(self); }, refresher::events{"fences.away", "fences.back"});
  self->state.hinted = follow_hints(self);
  self->send(self, poll{});
  return {
    [self](const read_now&) {
      metrics::count("arrakis_fences_hints_total", "Hints that the fence log may have grown.");
      self->state.readings->read_now();
    },
    [self](const poll&) {
      self->state.readings->read_if_idle();
      self->delayed_send(self, self->state.opt.every, poll{});
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, fence_log::handle log, fence_table& table, options opt) {
  return registry::spawn(sys, {"fences"}, behavior, std::move(log), &table, std::move(opt));
}
} // namespace arrakis::fences
