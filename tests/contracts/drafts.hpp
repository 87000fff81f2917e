#pragma once
#include "adapters/postgres/drafts/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>

namespace arrakis::contracts {
/// What the store of drafts promises. `age` lets what is there grow older.
void drafts(caf::actor_system&, const arrakis::drafts::handle&, const std::function<void(std::chrono::seconds)>& age);
} // namespace arrakis::contracts
