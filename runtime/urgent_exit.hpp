#pragma once
// An exit that does not wait behind what an actor has not read yet.
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message_id.hpp>
#include <caf/send.hpp>

namespace arrakis {
/// Sends an exit that is handled after the current message. CAF queues an exit like any other message, so an overloaded
/// actor would end late or never. Messages that still wait come after the exit handler, and are lost when it quits: use
/// it only where senders repeat unanswered messages.
template <class Handle>
void send_urgent_exit(const Handle& to, caf::exit_reason reason) {
  if (const auto dest = caf::actor_cast<caf::strong_actor_ptr>(to))
    dest->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                  caf::make_message(caf::exit_msg{dest->address(), reason}), nullptr);
}
} // namespace arrakis
