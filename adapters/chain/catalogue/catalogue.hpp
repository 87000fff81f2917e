#pragma once
// The chains that this build knows. To add one, add a file to config/chains.
#include "runtime/url.hpp"
#include "schemas/block_policy.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::chain {

/// A chain of config/chains.
struct description {
  std::string id;       ///< "berachain": what manifests and chains.rpc.<id> name. Never changes.
  std::string name;     ///< Display name: "Berachain".
  int64_t chain_id = 0; ///< EIP-155.
  std::string symbol;   ///< Symbol of the native coin.
  int decimals = 18;    ///< Decimals of the native coin.
  /// Public JSON-RPC endpoints of third parties; unused unless the operator enables them.
  std::vector<url> public_endpoints;
  block_policy grant, revoke;
  std::chrono::milliseconds block_time{0}; ///< On average.
  std::chrono::seconds tip_age_max{0};     ///< A node whose newest block is older is behind. 0: any age is right.
  std::string multicall;                   ///< Address of Multicall3.
  std::string multicall_code_hash;         ///< Keccak-256 of its code, 0x and 64 digits. Another code is not used.
};

/// Every chain of config/chains at build time, by name. A file that cannot be read is a bug of this build: the program
/// ends (a test reads them all).
const std::vector<description>& catalogue();
/// Finds a chain; nullptr: unknown id.
const description* find(std::string_view id);
/// Display name of a chain: "base" -> "Base"; an unknown id is returned as it is.
std::string display_name(std::string_view id);

} // namespace arrakis::chain
