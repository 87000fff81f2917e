#pragma once
// One endpoint of one chain: the worker that asks it. It says what the endpoint says; whether that is believed is
// decided where several of them are known (chain_reader.hpp).
#include "adapters/chain/fetch.hpp"
#include "adapters/chain/reader/plan.hpp"

#include <memory>

namespace arrakis::chain::reader {

/// Asks for the newest block, and for the block of a tag.
struct ask_tip {
  std::string_view tag; ///< "safe", "finalized" or empty; a literal.
  deadline until;
};
/// Asks for the block of a number.
struct ask_block {
  int64_t number = 0;
  deadline until;
};
/// Asks for values at a block.
struct ask_values {
  block_id at;
  std::shared_ptr<const std::vector<chain_read>> questions;
  deadline until;
};
/// The answers of one endpoint, in the order of the questions.
struct endpoint_values {
  std::vector<value_or_reason> answers;
};

/// ec::refused: it serves another chain. ec::conflict: it has another block of that number, or none. Others as of
/// `fetcher`: it said nothing.
using endpoint = caf::typed_actor<caf::replies_to<ask_tip>::with<chain_tip>, caf::replies_to<ask_block>::with<block_id>,
                                  caf::replies_to<ask_values>::with<endpoint_values>, caf::reacts_to<cancel>>;

/// An endpoint, and how its answers are judged.
struct endpoint_options {
  url address;
  int64_t chain_id = 0;
  std::string chain;               ///< Id, for logs.
  std::string multicall;           ///< Empty: none.
  std::string multicall_code_hash; ///< 0x and 64 lower-case digits.
};
/// Starts the worker of one endpoint.
endpoint start_endpoint(caf::actor_system&, fetcher, endpoint_options);

} // namespace arrakis::chain::reader
