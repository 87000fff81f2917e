#pragma once
// Questions as calls of one endpoint at one block, and what comes back as answers. Pure.
#include "adapters/chain/question.hpp"
#include "adapters/chain/reader/blocks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::chain::reader {

/// Request formats that an endpoint supports.
struct dialect {
  bool by_hash = false; ///< Blocks by their hash (EIP-1898). Otherwise the block's header is read before and after.
  std::optional<evm_address> multicall; ///< Multicall3 with the pinned code. Without it each question is a call.
};

/// The block as the last parameter of a call.
block_selector selector_of(const block_id&, const dialect&);
/// Puts the calls between two reads of the block's header, if the endpoint does not support block hashes.
std::vector<rpc::call> pin(std::vector<rpc::call>, const block_id&, const dialect&);
/// Answers to pinned calls, without the headers. ec::conflict when the endpoint has another block of that number, or
/// none: its answers belong to another fork.
caf::expected<std::vector<rpc::answer>> unpin(std::vector<rpc::answer>, const block_id&, const dialect&);

/// Questions of one aggregate3, at most.
inline constexpr size_t aggregate_max = 250;
/// Builds calls of aggregate3, each of at most `aggregate_max` questions.
std::vector<rpc::call> aggregate_calls(const std::vector<chain_read>&, const block_id&, const dialect&);
/// One answer for each question; none: ask it alone, because its entry or the whole call failed.
std::vector<std::optional<value_or_reason>> read_aggregates(const std::vector<chain_read>&,
                                                            const std::vector<rpc::answer>&);

/// The header of a block: by number, or "latest", "safe", "finalized".
rpc::call header_call(std::string_view tag);
rpc::call header_call(int64_t number);
/// A block with its time.
struct block_header {
  block_id id;
  int64_t time_s = 0;
};
/// Reads a block header; empty: there is no such block, or the answer is not a header.
std::optional<block_header> read_header(const rpc::answer&);

/// Calls that find out whether an endpoint supports block hashes, and has Multicall3 with the expected code hash.
std::vector<rpc::call> probe_calls(const block_id&, const std::string& multicall);
/// The dialect of an endpoint.
struct probed {
  dialect speaks;
  bool is_certain = false; ///< False: an answer failed, so the endpoint is probed again.
};
/// Reads the answers to probe_calls(). ec::refused when the endpoint serves another chain.
caf::expected<probed> read_probe(const std::vector<rpc::answer>&, int64_t chain_id, const std::string& multicall,
                                 const std::string& code_hash);

/// Asks for the code at an address.
rpc::call code_call(const evm_address&, const block_selector&);
/// True where the answer to code_call() is code.
bool has_code(const rpc::answer&);

} // namespace arrakis::chain::reader
