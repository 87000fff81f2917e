#pragma once
// Questions from a test to an actor that runs on threads of its own.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <optional>

namespace arrakis::contracts {

/// Long enough for a loaded machine; a test never waits for it unless something is broken.
inline constexpr std::chrono::seconds patience{20};
/// A deadline that no passing test reaches.
inline deadline soon() { return {std::chrono::steady_clock::now() + patience}; }
/// A deadline that has passed.
inline deadline gone() { return {std::chrono::steady_clock::now() - std::chrono::seconds{1}}; }

/// Asks `to` and waits for its answer.
template <class R, class Handle, class Message>
caf::expected<R> ask(caf::actor_system& sys, const Handle& to, Message message) {
  caf::scoped_actor self{sys};
  std::optional<caf::expected<R>> result;
  self->request(to, caf::duration{patience}, std::move(message))
    .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
  return std::move(*result);
}

} // namespace arrakis::contracts
