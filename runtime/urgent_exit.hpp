#pragma once
// An exit that does not wait behind what an actor has not read yet.
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message_id.hpp>
#include <caf/send.hpp>

namespace arrakis {
/// CAF sends an exit as any other message: an actor that is sent more than it handles ends late, or never. This one is
/// handled after the message that is being worked on. What else waits in the mailbox comes after the exit handler, and
/// is lost when that one quits: use it where the sender repeats what was not taken.
template <class Handle>
void send_urgent_exit(const Handle& to, caf::exit_reason reason) {
  if (const auto dest = caf::actor_cast<caf::strong_actor_ptr>(to))
    dest->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                  caf::make_message(caf::exit_msg{dest->address(), reason}), nullptr);
}
} // namespace arrakis
