#pragma once
// The running root flows of one actor.
#include "runtime/flow/cancel.hpp"
#include "runtime/flow/coroutine.hpp"
#include "runtime/flow/flow_timer.hpp"

#include <caf/typed_response_promise.hpp>
#include <list>

namespace arrakis {

/// The running root flows of one actor; a member of its state. Not thread-safe: the actor's own messages only. They die
/// with it, and what they have asked for is cancelled.
class flows {
public:
  flows() = default;
  flows(const flows&) = delete;
  flows& operator=(const flows&) = delete;

  /// Runs `work` to its first co_await; from then on it goes on with the answers.
  void start(flow<> work) { start(request_key{}, std::move(work)); }
  /// Starts the flow that works on the request of `reply`; `cancel` finds it.
  template <class... Ts>
  void start(caf::typed_response_promise<Ts...>& reply, flow<> work) {
    start(key_of(reply), std::move(work));
  }
  /// Destroys the flow that works on a request which its asker wants answered no more. False: there is none (any more).
  /// Called by the handler of `cancel`, never from inside a flow of this actor.
  bool stop(const cancel& what) {
    ARRAKIS_ASSERT(detail::flows_on_stack == 0, "a flow is not stopped from inside a flow");
    for (auto root = running_.begin(); what.request && root != running_.end(); ++root)
      if (root->request == what.request) {
        running_.erase(root);
        return true;
      }
    return false;
  }
  size_t size() const { return running_.size(); }

private:
  struct root final : detail::listener {
    root(flows* in, request_key works_on, flow<> body) : of(in), request(std::move(works_on)), work(std::move(body)) {
      work.promise().told = this;
      work.promise().is_root = true;
      work.promise().timer = &of->timer_;
    }
    std::coroutine_handle<> flow_ended(detail::promise_base&) noexcept final {
      of->running_.erase(at); // With us, and with the frame that has ended.
      return std::noop_coroutine();
    }
    flows* of;
    std::list<root>::iterator at;
    request_key request;
    flow<> work;
  };

  void start(request_key request, flow<> work) {
    auto& added = running_.emplace_front(this, std::move(request), std::move(work));
    added.at = running_.begin();
    added.work.begin();
  }

  detail::flow_timer timer_;
  std::list<root> running_; ///< The last member: what waits there is in the timer's list.
};
} // namespace arrakis
