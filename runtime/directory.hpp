#pragma once
// Actors by key: activated by their first message, passivated when idle, quarantined alone when they keep crashing. One
// directory serves one kind (communities, wizard sessions); all messages for a key go through it, so a message never
// meets an actor that is about to leave.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/actor.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arrakis {

/// Sent by the directory to an idle actor, after everything else it sent there. The actor quits when no flow of it
/// runs, or as soon as the last one has ended.
struct retire {};

/// Handles `retire` in an actor whose state has `flows`: quits now, or when its last flow ends.
template <class Self>
void quit_when_idle(Self* self) {
  if (self->state.flows.size() == 0)
    self->quit();
  else
    self->delayed_send(self, std::chrono::milliseconds{100}, retire{});
}

namespace directory {
/// Settings of a directory.
struct options {
  std::string kind;                            ///< For logs and metrics: "community".
  std::chrono::milliseconds idle{15 * 60'000}; ///< Without a message for this long an actor is passivated.
  /// Limit of active actors; further activations fail with ec::busy. From nine tenths of it on, actors idle for
  /// `idle_when_full` are passivated, so that a short burst does not block others for `idle`.
  size_t active_max = 200'000;
  std::chrono::milliseconds idle_when_full{1'000};
  size_t held_max = 100;    ///< Limit of messages that wait for one key while its actor quits; then ec::busy.
  uint32_t crashes_max = 5; ///< Allowed crashes within `window`; one more quarantines the key.
  std::chrono::milliseconds window{60'000};
  /// Called for each message and before any activation, on the directory's thread: the error of the key's quarantine;
  /// nothing: not in quarantine. It also knows quarantines of other processes and earlier runs, and those passed to
  /// `quarantined`. Unset: only this directory decides, and `release` lifts a quarantine.
  std::function<std::optional<std::string>(const std::string& key)> quarantine_of;
  /// Called once when a key is quarantined, with the error and the type of the last message (no secrets).
  std::function<void(const std::string& key, const std::string& error, const std::string& last_message)> quarantined;
};

/// Delivers `what` to the actor of `key`; the answer is that actor's own.
struct deliver {
  std::string key;
  caf::message what;
};
/// Lifts a quarantine.
struct release {
  std::string key;
};
struct inspect {}; ///< Asks for all keys. -> entries
struct entry {     ///< State of one key.
  std::string key;
  bool active = false;
  bool quarantined = false;
  uint32_t crashes = 0;
  std::string last_error;
};
struct entries { ///< Answer to inspect.
  std::vector<entry> list;
};
struct sweep {}; ///< Sent to itself.

/// Starts a directory. Untyped, because its answers are those of the actor behind the key.
caf::actor start(caf::actor_system&, options, std::function<caf::actor(const std::string& key)> activate);
/// Makes a `deliver`.
template <class Message>
deliver to(std::string key, Message&& message) {
  return {std::move(key), caf::make_message(std::forward<Message>(message))};
}
} // namespace directory
} // namespace arrakis
