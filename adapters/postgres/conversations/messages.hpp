#pragma once
// Interaction tokens of users who wait for a deployment: each user's newest click, valid for 15 minutes at Discord.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::conversations {

/// The newest interaction about a waiting deployment.
struct conversation {
  community_id community;
  int64_t fence = 0;        ///< The community's, at this moment.
  int64_t fences_as_of = 0; ///< The number of the fence log, at this moment or before.
  std::string deployment;
  int64_t version = 0;
  snowflake application;
  secret interaction_token;
  std::chrono::milliseconds left{0}; ///< Remaining life of the token.
};

/// Takes conversations about pending and waiting deployments whose token expires within `within` (at most 2 min). The
/// caller has each for `hold`; then, unless settled, another process may take it. So each user is told at least once.
struct take_ending {
  std::chrono::milliseconds within{60'000};
  std::chrono::milliseconds hold{10'000};
  size_t count_max = 100;
  deadline until;
}; ///< -> ending
/// Conversations that end soon.
struct ending {
  std::vector<conversation> list;
  bool more = false; ///< True: `count_max` was reached.
};

/// Key of a conversation: its interaction token.
struct key {
  community_id community;
  std::string deployment;
  secret interaction_token;
};
/// Asks before each message whether the conversation is still the newest, the deployment still pending or waiting, and
/// the conversation not settled. Extends the hold by `hold`.
struct still_waits {
  key of;
  std::chrono::milliseconds hold{10'000};
  deadline until;
}; ///< -> waits
/// Answer to still_waits.
struct waits {
  bool yes = false;
};
/// Ends the conversation: the message was sent, or never can be. No effect when a newer click replaced it.
struct settle {
  key of;
  deadline until;
}; ///< -> settled
/// Answer to settle.
struct settled {};

using handle = caf::typed_actor<caf::replies_to<take_ending>::with<ending>, caf::replies_to<still_waits>::with<waits>,
                                caf::replies_to<settle>::with<settled>>;
} // namespace arrakis::conversations
