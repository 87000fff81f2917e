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

/// A conversation about a deployment that has not ended.
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

/// Those that end within `within` (at most 2 min), each once, on whichever process: who gets it has to speak.
struct take_ending { std::chrono::milliseconds within{60'000}; size_t count_max = 100; deadline until; }; ///< -> ending
struct ending { std::vector<conversation> list; };

using handle = caf::typed_actor<caf::replies_to<take_ending>::with<ending>>;
} // namespace arrakis::conversations
