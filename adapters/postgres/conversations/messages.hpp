#pragma once
// Conversations with who waits for a deployment: the token of the newest click, which Discord lets live for 15 minutes.
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

/// A conversation about a deployment that waits.
struct conversation {
  community_id community;
  int64_t fence = 0;        ///< The community's, at this moment.
  int64_t fences_as_of = 0; ///< The number of the fence log, at this moment or before.
  std::string deployment;
  int64_t version = 0;
  snowflake application;
  secret interaction_token;
  std::chrono::milliseconds left{0}; ///< Of the token's life.
};

/// Those about pending and waiting deployments that end within `within` (at most 2 min). Who gets one has it for
/// `hold`, on whichever process; then, unless it was settled, somebody gets it again. So each is told at least once.
struct take_ending {
  std::chrono::milliseconds within{60'000};
  std::chrono::milliseconds hold{10'000};
  size_t count_max = 100;
  deadline until;
}; ///< -> ending
struct ending {
  std::vector<conversation> list;
  bool more = false; ///< As many as were asked for had been found.
};

/// The conversation that `interaction_token` is of.
struct key {
  community_id community;
  std::string deployment;
  secret interaction_token;
};
/// To be asked before each word: no newer click has another conversation, the deployment is still pending or waiting,
/// and nobody has settled it. Holds it for `hold` again.
struct still_waits { key of; std::chrono::milliseconds hold{10'000}; deadline until; }; ///< -> waits
struct waits { bool yes = false; };
/// Nobody is to speak in it any more: it was told, or never can be. Where a newer click has another: nothing.
struct settle { key of; deadline until; }; ///< -> settled
struct settled {};

using handle = caf::typed_actor<caf::replies_to<take_ending>::with<ending>, caf::replies_to<still_waits>::with<waits>,
                                caf::replies_to<settle>::with<settled>>;
} // namespace arrakis::conversations
