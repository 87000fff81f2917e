#pragma once
// Suspension of a flow for an event that is neither an answer nor another flow.
#include "runtime/flow/coroutine.hpp"

namespace arrakis {
/// The base of a type that a flow awaits: `Derived::suspended()` is called when the flow has stopped, and `resume()`
/// lets it go on. A flow may be destroyed while it waits: the destructor of `Derived` takes back whatever would call
/// resume() later.
template <class Derived>
class suspending {
public:
  bool await_ready() const { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    caller_ = caller;
    timer_ = caller.promise().timer;
    static_cast<Derived*>(this)->suspended();
  }

protected:
  /// The timer of the flow that waits.
  detail::flow_timer& timer() const { return *timer_; }
  /// Afterwards this object may be gone.
  void resume() { detail::resume(std::exchange(caller_, nullptr)); }

private:
  std::coroutine_handle<> caller_;
  detail::flow_timer* timer_ = nullptr;
};

/// A place in an actor's state where at most one of its flows waits until other code of that actor says go:
/// `co_await place.wait();` and `place.resume();`. The place outlives the flow, or is never used after it.
class suspension {
public:
  class [[nodiscard]] waiting {
  public:
    explicit waiting(suspension& at) : at_(&at) {}
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
      if (at_->waiter_ == this)
        at_->waiter_ = nullptr;
    }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      ARRAKIS_ASSERT(!at_->waiter_, "one flow waits at a suspension");
      caller_ = caller;
      at_->waiter_ = this;
    }
    void await_resume() const {}

  private:
    friend class suspension;
    suspension* at_;
    std::coroutine_handle<> caller_;
  };

  suspension() = default;
  suspension(const suspension&) = delete;
  suspension& operator=(const suspension&) = delete;
  waiting wait() { return waiting{*this}; }
  /// Does a flow wait here?
  explicit operator bool() const { return waiter_ != nullptr; }
  /// Lets the flow that waits go on, on the caller's stack; does nothing when none waits.
  void resume() {
    if (auto* waiter = std::exchange(waiter_, nullptr))
      detail::resume(waiter->caller_);
  }

private:
  waiting* waiter_ = nullptr;
};
} // namespace arrakis
