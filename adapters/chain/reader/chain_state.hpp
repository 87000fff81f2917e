#pragma once
// The state of one chain's actor, which its flows share.
#include "adapters/chain/reader/chain_reader.hpp"
#include "adapters/chain/reader/health.hpp"
#include "runtime/flow.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace arrakis::chain::reader {

/// A value that was read, with its block.
struct known_value {
  contract_answer value;
  provenance at;
};
/// The answer to a question.
using outcome = std::variant<known_value, unknown_reason>;

/// One block that is read, for one of the two policies, and all that was asked about it.
struct epoch {
  bool takes = false; ///< Of revoke_block.
  size_t needed = 1;
  bool is_chosen = false;
  block_id at;
  std::optional<block_id> before; ///< The block below, where one endpoint alone takes.
  std::optional<unknown_reason> failure;
  std::chrono::steady_clock::time_point began;
  /// A question, and who waits for its answer.
  struct asked {
    std::optional<outcome> result;
    std::vector<uint64_t> requests; ///< Requests that wait for it.
  };
  std::map<chain_read, asked> questions;
  std::vector<chain_read> fresh; ///< Not asked yet.
  bool gathers = false;
};
/// An epoch that its requests and polls share.
using epoch_ptr = std::shared_ptr<epoch>;

/// Voters that must agree on a value. An endpoint that is alone votes about two blocks.
inline size_t votes_needed(const epoch& of) { return of.before ? 2 : of.needed; }

/// A request that waits for its answers.
struct request {
  std::vector<chain_read> questions;
  epoch_ptr of;
  size_t missing = 0;
  deadline until;
  std::function<void(std::vector<outcome>)> deliver;
  request_key key;
};

/// An endpoint, and how it does.
struct endpoint_state {
  std::string name;
  endpoint worker;
  endpoint_health health;
  bool is_suspect = false; ///< True after a value that the quorum did not confirm: asked last.
};

/// The state of one chain's actor.
struct chain_state {
  static inline const char* name = "chain.reader";
  chain_terms terms;
  std::vector<endpoint_state> endpoints;
  epoch_ptr current[2]; ///< By policy: grant, revoke.
  std::map<uint64_t, request> requests;
  uint64_t next = 0;
  bool sweeps = false;
  arrakis::flows flows; ///< The last member: its flows use the others.
};
using self_pointer = handle::stateful_pointer<chain_state>;

/// Endpoints that must agree before a value counts: no more than there are hosts.
size_t needed_of(const chain_state&, bool takes);
/// Why a value was not read, in words of this project.
unknown_reason not_known(std::string why);

} // namespace arrakis::chain::reader
