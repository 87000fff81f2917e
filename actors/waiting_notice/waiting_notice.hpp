#pragma once
#include "actors/gate/messages.hpp"
#include "actors/waiting_notice/messages.hpp"
#include "adapters/postgres/conversations/messages.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <string>

namespace arrakis::waiting_notice {

/// Actors that the notice asks.
struct ports {
  conversations::handle conversations;
  gate::handle gate; ///< The message of a frozen community stays as it is; it says itself until when it is followed.
};
/// Tunables of the notice.
struct options {
  std::chrono::milliseconds poll_every{15'000};
  /// Notices are sent for conversations that end within this time. It fits three holds and a poll: if a process dies
  /// before it has confirmed a notice, another process sends it again.
  std::chrono::milliseconds within{60'000};
  std::chrono::milliseconds hold{10'000};          ///< Nobody else speaks for so long; longer than a try and its pause.
  std::chrono::milliseconds message_within{5'000}; ///< The store is asked so short a time before: work may begin.
  std::chrono::milliseconds store_within{10'000};
  size_t page = 100; ///< Conversations taken at once; the next are read at once where there are more.
  int tries_max = 4; ///< Tries of one message, while it is held.
};
/// Starts the notice.
handle start(caf::actor_system&, ports, options = {});

/// Body of PATCH @original: the deployment still waits; with the button “Check progress”.
std::string still_waiting_body(int64_t version);

} // namespace arrakis::waiting_notice
