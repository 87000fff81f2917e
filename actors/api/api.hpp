#pragma once
// HTTP resources. To add one: copy the folder `health`, rename it and its `definition`, and describe its routes; the
// build finds it, and /openapi.json shows it. No other file is edited.
#include "actors/readiness/messages.hpp"
#include "runtime/net/router/middleware.hpp"
#include "runtime/services.hpp"
#include "schemas/interaction.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace arrakis::api {

/// The listener that serves a resource.
enum class listener {
  public_port, ///< http.address and http.port, for everybody; where this process has the role api.
  admin_port,  ///< http.admin_address and http.admin_port, for whoever operates this process.
};

/// Difference between this machine's clock and Discord's. Readiness shows it; work is not refused because of it.
struct clock_skew {
  std::chrono::milliseconds ahead{0}, uncertainty{0};
};

/// Verifies and reads a signed interaction, as adapters/discord/interactions does.
struct webhook {
  /// Refuses a request by its head; nothing: its body is worth reading, up to `body_bytes_max`.
  std::function<std::optional<net::http_response>(const net::http_request& head)> judge_head;
  /// Refuses a request whose signature does not verify.
  std::function<std::optional<net::http_response>(const net::http_request&)> verify;
  /// Reads a verified request: the interaction, or the answer to a PING or to a body that cannot be read.
  std::function<std::variant<net::http_response, interaction>(const net::http_request&)> read;
  size_t body_bytes_max = 0;
  /// Discord gives 3 s from its sending; half a second is for the way.
  std::chrono::milliseconds answer_within{2'500};
};

/// The state of this process, as one service.
struct node_state {
  /// Asks every dependency, at most 2 s, and calls back with the list, on any thread.
  std::function<void(readiness::done)> dependencies;
  /// Names of the threads without a beat (runtime/net/liveness.hpp); none: the process is alive. Must not block.
  std::function<std::vector<std::string>()> silent;
  /// The clock skew; empty until Discord has answered once.
  std::function<std::optional<clock_skew>()> skew;
  /// False while the node drains: readiness is refused, so that balancers stop sending.
  std::function<bool()> accepting;
};

/// The definition of a resource: its routes, and the listener that serves them.
struct resource {
  std::string_view name;
  listener on = listener::public_port;
  /// The routes, bound to what they need of the services, which they find by type: `asker*`, an actor's address, what
  /// is declared above, or anything else that the process provides. Where it provides less, the listener opens without
  /// this resource, and a line of the log names it.
  std::vector<net::router::route> (*routes)(const services&) = nullptr;
  /// The authenticators that its routes name.
  std::vector<net::router::authenticator> (*authenticators)(const services&) = nullptr;
};

/// All resources, sorted by folder. Written by the build.
const std::vector<const resource*>& all();

/// Serves the given resources of one listener and /openapi.json behind the standard chain; for
/// http_server_options::admit. The objects that the services refer to outlive the listener.
std::function<net::admission(const net::http_request& head)> serve(const std::vector<const resource*>&, listener,
                                                                   const services&, std::string version);

} // namespace arrakis::api
