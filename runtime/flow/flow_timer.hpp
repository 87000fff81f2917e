#pragma once
// The one timer that all waits of an actor's flows share.
#include "runtime/flow/due_list.hpp"
#include "runtime/registry/registry.hpp"

#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>

namespace arrakis::detail {

/// True after quit(), when no flow may wait: CAF 0.17 keeps an actor alive as long as it has a handler for an answer,
/// without a behavior and deaf even to a kill. A flow that goes on in the turn of the quit() stays where it waits next,
/// and dies with its actor. The end of an actor forgets its handlers, and the clock its timers.
inline bool is_ending(const caf::scheduled_actor* self) {
  return self->getf(caf::abstract_actor::is_shutting_down_flag | caf::abstract_actor::is_cleaned_up_flag);
}

/// Takes back the handler of an answer. CAF 0.17 has no call for it (`then` is for ever): its map is protected.
struct response_handlers : caf::scheduled_actor {
  static void erase(caf::scheduled_actor& of, caf::message_id response) {
    (of.*&response_handlers::multiplexed_responses_).erase(response);
  }
};

/// Ends the waits of the flows of one actor at their deadlines, in the order of these. Not thread-safe: the actor's own
/// turns only. The earliest deadline, at most, has a timer of CAF's clock. An answer that is in the mailbox before the
/// timer of its deadline fires counts, however late the actor comes to it.
class flow_timer {
public:
  /// A flow that waits.
  class wait : public due_list::entry {
  public:
    /// The deadline has come, and the wait is open no more. May destroy it, and may throw what leaves the flow.
    virtual void late() = 0;

  protected:
    ~wait() = default;
  };

  flow_timer() = default;
  flow_timer(const flow_timer&) = delete;
  flow_timer& operator=(const flow_timer&) = delete;
  ~flow_timer();

  /// Opens a wait of a flow of `self`, which is not at its end.
  void open(caf::scheduled_actor* self, wait& of, due_list::time_point due) {
    self_ = self;
    if (waits_.add(of, due) == due_list::step::set && !is_firing_)
      set();
  }
  /// Closes one that is open.
  void close(wait& of) {
    if (waits_.remove(of) == due_list::step::take_back)
      take_back();
  }

private:
  void set();
  void take_back();
  void fire();

  due_list waits_;
  caf::scheduled_actor* self_ = nullptr;
  caf::message_id timer_;
  bool is_firing_ = false; ///< fire() sets the timer when it has ended all waits that are due.
};

// Seldom called.
inline flow_timer::~flow_timer() { take_back(); }

inline void flow_timer::set() {
  take_back();
  timer_ = self_->new_request_id(caf::message_priority::normal).response_id();
  auto& clock = self_->clock();
  clock.set_request_timeout(waits_.earliest(), self_, timer_);
  self_->add_multiplexed_response_handler(timer_, caf::behavior{[] {}, [this](caf::error&) { fire(); }});
  registry::count_timers(self_->id(), +1);
  waits_.timer_is_set(clock.now());
}

inline void flow_timer::take_back() {
  if (!waits_.has_timer())
    return;
  waits_.timer_is_gone();
  if (is_ending(self_))
    return;
  response_handlers::erase(*self_, timer_);
  self_->clock().cancel_request_timeout(self_, timer_);
  registry::count_timers(self_->id(), -1);
}

inline void flow_timer::fire() {
  struct for_the_next { // Also when a flow throws.
    flow_timer* of;
    ~for_the_next() {
      of->is_firing_ = false;
      if (!of->waits_.empty() && !is_ending(of->self_))
        of->set();
    }
  } at_the_end{this};
  is_firing_ = true;
  waits_.timer_is_gone();
  registry::count_timers(self_->id(), -1);
  // No further, also if it is later by now: an answer may stand in the mailbox that has come in its time.
  const auto until = waits_.timer();
  while (auto* const due = waits_.take_due(until)) {
    static_cast<wait*>(due)->late();
    if (is_ending(self_))
      return;
  }
}
} // namespace arrakis::detail
