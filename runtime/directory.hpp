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

/// How an actor whose state has `flows` takes `retire`.
template <class Self>
void quit_when_idle(Self* self) {
  if (self->state.flows.size() == 0)
    self->quit();
  else
    self->delayed_send(self, std::chrono::milliseconds{100}, retire{});
}

namespace directory {

struct options {
  std::string kind;                            ///< For logs and metrics: "community".
  std::chrono::milliseconds idle{15 * 60'000}; ///< Without a message for this long an actor is passivated.
  /// Further activations answer ec::busy. From nine tenths of it on, whoever is idle for `idle_when_full` makes room:
  /// what was many for a moment does not keep others out for as long as `idle`.
  size_t active_max = 200'000;
  std::chrono::milliseconds idle_when_full{1'000};
  size_t held_max = 100;    ///< Messages kept for one key while its actor leaves; then ec::busy.
  uint32_t crashes_max = 5; ///< Within `window`; one more quarantines the key.
  std::chrono::milliseconds window{60'000};
  /// Asked with each message and before any activation, by whatever thread runs the directory: the error for which the
  /// key is in quarantine; nothing when it is not, or no longer. It knows also those of other processes and of before
  /// this one, and what `quarantined` was told. Empty: this directory alone decides, and `release` lifts.
  std::function<std::optional<std::string>(const std::string& key)> quarantine_of;
  /// Told once when a key is quarantined, with the error and the last message in words (no secrets: types only).
  std::function<void(const std::string& key, const std::string& error, const std::string& last_message)> quarantined;
};

/// Delivers `what` to the actor of `key`; the asker gets that actor's own answer.
struct deliver {
  std::string key;
  caf::message what;
};
struct release {
  std::string key;
}; ///< Lifts a quarantine.
struct inspect {};
struct entry {
  std::string key;
  bool active = false;
  bool quarantined = false;
  uint32_t crashes = 0;
  std::string last_error;
};
struct entries {
  std::vector<entry> list;
};
struct sweep {}; ///< To itself.

/// Dynamically typed, since it answers with whatever the actor behind the key answers.
caf::actor start(caf::actor_system&, options, std::function<caf::actor(const std::string& key)> activate);

template <class Message>
deliver to(std::string key, Message&& message) {
  return {std::move(key), caf::make_message(std::forward<Message>(message))};
}
} // namespace directory
} // namespace arrakis
