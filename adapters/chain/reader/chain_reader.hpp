#pragma once
// One chain: chooses the block of a verdict, asks as many endpoints as have to agree, and one more where they do not,
// or are slow. Questions that are asked about the same block at about the same time are asked once.
#include "adapters/chain/reader/endpoint.hpp"
#include "adapters/chain/reader/messages.hpp"

#include <functional>
#include <string>
#include <vector>

namespace arrakis::chain::reader {

/// An endpoint with its name for logs and metrics.
struct named_endpoint {
  std::string name; ///< Host and port. Two endpoints of one name are one voter.
  endpoint worker;
};

/// Settings of one chain, with the limits on which its endpoints must agree.
struct chain_terms {
  std::string id, name; ///< "base", "Base".
  block_policy grant, revoke;
  std::chrono::milliseconds block_time{1'000};
  std::chrono::seconds tip_age_max{0}; ///< 0: any.
  /// Endpoints that must agree on hash and value; at most all. A single endpoint grants by its value, and revokes by
  /// equal values at two blocks. With two endpoints, the value of one revokes no role.
  size_t quorum = 2;
  std::chrono::milliseconds gather{2};         ///< Questions that come within it are asked together.
  std::chrono::milliseconds block_max{1'000};  ///< A block is used no longer than this, and half a block time.
  std::chrono::milliseconds answer_max{8'000}; ///< For choosing the block and reading it.
  size_t requests_max = 20'000;                ///< Waiting requests; one more gets ec::busy.
};

/// Starts the workers of a chain's endpoints. The chain's actor calls it once, so that they stand below it.
using connect = std::function<std::vector<named_endpoint>()>;

/// Starts the actor of one chain, linked to its workers: none lives without the others.
handle start_chain(caf::actor_system&, chain_terms, connect);

} // namespace arrakis::chain::reader
