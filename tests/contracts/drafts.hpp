#pragma once
#include "adapters/postgres/drafts/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>

namespace arrakis::contracts {
/// The contract of the store of drafts. `age` makes all stored drafts older.
void drafts(caf::actor_system&, const arrakis::drafts::handle&, const std::function<void(std::chrono::seconds)>& age);
} // namespace arrakis::contracts
