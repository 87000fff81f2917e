#pragma once
// Values that rules ask of chains. All answers of one message are of one block, on which and on each value a quorum of
// endpoints agrees. Nothing here fails: what could not be read is an unknown reading.
#include "runtime/deadline.hpp"
#include "runtime/flow/cancel.hpp"
#include "runtime/message.hpp"
#include "schemas/chain_read.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::chain::reader {
/// Reads one chain's values for a verdict. -> values_read. At: grant_block or revoke_block. Others are not read.
template <class At>
struct read_values {
  std::string chain;
  std::vector<chain_read> questions;
  deadline until;
};
/// Values in the order of the questions; those that did not arrive in time are unknown.
template <class At>
struct values_read {
  std::vector<reading<contract_answer, At>> answers;
};
/// ec::busy: too many questions wait. A request that is cancelled gets no answer; what others asked too is still read.
using handle =
  caf::typed_actor<caf::replies_to<read_values<grant_block>>::with<values_read<grant_block>>,
                   caf::replies_to<read_values<revoke_block>>::with<values_read<revoke_block>>, caf::reacts_to<cancel>>;
/// The readers of this process, by the id of their chain: one for each chain of config/chains.
using readers = std::map<std::string, handle, std::less<>>;
} // namespace arrakis::chain::reader
