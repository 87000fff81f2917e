#pragma once
// Properties of a contract, from the answers of one endpoint at one block. No I/O.
#include "adapters/chain/messages.hpp"
#include "adapters/chain/rpc.hpp"
#include "runtime/error.hpp"

#include <string>
#include <vector>

namespace arrakis::chain {

/// Calls that inspect a contract, eth_chainId first. `type`: erc20, erc721, erc1155.
std::vector<rpc::call> inspection_calls(const std::string& address, int64_t block);

/// Reads the answers to inspection_calls(). ec::unknown, with the node's text: something is missing, so nothing is
/// returned. ec::refused when the endpoint serves another chain than `chain_id` (0: any).
caf::expected<contract> read_inspection(const std::vector<rpc::answer>&, const std::string& address,
                                        const std::string& type, int64_t chain_id, int64_t block);

/// True when both describe the same contract, whatever their block.
bool agree(const contract&, const contract&);

} // namespace arrakis::chain
