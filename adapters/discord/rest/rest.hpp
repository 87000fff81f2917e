#pragma once
// The client behind the port of messages.hpp: the limiter, the cluster's budget, and HTTP.
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
/// `url` is scheme, host and port; the client outlives every actor.
transport over(net::http_client&, std::string url);

struct rest_options {
  std::function<secret()> token; ///< Asked for each call, so that a rotated one is used at once.
  std::string user_agent = "DiscordBot (https://github.com/arrakis, 0.1.0)";
  limiter_options limits;
  int attempts_max = 5; ///< Of one call, by 5xx or lost connections; answers of 429 do not count.
  /// After a 401 the token is wrong until it changes; one call in so long finds out.
  std::chrono::milliseconds token_retry{60'000};
  /// True from a 401 until that token is accepted or another one is set; outlives the actor. None: nobody asks.
  std::atomic<bool>* token_refused = nullptr;
  server_clock* clock = nullptr;       ///< Learns from each answer; outlives the actor. None: nobody asks.
  size_t unknown_webhooks_max = 1'000; ///< Webhooks of interactions that Discord did not know, kept in mind.
};
rest start(caf::actor_system&, rest_options, transport, budget::handle);

} // namespace arrakis::discord
