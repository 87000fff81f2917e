#include "runtime/registry/actor_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace arrakis::registry::detail {

void deliver(caf::scheduled_actor& to, record& of, caf::mailbox_element_ptr what, caf::execution_unit* host) {
  if (to.getf(caf::abstract_actor::is_detached_flag)) { // CAF alone wakes the thread of such an actor.
    of.message_arrives();
    to.scheduled_actor::enqueue(std::move(what), host);
    return;
  }
  const auto id = what->mid;
  const auto asker = id.is_request() ? what->sender : nullptr;
  switch (to.mailbox().push_back(std::move(what))) {
    case caf::intrusive::inbox_result::unblocked_reader:
      of.message_wakes();
      caf::intrusive_ptr_add_ref(to.ctrl()); // Of the scheduler.
      if (host)
        host->exec_later(&to);
      else
        to.home_system().scheduler().enqueue(&to);
      return;
    case caf::intrusive::inbox_result::success: of.message_arrives(); return;
    case caf::intrusive::inbox_result::queue_closed: caf::detail::sync_request_bouncer{{}}(asker, id); return;
  }
}

caf::resumable::resume_result run_turn(caf::scheduled_actor& self, caf::execution_unit* host, size_t messages_max) {
  constexpr size_t deficit = 3; // Of a round, as CAF has it.
  if (!self.activate(host))
    return caf::resumable::done;
  size_t handled = 0;
  caf::scheduled_actor::mailbox_visitor handle{&self, handled, messages_max};
  auto& mailbox = self.mailbox();
  const auto falls_asleep = [&] {
    if (handled > 0)
      self.set_receive_timeout();
    return mailbox.try_block();
  };
  while (handled < messages_max) {
    if (!mailbox.new_round(deficit, handle).consumed_items && falls_asleep())
      return caf::resumable::awaiting_message;
    if (self.finalize())
      return caf::resumable::done;
  }
  return falls_asleep() ? caf::resumable::awaiting_message : caf::resumable::resume_later;
}
} // namespace arrakis::registry::detail
