#pragma once
// The actor of one chain with the endpoints of the configuration.
#include "adapters/chain/reader/chain_reader.hpp"

namespace arrakis::net {
class io;
}

namespace arrakis::chain::reader {

/// One chain, with the addresses of its endpoints.
struct options {
  chain_terms terms;
  int64_t chain_id = 0;  ///< EIP-155; an endpoint that answers with another one is not used.
  std::string multicall; ///< Empty: none.
  std::string multicall_code_hash;
  /// In the order in which they are asked. Keys in them are shown nowhere. None: every answer is unknown, and says
  /// which key of the configuration is missing.
  std::vector<url> endpoints;
  size_t answer_bytes_max = 4 << 20;
};

/// Starts the readers of all chains. `io` outlives them.
handle start(caf::actor_system&, net::io& io, options);

} // namespace arrakis::chain::reader
