#pragma once
// Requests that wait for answers, and their end.
#include "adapters/chain/reader/chain_state.hpp"

namespace arrakis::chain::reader {

/// Delivers the answers of a request; those that have not come are unknown.
void finish(chain_state&, std::map<uint64_t, request>::iterator);
/// Notes the answer to a question, and finishes the requests that waited for it alone. A later answer changes nothing.
void resolve(self_pointer, const epoch_ptr&, const chain_read& question, outcome);
/// Finishes requests whose time has passed, while there are any.
flow<> end_late_requests(self_pointer);

} // namespace arrakis::chain::reader
