#pragma once
// Suspension of a flow for an event that is neither an answer nor another flow.
#include "runtime/flow/coroutine.hpp"

namespace arrakis {
/// Base of a type that a flow awaits: `Derived::suspended()` is called after the flow stopped, and `resume()`
/// continues it. A flow may be destroyed while it waits, so the destructor of `Derived` must cancel every later call
/// of resume().
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
  /// Continues the flow. This object may be destroyed afterwards.
  void resume() { detail::resume(std::exchange(caller_, nullptr)); }

private:
  std::coroutine_handle<> caller_;
  detail::flow_timer* timer_ = nullptr;
};

/// Point in an actor's state at which at most one of its flows waits until other code of that actor continues it:
/// `co_await point.wait();` and `point.resume();`. It outlives the flow, or is not used afterwards.
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
  /// True while a flow waits.
  explicit operator bool() const { return waiter_ != nullptr; }
  /// Continues the waiting flow on the caller's stack; no effect without one.
  void resume() {
    if (auto* waiter = std::exchange(waiter_, nullptr))
      detail::resume(waiter->caller_);
  }

private:
  waiting* waiter_ = nullptr;
};
} // namespace arrakis
