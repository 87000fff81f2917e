#pragma once
// The HTTP door: health, metrics, and Discord's signed interactions.
#include "actors/interactions/messages.hpp"
#include "runtime/net/http_server.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::door {

/// One dependency and how it is.
struct dependency {
  std::string name;
  bool ready = false;
  std::string detail;
  bool needed = true; ///< Off: while it is not ready the node may be sent work all the same.
};

/// This machine's clock against Discord's; told with readiness, and no reason to refuse work.
struct clock_skew {
  std::chrono::milliseconds ahead{0}, uncertainty{0};
};

struct ports {
  interactions::handle interactions;
  std::string public_key; ///< Hex; empty: /webhooks/discord answers 404.
  /// Asks every dependency, at most 2 s, and calls back with the list, on any thread.
  std::function<void(std::function<void(std::vector<dependency>)>)> dependencies;
  /// Empty while no answer of Discord was seen.
  std::function<std::optional<clock_skew>()> skew;
  /// Discord's Unix milliseconds, for the age of its signatures; unset: this machine's.
  std::function<int64_t()> discord_now_ms;
  /// False while the node drains: readiness is refused, so that balancers stop sending.
  std::function<bool()> accepting;
  /// Interactions whose first answer is not out; the next ones hear "busy" at once, in words and in time (P9). It is
  /// more than interactions::limits lets in, so that its own answer is the usual one, and bounds what waits before it.
  size_t in_flight_max = 1'024;
};

struct endpoints {
  net::http_server::handler handle;
  std::function<net::admission(const net::http_request& head)> admit;
};
/// GET and HEAD of /health/live, /health/ready, /health, /metrics, which are served while others fill the listener;
/// POST /webhooks/discord, of whose head method, size, signature and time are judged before its body is read. A path is
/// taken as it is written, without percent-decoding: what a proxy refuses by its path has no second spelling.
endpoints routes(caf::actor_system&, ports);

} // namespace arrakis::door
