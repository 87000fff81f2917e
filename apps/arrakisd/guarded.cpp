#include "apps/arrakisd/guarded.hpp"

#include "runtime/exception.hpp"
#include "runtime/metrics.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::guarded {
namespace {
namespace gateway = discord::gateway;

caf::error over() { return fail(ec::stale, "the lease of the shard is over"); }

template <class Message>
auto pass_dispatch(discord::sink::pointer self, const right& mine, const discord::sink& to) {
  return [self, mine, to](const Message& x) -> caf::result<void> {
    if (!mine->holds(self->clock().now())) {
      metrics::count("arrakis_discord_dispatches_stale_total", "Dispatches left to the successor of a lost lease.");
      return over();
    }
    self->delegate(to, x);
    return caf::delegated<void>{};
  };
}

discord::sink::behavior_type passing(discord::sink::pointer self, const right& mine, const discord::sink& to) {
  keep_exception_text(self);
  return {pass_dispatch<discord::interaction_created>(self, mine, to),
          pass_dispatch<discord::guild_available>(self, mine, to),
          pass_dispatch<discord::guild_gone>(self, mine, to),
          pass_dispatch<discord::role_changed>(self, mine, to),
          pass_dispatch<discord::channel_changed>(self, mine, to),
          pass_dispatch<discord::shard_ready>(self, mine, to),
          pass_dispatch<discord::shard_stopped>(self, mine, to)};
}

template <class Message>
auto pass_write(gateway::session_store::pointer self, const right& mine, const gateway::session_store& to) {
  return [self, mine, to](const Message& x) -> caf::result<gateway::session_kept> {
    if (!mine->holds(self->clock().now()))
      return over();
    self->delegate(to, x);
    return caf::delegated<gateway::session_kept>{};
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

discord::sink sink(caf::actor_system& sys, right mine, discord::sink to) {
  return sys.spawn(passing, std::move(mine), std::move(to));
}

gateway::session_store store(caf::actor_system& sys, right mine, gateway::session_store to) {
  return sys.spawn(keeping, std::move(mine), std::move(to));
}

gateway::connector connector(caf::actor_system& sys, right mine, gateway::connector to) {
  return
    [&sys, mine = std::move(mine), to = std::move(to)](std::string url, net::websocket_events events, auto opened) {
      if (mine->holds(sys.clock().now()))
        to(std::move(url), std::move(events), std::move(opened));
      else
        opened(over());
    };
}
} // namespace arrakis::guarded
