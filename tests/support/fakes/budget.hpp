#pragma once
#include "adapters/discord/rest/budget.hpp"

#include <caf/fwd.hpp>

namespace arrakis::test {
/// The budget of one process in memory, on the actor's clock. Keeps tests/contracts/budget.hpp.
discord::budget::handle memory_budget(caf::actor_system&, discord::budget::options = {});
} // namespace arrakis::test
