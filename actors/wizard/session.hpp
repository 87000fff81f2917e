#pragma once
#include "actors/wizard/wizard.hpp"
#include "runtime/directory.hpp"

namespace arrakis::wizard::session {
using handle = ingress::handler::extend<caf::reacts_to<retire>>;
/// The actor of one user in one guild while it clicks. It remembers nothing that matters: the record is read from Redis
/// for each message and written by compare-and-set, so two of it may exist at once.
handle start(caf::actor_system&, snowflake user, snowflake guild, ports, std::shared_ptr<const options>);
} // namespace arrakis::wizard::session
