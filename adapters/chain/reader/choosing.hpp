#pragma once
// The block of an epoch: its number by what the endpoints have reached, its hash by what they agree on.
#include "adapters/chain/reader/chain_state.hpp"

namespace arrakis::chain::reader {

/// Chooses the block, and asks what has come meanwhile.
flow<> choose(self_pointer, epoch_ptr);

} // namespace arrakis::chain::reader
