#pragma once
#include "actors/gate/messages.hpp"
#include "actors/waiting_notice/messages.hpp"
#include "adapters/postgres/conversations/messages.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <string>

namespace arrakis::waiting_notice {

struct ports {
  conversations::handle conversations;
  gate::handle gate; ///< The message of a frozen community stays as it is; it says itself until when it is followed.
};
struct options {
  std::chrono::milliseconds poll_every{15'000};
  /// A conversation that ends within this is told; four polls fit in, so that one which fails loses nothing.
  std::chrono::milliseconds within{60'000};
  std::chrono::milliseconds store_within{10'000};
  int tries_max = 4; ///< Of one message.
};
handle start(caf::actor_system&, ports, options = {});

/// The body of PATCH @original: that it still waits, with the button “Check progress”.
std::string still_waiting_body(int64_t version);

} // namespace arrakis::waiting_notice
