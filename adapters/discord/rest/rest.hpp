#pragma once
// REST client behind the port of messages.hpp: limiter, cluster budget, and HTTP.
#include "adapters/discord/rest/budget.hpp"
#include "adapters/discord/rest/limits.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/rest/server_clock.hpp"

#include <atomic>
#include <functional>

namespace arrakis::net {
class http_client;
}

namespace arrakis::discord {

/// Sends one request; `done` runs exactly once, on any thread, with the errors of net::http_client::send.
using transport =
  std::function<void(net::http_request, deadline, std::function<void(caf::expected<net::http_response>)> done)>;
/// Transport over a client. `url`: scheme, host and port. The client must outlive every actor.
transport over(net::http_client&, std::string url);

/// Settings of the REST client.
struct rest_options {
  std::function<secret()> token; ///< Called for each request.
  std::string user_agent = "DiscordBot (https://github.com/arrakis, 0.1.0)";
  limiter_options limits;
  int attempts_max = 5; ///< Attempts of one call after 5xx or lost connections; answers of 429 do not count.
  /// Interval of probes after a 401, until the token changes.
  std::chrono::milliseconds token_retry{60'000};
  /// Set from a 401 until that token is accepted or another one is set; outlives the actor. May be null.
  std::atomic<bool>* token_refused = nullptr;
  server_clock* clock = nullptr;       ///< Learns from each answer; outlives the actor. May be null.
  size_t unknown_webhooks_max = 1'000; ///< Limit of remembered webhooks that Discord did not know.
};
/// Starts the actor of the port.
rest start(caf::actor_system&, rest_options, transport, budget::handle);

} // namespace arrakis::discord
