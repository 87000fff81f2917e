#pragma once
// The last message of an actor that was quarantined, kept for whoever mends it.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::dead_letters {

/// `message` in words, without secrets (types of messages print as names). Cut to what the table holds.
struct letter {
  community_id community;
  std::string actor; ///< "community", "wizard_session".
  std::string message;
  ec code = ec::internal;
  std::string error;
};
struct keep { letter what; deadline until; };
struct kept { std::string id; };
struct list { community_id community; deadline until; }; ///< Newest first, at most 100, not replayed yet.
struct listed { std::vector<letter> letters; };

using handle = caf::typed_actor<caf::replies_to<keep>::with<kept>, caf::replies_to<list>::with<listed>>;
} // namespace arrakis::dead_letters
