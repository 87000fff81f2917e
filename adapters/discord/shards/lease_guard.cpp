#include "adapters/discord/shards/lease_guard.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/log_rate_limit.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <type_traits>

namespace arrakis::discord::shards::lease_guard {
namespace {
using std::chrono::milliseconds;

/// A successor answers or defers within 2 s of the event; Discord takes a first answer within 3 s.
constexpr milliseconds apologize_after{2'200};
constexpr milliseconds apologize_within{2'900};
constexpr size_t apologies_max = 500; ///< Limit of concurrent replies; further users get none.

struct handler_state {
  flows running;
  static inline const char* name = "guarded_sink";
};
using handler_pointer = discord::event_handler::stateful_pointer<handler_state>;

bool wants_answer(const interaction& x) {
  return x.kind == interaction_kind::command || x.kind == interaction_kind::component
      || x.kind == interaction_kind::modal;
}

/// Replies to the user that nothing was done.
flow<> apologize(handler_pointer self, std::shared_ptr<const interaction> what, apologies replies) {
  const auto until = within(self, apologize_within);
  co_await nap(self, apologize_after);
  auto call = discord::interaction_callback(what->id, what->token, to_json_text(replies.answer(*what)));
  call.until = until;
  replies.told->insert(what->id);
  auto sent = co_await ask(self, replies.rest, until, std::move(call));
  if (!sent && code_of(sent.error()) != ec::unknown)
    replies.told->erase(what->id);
  static log::rate_limit line{std::chrono::seconds{10}};
  if (const auto count = line.due())
    log::warn("interaction.lease_missing", {{"request", what->id.text()},
                                            {"guild", what->guild.text()},
                                            {"told", sent && sent->status < 300 ? "yes" : "no"},
                                            {"count", *count}});
}

caf::error over() { return fail(ec::stale, "the lease of the shard is over"); }

/// Handles an interaction received without a lease, then or when replayed later.
bool is_spoken_for(handler_pointer self, bool is_valid, const discord::interaction_created& x,
                   const apologies& replies) {
  auto& running = self->state.running;
  if (!is_valid && wants_answer(*x.what) && running.size() < apologies_max)
    running.start(apologize(self, x.what, replies));
  return is_valid && replies.told->contains(x.what->id);
}

template <class Message>
auto pass_dispatch(handler_pointer self, const right& mine, const discord::event_handler& to,
                   const apologies& replies) {
  return [self, mine, to, replies](const Message& x) -> caf::result<void> {
    const bool is_valid = mine->is_valid(self->clock().now());
    if constexpr (std::is_same_v<Message, discord::interaction_created>)
      if (is_spoken_for(self, is_valid, x, replies))
        return caf::unit;
    if (!is_valid) {
      metrics::count("arrakis_discord_dispatches_stale_total", "Dispatches left to the successor of a lost lease.");
      return over();
    }
    self->delegate(to, x);
    return caf::delegated<void>{};
  };
}

discord::event_handler::behavior_type passing(handler_pointer self, const right& mine, const discord::event_handler& to,
                                              const apologies& replies) {
  keep_exception_text(self);
  return {pass_dispatch<discord::interaction_created>(self, mine, to, replies),
          pass_dispatch<discord::guild_available>(self, mine, to, replies),
          pass_dispatch<discord::guild_gone>(self, mine, to, replies),
          pass_dispatch<discord::role_changed>(self, mine, to, replies),
          pass_dispatch<discord::channel_changed>(self, mine, to, replies),
          pass_dispatch<discord::shard_ready>(self, mine, to, replies),
          pass_dispatch<discord::shard_stopped>(self, mine, to, replies)};
}

template <class Message>
auto pass_write(gateway::session_store::pointer self, const right& mine, const gateway::session_store& to) {
  return [self, mine, to](const Message& x) -> caf::result<gateway::session_stored> {
    if (!mine->is_valid(self->clock().now()))
      return over();
    self->delegate(to, x);
    return caf::delegated<gateway::session_stored>{};
  };
}

gateway::session_store::behavior_type keeping(gateway::session_store::pointer self, const right& mine,
                                              const gateway::session_store& to) {
  keep_exception_text(self);
  return {
    [self, to](const gateway::load_session& x) -> caf::result<gateway::saved_session> {
      self->delegate(to, x);
      return caf::delegated<gateway::saved_session>{};
    },
    pass_write<gateway::save_session>(self, mine, to),
    pass_write<gateway::clear_session>(self, mine, to),
  };
}
} // namespace

void notified_users::insert(snowflake interaction) {
  std::scoped_lock lock{guard_};
  list_.push_back(interaction);
  if (list_.size() > 1'000)
    list_.pop_front();
}
void notified_users::erase(snowflake interaction) {
  std::scoped_lock lock{guard_};
  std::erase(list_, interaction);
}
bool notified_users::contains(snowflake interaction) const {
  std::scoped_lock lock{guard_};
  return std::ranges::find(list_, interaction) != list_.end();
}

discord::event_handler handler(caf::actor_system& sys, right mine, discord::event_handler to, apologies replies) {
  return registry::spawn(sys, {"lease_guard"}, passing, std::move(mine), std::move(to), std::move(replies));
}

gateway::session_store store(caf::actor_system& sys, right mine, gateway::session_store to) {
  return registry::spawn(sys, {"lease_guard"}, keeping, std::move(mine), std::move(to));
}

gateway::connector connector(caf::actor_system& sys, right mine, gateway::connector to) {
  return
    [&sys, mine = std::move(mine), to = std::move(to)](std::string url, net::websocket_events events, auto opened) {
      if (mine->is_valid(sys.clock().now()))
        to(std::move(url), std::move(events), std::move(opened));
      else
        opened(over());
    };
}
} // namespace arrakis::discord::shards::lease_guard
