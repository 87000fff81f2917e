#pragma once
// JSON-RPC 2.0 batches as Ethereum nodes speak them (https://ethereum.org/en/developers/docs/apis/json-rpc/): text in,
// text out, no I/O.
#include "runtime/error.hpp"

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::chain::rpc {

/// A JSON-RPC request.
struct call {
  std::string method;
  std::string params_json;
};
/// Answer to one call. `failed`: `code` and `message` are the node's error.
struct answer {
  boost::json::value result;
  bool failed = false;
  int64_t code = 0;
  std::string message;
};

/// Call of eth_chainId.
call chain_id();
/// Call of eth_blockNumber.
call newest_block();
/// Call of eth_getCode at a block.
call code_at(const std::string& address, int64_t block);
/// Call of eth_call at a block; `data` is 0x text.
call call_at(const std::string& address, std::string_view data, int64_t block);

/// Request body: a batch, or a single request for one call, since some nodes have no batches.
std::string print(const std::vector<call>&);
/// Reads the answers in the order of the calls. ec::corrupt: the body does not answer `count` calls.
caf::expected<std::vector<answer>> read(std::string_view body, size_t count);
/// True when the node refuses the batch as too large.
bool refuses_batch(const answer&);

/// Reads 0x text as a number; ec::corrupt otherwise.
caf::expected<int64_t> quantity(const answer&, std::string_view what);
/// The error of a node for a log line: at most 200 bytes, visible, without URLs, which can contain a key.
std::string for_log(const answer&);
/// Result of a contract call.
struct outcome {
  enum { value, nothing, unknown } kind = unknown; ///< nothing: it reverted, or returned no bytes.
  std::string data;                                ///< value: raw bytes.
  std::string why;                                 ///< unknown: the reason for a log line, cleaned and cut.
};
/// Distinguishes a contract without such a function (`nothing`) from a node that cannot answer.
outcome outcome_of(const answer&);

} // namespace arrakis::chain::rpc
