#pragma once
// Properties of a contract, from the answers of one endpoint at one block. No I/O.
#include "adapters/chain/messages.hpp"
#include "adapters/chain/rpc.hpp"
#include "runtime/error.hpp"

#include <string>
#include <vector>

namespace arrakis::chain {

/// The calls that answer an inspection, the chain's id first. `type`: erc20, erc721, erc1155.
std::vector<rpc::call> inspection_calls(const std::string& address, int64_t block);

/// ec::unknown with the node's words when it could not say something; never a contract with less in it than the chain
/// has. ec::refused when the endpoint serves another chain than `chain_id` (0: any).
caf::expected<contract> read_inspection(const std::vector<rpc::answer>&, const std::string& address,
                                        const std::string& type, int64_t chain_id, int64_t block);

/// True when both describe the same contract, whatever their block.
bool agree(const contract&, const contract&);

} // namespace arrakis::chain
