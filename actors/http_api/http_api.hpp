#pragma once
// The daemon's HTTP API: health, metrics, and Discord's signed interactions.
#include "actors/ingress/entry.hpp"
#include "actors/readiness/messages.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/net/http_server.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <variant>

namespace arrakis::http_api {

/// This machine's clock against Discord's; told with readiness, and no reason to refuse work.
struct clock_skew {
  std::chrono::milliseconds ahead{0}, uncertainty{0};
};

/// Reads a signed interaction, as adapters/discord/interactions verifies it.
struct webhook {
  /// Answers at once (PING, a refusal), or gives the interaction on.
  std::function<std::variant<net::http_response, interaction>(const net::http_request&)> handle;
  /// Refuses a request by its head; nothing: its body is worth reading, up to `body_bytes_max`.
  std::function<std::optional<net::http_response>(const net::http_request& head)> judge_head;
  size_t body_bytes_max = 0;
};

struct ports {
  ingress::handle interactions;
  ingress::admission* admission = nullptr;  ///< The same that the gateway's events ask.
  std::optional<http_api::webhook> webhook; ///< None: /webhooks/discord answers 404.
  /// Asks every dependency, at most 2 s, and calls back with the list, on any thread.
  std::function<void(readiness::done)> dependencies;
  /// Empty while no answer of Discord was seen.
  std::function<std::optional<clock_skew>()> skew;
  /// Names of what does not beat (runtime/net/liveness.hpp); none: the process is alive. Runs on the listener's thread.
  std::function<std::vector<std::string>()> silent;
  /// False while the node drains: readiness is refused, so that balancers stop sending.
  std::function<bool()> accepting;
};

struct endpoints {
  net::http_server::handler handle;
  std::function<net::admission(const net::http_request& head)> admit;
};
/// GET and HEAD of /health/live, /health/ready, /health, /metrics, which are served while others fill the listener;
/// POST /webhooks/discord, of whose head method, size, signature and time are judged before its body is read. A path is
/// taken as it is written, without percent-decoding: what a proxy refuses by its path has no second spelling.
/// `questions` outlives the listener.
endpoints routes(asker& questions, ports);

} // namespace arrakis::http_api
