#pragma once
// Ports of a shard: the store of its session, the source of the gateway's address, the pacing of identifies, and the
// connector of sockets.
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
/// Loads a session. -> saved_session; empty id: nothing stored, or unreadable.
struct load_session {
  int shard = 0;
  deadline until;
};
/// Stores a session. -> session_stored
struct save_session {
  int shard = 0;
  saved_session what;
  deadline until;
};
/// Deletes a session. -> session_stored
struct clear_session {
  int shard = 0;
  deadline until;
};
/// The change is stored.
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
/// Opens a socket, as net::connect_websocket does; replaced in tests, and by the lease guard.
using connector = std::function<void(std::string url, net::websocket_events,
                                     std::function<void(caf::expected<std::shared_ptr<net::websocket>>)> opened)>;
} // namespace arrakis::discord::gateway
