#pragma once
// The values of an epoch: endpoints are asked until enough of them say the same.
#include "adapters/chain/reader/chain_state.hpp"

namespace arrakis::chain::reader {

/// Asks what has come since: at once where the block was just chosen.
flow<> gather(self_pointer, epoch_ptr);
/// Asks after the time in which questions gather.
flow<> gather_soon(self_pointer, epoch_ptr);

} // namespace arrakis::chain::reader
