#pragma once
// Chain reads over JSON-RPC. Endpoints are tried in their order, each with its share of the time left; the first whole
// answer counts, unless the next endpoint that answers at the same block says otherwise.
#include "adapters/chain/messages.hpp"
#include "runtime/url.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::net {
class io;
}

namespace arrakis::chain {

/// One chain of config/chains, with the endpoints that the operator gave.
struct chain_options {
  std::string id;             ///< "berachain": what manifests name.
  int64_t chain_id = 0;       ///< EIP-155; an endpoint that answers with another one is not used. 0: any.
  std::vector<url> endpoints; ///< http or https; they may carry keys: no message and no log shows more than the host.
};

/// Settings of the port.
struct options {
  std::vector<chain_options> chains;
  std::chrono::milliseconds endpoint_max{3'000}; ///< The most that one endpoint gets for one step.
  std::chrono::milliseconds confirm_max{1'000};  ///< The most that is spent on a second opinion.
  size_t answer_bytes_max = 4 << 20;
};

/// Starts the actor that inspects contracts. `io` outlives it.
handle start(caf::actor_system&, net::io& io, options);

} // namespace arrakis::chain
