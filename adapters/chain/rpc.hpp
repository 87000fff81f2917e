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

struct call {
  std::string method;
  std::string params_json;
};
/// Of one call. `failed` is the node's error object: its code and message.
struct answer {
  boost::json::value result;
  bool failed = false;
  int64_t code = 0;
  std::string message;
};

call chain_id();
call newest_block();
call code_at(const std::string& address, int64_t block);
call call_at(const std::string& address, std::string_view data, int64_t block);

/// A batch; one call alone is none, since there are nodes without batches.
std::string print(const std::vector<call>&);
/// The answers in the order of the calls. ec::corrupt when the body is no answer to `count` calls.
caf::expected<std::vector<answer>> read(std::string_view body, size_t count);
/// Does the node say in place of an answer that the batch was too large for it?
bool refuses_batch(const answer&);

/// 0x text as a number; ec::corrupt otherwise.
caf::expected<int64_t> quantity(const answer&, std::string_view what);
/// What a call of a contract gave.
struct outcome {
  enum { value, nothing, unknown } kind = unknown; ///< nothing: it reverted, or returned no bytes.
  std::string data;                                ///< value: raw bytes.
  std::string why;                                 ///< unknown: the node's words.
};
/// Tells a contract that has no such function from a node that cannot say: only the first is `nothing`.
outcome outcome_of(const answer&);

} // namespace arrakis::chain::rpc
