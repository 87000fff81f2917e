#pragma once
// The embedded object store: files below one folder, private (0700, 0600), written whole and durable, never
// overwritten.
#include "adapters/objects/messages.hpp"

#include <caf/actor_system.hpp>
#include <string>

namespace arrakis::objects::folder {

/// Settings of the folder store.
struct options {
  std::string root; ///< Made when it is not there.
};

/// Checks whether other users can change the store; nothing: they cannot, or it does not exist. A shared file system
/// may need that, and signatures still verify, so it is worth only a log line.
caf::error check(const options&);

/// Starts the store on a thread of its own. Several processes may share a root.
/// Errors besides the port's: ec::invalid (malformed id or snapshot), ec::unavailable (disk full or failing: nothing
/// was stored), ec::refused (the system forbids it), ec::timeout (the deadline had passed before it began).
handle start(caf::actor_system&, options);

} // namespace arrakis::objects::folder
