#include "runtime/flow/asker.hpp"

#include "runtime/flow/due_list.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_config.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/sec.hpp>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace arrakis {

/// Address that receives answers, as CAF sees it. It has no mailbox. An answer is handed on by the thread that brings
/// it; the end of the time by a worker of CAF, for which this is a job. It is not handed on by the clock's thread: that
/// one alone empties the ring of 64 through which timers are set, so it must set none, and whoever is told may ask
/// again.
class asker::sender final : public caf::monitorable_actor, public caf::resumable {
public:
  explicit sender(caf::actor_config& config) : monitorable_actor(config) {}
  const char* name() const final { return "asker"; }
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) final {
    if (!what->mid.is_response())
      return;                  // Requests and exits have no effect on it.
    if (what->mid == timer_) { // On the clock's thread.
      intrusive_ptr_add_ref_impl();
      home_system().scheduler().enqueue(this);
    } else if (auto found = take(what->mid.request_id().integer_value())) {
      found->done(what->move_content_to_message()); // Outside the lock: it may ask again.
    }
  }
  resume_result resume(caf::execution_unit*, size_t) final {
    for (auto& late : take_late())
      late.done(caf::make_message(caf::make_error(caf::sec::request_timeout)));
    return done;
  }
  void intrusive_ptr_add_ref_impl() final { intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() final { intrusive_ptr_release(ctrl()); }

  ticket open(question what, deadline until) {
    const std::lock_guard lock{guard_};
    const auto ticket = ++last_;
    auto& added = open_[ticket];
    added.what = std::move(what);
    added.number = ticket;
    apply(due_.add(added, until.at));
    return ticket;
  }
  std::optional<question> take(ticket of) {
    const std::lock_guard lock{guard_};
    const auto found = open_.find(of);
    if (found == open_.end())
      return std::nullopt;
    apply(due_.remove(found->second));
    std::optional taken{std::move(found->second.what)};
    open_.erase(found);
    return taken;
  }
  std::vector<std::pair<ticket, question>> take_all() {
    const std::lock_guard lock{guard_};
    std::vector<std::pair<ticket, question>> all;
    for (auto& [ticket, each] : open_)
      all.emplace_back(ticket, std::move(each.what));
    open_.clear();
    take_back();
    return all;
  }
  size_t size() const {
    const std::lock_guard lock{guard_};
    return open_.size();
  }

private:
  struct asked : detail::due_list::entry {
    question what;
    ticket number = 0;
  };

  std::vector<question> take_late() {
    const std::lock_guard lock{guard_};
    const auto now = home_system().clock().now();
    if (due_.has_timer() && due_.timer() <= now) // Otherwise it is another one, set meanwhile.
      due_.timer_is_gone();
    std::vector<question> all;
    while (auto* const late = static_cast<asked*>(due_.take_due(now))) {
      all.push_back(std::move(late->what));
      open_.erase(late->number);
    }
    if (!due_.empty() && !due_.has_timer())
      set();
    return all;
  }
  void apply(detail::due_list::step what) {
    if (what == detail::due_list::step::set)
      set();
    else if (what == detail::due_list::step::take_back)
      take_back();
  }
  void set() {
    take_back();
    auto& clock = home_system().clock();
    clock.set_request_timeout(due_.earliest(), this, timer_);
    due_.timer_is_set(clock.now());
  }
  void take_back() {
    if (!due_.has_timer())
      return;
    due_.timer_is_gone();
    home_system().clock().cancel_request_timeout(this, timer_);
  }

  mutable std::mutex guard_; // The clock's thread never takes it: a thread that holds it may wait for the clock's.
  ticket last_ = 1;
  std::unordered_map<ticket, asked> open_;
  detail::due_list due_;
  const caf::message_id timer_ = caf::message_id{1}.response_id();
};

asker::asker(caf::actor_system& sys) : system_(sys) {
  caf::actor_config config;
  sender_ = caf::make_actor<sender, caf::strong_actor_ptr>(sys.next_actor_id(), sys.node(), &sys, config);
}

namespace {
template <class T>
T& as(const caf::strong_actor_ptr& of) {
  return static_cast<T&>(*of->get());
}
} // namespace

asker::~asker() {
  for (auto& [ticket, question] : as<sender>(sender_).take_all()) {
    if (question.may_stop)
      detail::send_cancel(question.to, {caf::actor_cast<caf::actor_addr>(sender_), ticket});
    question.done(caf::make_message(fail(ec::unknown, "whoever asked has ended")));
  }
}

asker::ticket asker::send(question what, deadline until, caf::message content) {
  if (!what.to || until.left(system_.clock().now()).count() <= 0) {
    what.done(caf::make_message(what.to ? fail(ec::timeout, "the deadline has passed")
                                        : fail(ec::unavailable, "nobody to ask")));
    return 0;
  }
  const auto to = what.to;
  const auto ticket = as<sender>(sender_).open(std::move(what), until);
  to->enqueue(sender_, caf::message_id{ticket}, std::move(content), nullptr);
  return ticket;
}

void asker::cancel(ticket of) {
  const auto found = as<sender>(sender_).take(of);
  if (found && found->may_stop)
    detail::send_cancel(found->to, {caf::actor_cast<caf::actor_addr>(sender_), of});
}

deadline asker::within(std::chrono::milliseconds wait) const { return {system_.clock().now() + wait}; }

size_t asker::size() const { return as<sender>(sender_).size(); }
} // namespace arrakis
