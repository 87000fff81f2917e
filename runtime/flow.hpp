#pragma once
// Coroutines inside one actor: a conversation with other actors reads as straight-line code.
//
//   flow<> onboard(handle::pointer self, ...) {
//     auto found = co_await ask(self, communities, until, find_by_guild{guild});   // caf::expected<found>
//     if (!found) co_return reply.deliver(found.error());
//   }
//   self->state.flows.start(reply, onboard(self, ...));
//
// A flow runs on its actor's thread of the moment, interleaved with the actor's other messages at each co_await. It
// belongs to the `flows` member of the actor's state and dies with it: a message that arrives later is dropped, and
// nothing leaks; one that goes on after quit() ends at its next co_await. An exception that leaves a root flow ends the
// actor, as a throw in a handler does.
//
// Several at once: runtime/flow/group.hpp. How a cancellation travels: runtime/flow/cancel.hpp. Waiting for something
// that is no answer: runtime/flow/suspension.hpp. Asking from code that is no actor: runtime/flow/outside.hpp.
#include "runtime/flow/ask.hpp"
#include "runtime/flow/flows.hpp"
#include "runtime/flow/group.hpp"
