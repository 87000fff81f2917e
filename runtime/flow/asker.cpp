#include "runtime/flow/asker.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_config.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/sec.hpp>
#include <mutex>
#include <unordered_map>

namespace arrakis {

/// Address that receives answers, as CAF sees it. It has no mailbox and is never scheduled; an answer is handed on by
/// the thread that brings it.
class asker::sender final : public caf::monitorable_actor {
public:
  explicit sender(caf::actor_config& config) : monitorable_actor(config) {}
  const char* name() const final { return "asker"; }
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) final {
    if (!what->mid.is_response())
      return; // Requests and exits have no effect on it.
    if (auto found = take(what->mid.request_id().integer_value())) {
      if (!is_timeout(what->content()))
        forget_timeout(what->mid);
      hand_over(*found, what->move_content_to_message());
    }
  }

  ticket open(question what) {
    const std::lock_guard lock{guard_};
    const auto ticket = ++last_;
    open_.emplace(ticket, std::move(what));
    return ticket;
  }
  std::optional<question> take(ticket of) {
    const std::lock_guard lock{guard_};
    auto found = open_.extract(of);
    return found ? std::optional{std::move(found.mapped())} : std::nullopt;
  }
  std::unordered_map<ticket, question> take_all() {
    const std::lock_guard lock{guard_};
    return std::exchange(open_, {});
  }
  size_t size() const {
    const std::lock_guard lock{guard_};
    return open_.size();
  }
  /// CAF keeps the timeout of an answered request until it is due.
  void forget_timeout(caf::message_id response) { home_system().clock().cancel_request_timeout(this, response); }
  /// Outside the lock: `done` may ask again.
  static void hand_over(question& of, caf::message&& what) {
    if (is_timeout(what))
      what = caf::make_message(caf::make_error(what.get_as<caf::sec>(0)));
    of.done(std::move(what));
  }

private:
  /// True for the clock's own message. It comes on the clock's thread, which must not send itself a cancellation: the
  /// buffer between them may be full.
  template <class Content>
  static bool is_timeout(const Content& of) {
    return of.template match_elements<caf::sec>();
  }

  mutable std::mutex guard_;
  ticket last_ = 0;
  std::unordered_map<ticket, question> open_;
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
  const auto left = until.left(system_.clock().now());
  if (!what.to || left.count() <= 0) {
    what.done(caf::make_message(what.to ? fail(ec::timeout, "the deadline has passed")
                                        : fail(ec::unavailable, "nobody to ask")));
    return 0;
  }
  const auto to = what.to;
  auto& own = as<sender>(sender_);
  const auto ticket = own.open(std::move(what));
  const caf::message_id request{ticket};
  system_.clock().set_request_timeout(system_.clock().now() + left, &own, request.response_id());
  to->enqueue(sender_, request, std::move(content), nullptr);
  return ticket;
}

void asker::cancel(ticket of) {
  auto& own = as<sender>(sender_);
  const auto found = own.take(of);
  if (!found)
    return;
  own.forget_timeout(caf::message_id{of}.response_id());
  if (found->may_stop)
    detail::send_cancel(found->to, {caf::actor_cast<caf::actor_addr>(sender_), of});
}

deadline asker::within(std::chrono::milliseconds wait) const { return {system_.clock().now() + wait}; }

size_t asker::size() const { return as<sender>(sender_).size(); }
} // namespace arrakis
