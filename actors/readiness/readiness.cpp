#include "actors/readiness/readiness.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/registry/spawn.hpp"

#include <array>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>
#include <utility>

namespace arrakis::readiness {
namespace {
constexpr std::chrono::milliseconds patience{2'000};

struct state {
  static inline const char* name = "readiness";
  std::optional<ports> to;
  std::vector<caf::typed_response_promise<dependencies>> waiting; // Askers that share one answer.
  arrakis::flows flows;
};
using self_pointer = handle::stateful_pointer<state>;

dependency of_shards(const caf::expected<discord::shards::states>& all) {
  if (!all)
    return {"discord", false, text_of(all.error())};
  if (!all->known)
    return {"discord", false, "Discord has not said yet how many shards there should be"};
  size_t elsewhere = 0;
  for (const auto& s : all->list) {
    if (s.state == "stopped")
      return {"discord", false,
              "shard " + std::to_string(s.shard) + " is stopped for good: the log's shard.stopped says what to do"};
    if (s.state != "running" && s.state != "standby")
      return {"discord", false, "shard " + std::to_string(s.shard) + " is " + s.state};
    elsewhere += s.state == "standby" ? 1 : 0;
  }
  return {"discord", true,
          "shards: " + std::to_string(all->list.size() - elsewhere) + " here, " + std::to_string(elsewhere)
            + " in other processes"};
}

} // namespace

dependency of_tree(registry::tree_node tree) {
  const auto rows = registry::declared_actors(tree);
  for (const auto& r : rows)
    if (r.state == registry::actor_state::restarting || r.state == registry::actor_state::quarantined)
      return {"actors", false,
              r.path + " is " + std::string{registry::word(r.state)} + " after crash " + std::to_string(r.restarts)
                + ": " + r.last_error};
  return {"actors", true, std::to_string(rows.size()) + " actors of the tree run"};
}

namespace {
/// The database, and the signer whose anchor is in it.
flow<std::array<dependency, 2>> look_at_database(self_pointer self, deadline until) {
  const auto& to = *self->state.to;
  auto database = co_await ask(self, to.pool, until, postgres::health{});
  if (database && database->ready && to.relay_pool) { // Another role of the database, perhaps over another address.
    auto relay = co_await ask(self, to.relay_pool, until, postgres::health{});
    if (relay && relay->ready)
      database->detail += ", " + relay->detail + " of the relay";
    else
      database = std::move(relay);
  }
  std::array<dependency, 2> found{
    dependency{"database", database && database->ready, database ? database->detail : text_of(database.error())},
    dependency{"vault", false, "its anchor is in the database, which is not ready", false}};
  if (!found[0].ready)
    co_return found;
  // A signer that refuses delays new versions only: the node serves everything else.
  auto signer = co_await ask(self, to.signer, until, signer::inspect{until});
  found[1].ready = signer && signer->signs;
  found[1].detail = signer ? signer->detail : text_of(signer.error());
  co_return found;
}

flow<dependency> look_at_discord(self_pointer self, deadline until) {
  const auto& to = *self->state.to;
  if (!to.has_token)
    co_return dependency{"discord", false, "no bot token was set at the start; set discord.token_file", false};
  if (to.token_refused)
    co_return dependency{"discord", false,
                         "Discord refuses the bot token; put the current one into discord.token_file and send SIGHUP"};
  if (!to.shards)
    co_return dependency{"discord", true, "the bot token is not refused; this process runs no shard"};
  auto shards_now = co_await ask(self, to.shards, until, discord::shards::inspect{until});
  co_return of_shards(shards_now);
}

flow<> answer_all(self_pointer self) {
  const auto& to = *self->state.to;
  const auto until = within(self, patience);
  auto [stores, discord] = co_await when_all(look_at_database(self, until), look_at_discord(self, until));
  const auto cache = to.cache();
  const auto queue = to.queue();
  dependencies all;
  all.list.push_back(std::move(stores[0]));
  all.list.push_back({"redis", cache.ready, cache.detail});
  all.list.push_back({"queue", queue.ready, queue.detail});
  all.list.push_back(std::move(stores[1]));
  all.list.push_back({"fences", to.fence_table.is_known(),
                      to.fence_table.is_known() ? "read lately" : "not read lately: no effect may leave"});
  all.list.push_back(std::move(discord));
  all.list.push_back(of_tree(to.tree));
  for (auto& each : std::exchange(self->state.waiting, {}))
    each.deliver(all);
}

handle::behavior_type behavior(self_pointer self, ports to) {
  keep_exception_text(self);
  self->state.to.emplace(std::move(to));
  return {[self](get_dependencies) -> caf::result<dependencies> {
    auto& waiting = self->state.waiting;
    waiting.push_back(self->make_response_promise<dependencies>());
    if (waiting.size() == 1)
      self->state.flows.start(answer_all(self));
    return caf::delegated<dependencies>{};
  }};
}
} // namespace

handle start(caf::actor_system& sys, ports to) { return registry::spawn(sys, {"readiness"}, behavior, std::move(to)); }
} // namespace arrakis::readiness
