#pragma once
// Chain reads of rules as calls of a node, and the answers as values. Pure: no I/O. Bytes from outside never throw; an
// answer that is not exactly the expected value is unknown: never zero, never cut, never padded.
#include "adapters/chain/rpc.hpp"
#include "schemas/chain_read.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::chain {

/// A call of a contract.
struct contract_call {
  evm_address to;
  std::string data; ///< Raw bytes: selector and arguments.
  bool operator==(const contract_call&) const = default;
};
/// The first four bytes of Keccak-256 of a signature: "balanceOf(address)".
std::string selector(std::string_view signature);
/// Contract call of a read; empty for a native balance, which is no contract's.
std::optional<contract_call> as_contract_call(const chain_read&);

/// Block at which a node reads: JSON, the last parameter of a call.
struct block_selector {
  std::string json;
  static block_selector number(int64_t);
  /// EIP-1898, with requireCanonical: a node that has left this block answers with an error. `hash`: 0x and 64 digits.
  static block_selector hash(std::string_view);
};
/// JSON-RPC call of a read at a block.
rpc::call as_rpc_call(const chain_read&, const block_selector&);
rpc::call as_rpc_call(const contract_call&, const block_selector&);

using value_or_reason = std::variant<contract_answer, unknown_reason>;
/// Reads the raw result of a contract: exactly one word, for an owner an address.
value_or_reason read_returned(const chain_read&, std::string_view returned);
/// Reads a node's answer to as_rpc_call. `reverted` only where the node says that the contract ran and reverted: a call
/// that ran out of gas or met an invalid opcode is unknown. Whether there is code at the address, and whether others
/// say the same, is for the caller to find out before it believes a revert. The node's own words go into `node_text`,
/// for the log, and nowhere else.
value_or_reason read_answer(const chain_read&, const rpc::answer&);

} // namespace arrakis::chain
