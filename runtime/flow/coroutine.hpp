#pragma once
// flow<T>: the coroutine type of runtime/flow.hpp, and how one is resumed. Nothing outside this folder holds a
// std::coroutine_handle.
#include "runtime/assert.hpp"

#include <caf/unit.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace arrakis {
template <class T>
class flow;

namespace detail {
struct promise_base;
class flow_timer;

/// Hears of the end of a flow that no other flow awaits directly: a root, or a member of a group.
class listener {
public:
  /// `ended` is at its end, and may be destroyed here. Returns what runs next.
  virtual std::coroutine_handle<> flow_ended(promise_base& ended) noexcept = 0;

protected:
  ~listener() = default;
};

struct promise_base {
  std::coroutine_handle<> continuation; ///< The flow that awaits this one.
  listener* told = nullptr;             ///< In its place, for a root and for a member of a group.
  size_t place = 0;                     ///< For the listener: which of its flows this is.
  flow_timer* timer = nullptr;          ///< Ends what this flow waits for in time; that of its root.
  bool is_root = false;
  std::exception_ptr thrown;

  struct finish {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
      promise_base& promise = self.promise();
      if (promise.continuation)
        return promise.continuation;
      return promise.told ? promise.told->flow_ended(promise) : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  finish final_suspend() const noexcept { return {}; }
  void unhandled_exception() {
    if (is_root)
      throw; // Out of resume(), into the actor's handler, which ends the actor.
    thrown = std::current_exception();
  }
};

template <class T>
struct promise_of : promise_base {
  using taken = T;
  std::optional<T> value;
  template <class U>
  void return_value(U&& x) {
    value.emplace(std::forward<U>(x));
  }
  T take() { return std::move(*value); }
};
template <>
struct promise_of<void> : promise_base {
  using taken = caf::unit_t;
  void return_void() noexcept {}
  caf::unit_t take() { return caf::unit; }
};

/// How many flows are on this thread's stack.
inline thread_local int flows_on_stack = 0;

/// Lets a suspended flow go on, on the caller's stack, until it waits again or has ended. An exception that leaves a
/// root comes out here. Afterwards nothing of the flow may be touched: it may have been destroyed.
inline void resume(std::coroutine_handle<> suspended) {
  struct counted {
    counted() { ++flows_on_stack; }
    ~counted() { --flows_on_stack; }
  } here;
  suspended.resume();
}
} // namespace detail

/// A coroutine that runs inside one actor. It begins when it is awaited, or started as a root, and runs on that actor's
/// thread of the moment. Destroying one that waits ends its work at that place: what it has asked for is cancelled.
template <class T = void>
class [[nodiscard]] flow {
public:
  struct promise_type : detail::promise_of<T> { ///< Required by the language.
    flow get_return_object() { return flow{std::coroutine_handle<promise_type>::from_promise(*this)}; }
  };
  /// Result type in a group: caf::unit_t in the place of void.
  using taken = typename promise_type::taken;

  explicit flow(std::coroutine_handle<promise_type> h) : handle_(h) {}
  flow(flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  flow& operator=(flow&&) = delete;
  ~flow() {
    if (handle_)
      handle_.destroy();
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) noexcept {
    handle_.promise().continuation = caller;
    handle_.promise().timer = caller.promise().timer;
    return handle_;
  }
  T await_resume() {
    if constexpr (std::is_void_v<T>)
      take();
    else
      return take();
  }

  // For drivers of flows that no other flow awaits: the roots of an actor, and groups.
  detail::promise_base& promise() { return handle_.promise(); }
  void begin() { detail::resume(handle_); }
  bool ended() const { return handle_.done(); }
  /// The result of one that has ended; nothing when an exception has left it.
  std::optional<T>& result() { return handle_.promise().value; }
  /// The result of one that has ended; rethrows what has left it.
  taken take() {
    auto& promise = handle_.promise();
    if (promise.thrown)
      std::rethrow_exception(promise.thrown);
    return promise.take();
  }

private:
  std::coroutine_handle<promise_type> handle_;
};
} // namespace arrakis
