#include "actors/quarantine/quarantine.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/flow/refresher.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <optional>

namespace arrakis::quarantine {
namespace {
struct state {
  state() = default;
  static inline const char* name = "quarantine";
  quarantines::handle store;
  quarantine::table* table = nullptr;
  options opt;
  std::deque<quarantines::crash> unsaved; ///< Crashes of this process that are not in PostgreSQL yet.
  std::optional<refresher> readings;
};
using pointer = handle::stateful_pointer<state>;

quarantines::entry entry_of(const quarantines::crash& c) {
  quarantines::entry e;
  e.kind = c.kind;
  e.key = c.key;
  e.error = c.error;
  return e;
}

flow<caf::error> save(pointer self) {
  auto& st = self->state;
  while (!st.unsaved.empty()) {
    auto crash = st.unsaved.front();
    crash.node = st.opt.node;
    const auto until = within(self, st.opt.within);
    quarantines::add order{std::move(crash), until};
    auto kept = co_await ask(self, st.store, until, std::move(order));
    // PostgreSQL refuses the form of this entry and always will: drop it, so that it delays no other.
    if (!kept && code_of(kept.error()) != ec::invalid)
      co_return kept.error();
    if (!kept)
      log::error(
        "quarantine.not_saved",
        {{"kind", st.unsaved.front().kind}, {"key", st.unsaved.front().key}, {"error", text_of(kept.error())}});
    st.unsaved.pop_front();
  }
  co_return caf::error{};
}

void report(const char* event, const std::vector<quarantines::entry>& list) {
  for (const auto& e : list)
    log::info(event, {{"kind", e.kind}, {"key", e.key}, {"id", e.id}});
}

/// Saves first, so that what crashed here is never missing in what is read.
flow<caf::error> synchronize(pointer self) {
  auto& st = self->state;
  if (auto bad = co_await save(self))
    co_return bad;
  const auto until = within(self, st.opt.within);
  const quarantines::list_open question{until};
  auto open = co_await ask(self, st.store, until, question);
  if (!open)
    co_return open.error();
  for (const auto& crash : st.unsaved) // Crashes that came meanwhile.
    open->entries.push_back(entry_of(crash));
  metrics::set("arrakis_quarantine_keys", "Keys of actors that are kept apart until an operator releases them.",
               static_cast<double>(open->entries.size()));
  const auto news = st.table->replace(std::move(open->entries));
  report("quarantine.known", news.added);
  report("quarantine.released", news.released);
  co_return caf::error{};
}

handle::behavior_type behavior(pointer self, quarantines::handle store, table* what, options opt) {
  keep_exception_text(self);
  self->state.store = std::move(store);
  self->state.table = what;
  self->state.opt = std::move(opt);
  self->state.readings.emplace([self] { return synchronize(self); },
                               refresher::events{"quarantine.store_away", "quarantine.store_back"});
  self->send(self, poll{});
  return {
    [self](const quarantines::crash& x) {
      auto& st = self->state;
      if (st.unsaved.size() >= st.opt.unsaved_max)
        log::error("quarantine.not_saved", {{"kind", x.kind}, {"key", x.key}, {"error", "too many wait to be saved"}});
      else
        st.unsaved.push_back(x);
      st.readings->read_now();
    },
    [self](const read_now&) { self->state.readings->read_now(); },
    [self](const poll&) {
      self->state.readings->read_if_idle();
      self->delayed_send(self, self->state.opt.every, poll{});
    },
  };
}

snowflake guild_in(const std::string& key) {
  const auto colon = key.rfind(':');
  return parse_snowflake(colon == std::string::npos ? key : key.substr(colon + 1)).value_or(snowflake{});
}
} // namespace

handle start(caf::actor_system& sys, quarantines::handle store, table& what, options opt) {
  return registry::spawn(sys, {"quarantine"}, behavior, std::move(store), &what, std::move(opt));
}

std::function<void(const std::string&, const std::string&, const std::string&)> recorder(table& what, handle to,
                                                                                         std::string kind) {
  return [&what, to = std::move(to), kind = std::move(kind)](const std::string& key, const std::string& error,
                                                             const std::string& last_message) {
    quarantines::crash crash{kind, key, guild_in(key), error, last_message, {}};
    what.add(entry_of(crash));
    caf::anon_send(to, std::move(crash));
  };
}

std::function<std::optional<std::string>(const std::string&)> reader(const table& what, std::string kind) {
  return [&what, kind = std::move(kind)](const std::string& key) { return what.find(kind, key); };
}
} // namespace arrakis::quarantine
