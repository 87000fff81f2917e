#pragma once
// What a shard is tied to: the store of its session, where it learns the gateway's address, when it may identify, and
// how it opens a socket.
#include "adapters/discord/gateway/session.hpp"
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "runtime/net/websocket.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <memory>
#include <string>

namespace arrakis::discord::gateway {
/// An empty id when nothing is kept, or what is kept cannot be read.
struct load_session {
  int shard = 0;
  deadline until;
};
struct save_session {
  int shard = 0;
  saved_session what;
  deadline until;
};
struct clear_session {
  int shard = 0;
  deadline until;
};
struct session_stored {};

/// Errors as those of redis::handle. A lost save costs a replay of a few events, never an event.
using session_store = caf::typed_actor<caf::replies_to<load_session>::with<saved_session>,
                                       caf::replies_to<save_session>::with<session_stored>,
                                       caf::replies_to<clear_session>::with<session_stored>>;

/// Gives the gateway's address (GET /gateway/bot, field `url`) to `found`, once, from any thread.
using url_source = std::function<void(std::function<void(caf::expected<std::string>)> found)>;
/// Reserves a slot to identify: `granted` runs once, from any thread, with the time from `now` to the slot.
using identify_pacing =
  std::function<void(int shard, time_point now, std::function<void(caf::expected<milliseconds>)> granted)>;
/// Opens a socket, as net::connect_websocket does. A seam for tests, and for who may open one only at times.
using connector = std::function<void(std::string url, net::websocket_events,
                                     std::function<void(caf::expected<std::shared_ptr<net::websocket>>)> opened)>;
} // namespace arrakis::discord::gateway
