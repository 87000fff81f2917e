#pragma once
#include "actors/wizard/wizard.hpp"
#include "runtime/directory.hpp"

namespace arrakis::wizard::session {
using handle = ingress::handler::extend<caf::reacts_to<retire>>;
/// Starts the actor of one user in one guild. It is stateless: the record is read from Redis for each message and
/// written by compare-and-set, so two actors for one session do no harm.
handle start(caf::actor_system&, snowflake user, snowflake guild, ports, std::shared_ptr<const options>);
} // namespace arrakis::wizard::session
