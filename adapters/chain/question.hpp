#pragma once
// What rules ask of chains as calls of a node, and what comes back as values. Pure: no I/O. Bytes from outside: nothing
// throws, and what is not exactly the value that was asked for is unknown: never zero, never cut, never filled up.
#include "adapters/chain/rpc.hpp"
#include "schemas/chain_read.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::chain {

struct contract_call {
  evm_address to;
  std::string data; ///< Raw bytes: selector and arguments.
  bool operator==(const contract_call&) const = default;
};
/// The first four bytes of Keccak-256 of a signature: "balanceOf(address)".
std::string selector(std::string_view signature);
/// Empty for a native balance, which no contract is asked for.
std::optional<contract_call> as_contract_call(const chain_read&);

/// Where a node looks: JSON, the last parameter of a call.
struct block_selector {
  std::string json;
  static block_selector number(int64_t);
  /// EIP-1898, with requireCanonical: a node that has left this block answers with an error. `hash`: 0x and 64 digits.
  static block_selector hash(std::string_view);
};
rpc::call as_rpc_call(const chain_read&, const block_selector&);
rpc::call as_rpc_call(const contract_call&, const block_selector&);

using value_or_reason = std::variant<contract_answer, unknown_reason>;
/// What a contract returned, raw: exactly one word, for an owner one that is an address.
value_or_reason read_returned(const chain_read&, std::string_view returned);
/// What a node answered to as_rpc_call. `reverted` only where the node says that the contract ran and reverted: a call
/// that ran out of gas or met an invalid opcode is unknown. Whether there is code at the address, and whether others
/// say the same, is for the caller to find out before it believes a revert. The node's own words go into `heard`, for
/// the log, and nowhere else.
value_or_reason read_answer(const chain_read&, const rpc::answer&);

} // namespace arrakis::chain
