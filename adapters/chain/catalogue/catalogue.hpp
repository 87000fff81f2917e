#pragma once
// The chains that this build knows. To add one, add a file to config/chains.
#include "runtime/url.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::chain {

struct description {
  std::string id;       ///< "berachain": what manifests and chains.rpc.<id> name. Never changes.
  std::string name;     ///< What people read: "Berachain".
  int64_t chain_id = 0; ///< EIP-155.
  std::string symbol;   ///< Of the native coin.
  int decimals = 18;    ///< Of the native coin.
  /// JSON-RPC endpoints that others run for everybody. Nobody reads them unless the operator asks for it.
  std::vector<url> public_endpoints;
};

/// Every chain of config/chains at build time, by name. A file that cannot be read is a bug of this build: the program
/// ends (a test reads them all).
const std::vector<description>& catalogue();
/// nullptr: there is no such chain.
const description* find(std::string_view id);
/// "base" -> "Base"; an unknown id stays as it is.
std::string display_name(std::string_view id);

} // namespace arrakis::chain
