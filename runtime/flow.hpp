#pragma once
// Coroutines inside one actor: a conversation with other actors reads as straight-line code.
//
//   flow<> onboard(handle::pointer self, ...) {
//     auto found = co_await ask(self, communities, until, find_by_guild{guild});   // caf::expected<found>
//     if (!found) co_return reply.deliver(found.error());
//   }
//   self->state.flows.start(onboard(self, ...));
//
// A flow runs on its actor's thread of the moment, interleaved with the actor's other messages at each co_await. It
// belongs to the `flows` member of the actor's state and dies with it: a message that arrives later finds nobody, and
// nothing leaks; one that goes on after quit() ends at its next co_await. An exception that leaves a root flow ends the
// actor, as a throw in a handler does.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/expected.hpp>
#include <caf/response_type.hpp>
#include <caf/typed_actor.hpp>
#include <caf/unit.hpp>
#include <coroutine>
#include <exception>
#include <list>
#include <optional>

namespace arrakis {

class flows;
template <class T = void>
class flow;

namespace detail {
struct flow_promise_base {
  std::coroutine_handle<> continuation;
  std::exception_ptr thrown;
  flows* owner = nullptr;
  std::list<flow<void>>::iterator place;

  struct finish {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept;
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  finish final_suspend() const noexcept { return {}; }
  void unhandled_exception() {
    if (!continuation)
      throw; // A root: out of resume(), into the actor's handler, which ends the actor.
    thrown = std::current_exception();
  }
};
} // namespace detail

template <class T>
class [[nodiscard]] flow {
public:
  struct promise_type : detail::flow_promise_base {
    std::optional<T> value;
    flow get_return_object() { return flow{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    template <class U>
    void return_value(U&& x) {
      value.emplace(std::forward<U>(x));
    }
  };
  explicit flow(std::coroutine_handle<promise_type> h) : handle_(h) {}
  flow(flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  flow& operator=(flow&&) = delete;
  ~flow() {
    if (handle_)
      handle_.destroy();
  }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().thrown)
      std::rethrow_exception(handle_.promise().thrown);
    return std::move(*handle_.promise().value);
  }

private:
  std::coroutine_handle<promise_type> handle_;
};

template <>
class [[nodiscard]] flow<void> {
public:
  struct promise_type : detail::flow_promise_base {
    flow get_return_object() { return flow{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    void return_void() noexcept {}
  };
  explicit flow(std::coroutine_handle<promise_type> h) : handle_(h) {}
  flow(flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  flow& operator=(flow&&) = delete;
  ~flow() {
    if (handle_)
      handle_.destroy();
  }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  void await_resume() {
    if (handle_.promise().thrown)
      std::rethrow_exception(handle_.promise().thrown);
  }

private:
  friend class flows;
  std::coroutine_handle<promise_type> handle_;
};

/// The running root flows of one actor; a member of its state. Not thread-safe: the actor's own messages only.
class flows {
public:
  flows() = default;
  flows(const flows&) = delete;
  flows& operator=(const flows&) = delete;
  /// Runs `root` to its first co_await; from then on it goes on with the answers.
  void start(flow<> root) {
    running_.push_front(std::move(root));
    auto handle = running_.front().handle_;
    handle.promise().owner = this;
    handle.promise().place = running_.begin();
    handle.resume();
  }
  size_t size() const { return running_.size(); }
  void finished(std::list<flow<>>::iterator place) { running_.erase(place); }

private:
  std::list<flow<>> running_;
};

namespace detail {
template <class P>
std::coroutine_handle<> flow_promise_base::finish::await_suspend(std::coroutine_handle<P> self) const noexcept {
  auto& promise = self.promise();
  if (promise.continuation)
    return promise.continuation;
  if (promise.owner)
    promise.owner->finished(promise.place); // Destroys this frame; nothing of it may be touched afterwards.
  return std::noop_coroutine();
}

template <class List>
struct answer_of;
template <>
struct answer_of<caf::detail::type_list<>> {
  using type = caf::unit_t;
};
template <>
struct answer_of<caf::detail::type_list<void>> {
  using type = caf::unit_t;
}; // Of reacts_to.
template <class T>
struct answer_of<caf::detail::type_list<T>> {
  using type = T;
};

/// After quit() nobody may wait: CAF 0.17 keeps an actor alive as long as it has a handler for an answer, without a
/// behavior and deaf even to a kill. A flow that goes on in the turn of the quit() stays where it waits next, and dies
/// with its actor.
template <class Self>
bool is_ending(const Self* self) {
  return self->getf(caf::abstract_actor::is_shutting_down_flag);
}

template <class Self, class Handle, class Message, class Answer>
class [[nodiscard]] asking {
public:
  using answer = Answer;
  asking(Self* self, const Handle& to, std::chrono::milliseconds within, Message message)
    : self_(self), to_(to), within_(within), message_(std::move(message)) {}
  bool await_ready() {
    if (within_.count() > 0 && to_)
      return false;
    result_.emplace(!to_ ? fail(ec::unavailable, "nobody to ask") : fail(ec::timeout, "the deadline has passed"));
    return true;
  }
  void await_suspend(std::coroutine_handle<> caller) {
    if (is_ending(self_))
      return;
    auto pending = self_->request(to_, caf::duration{within_}, std::move(message_));
    auto failed = [this, caller](caf::error& e) {
      result_.emplace(std::move(e));
      caller.resume();
    };
    if constexpr (std::is_same_v<answer, caf::unit_t>)
      pending.then(
        [this, caller] {
          result_.emplace(caf::unit);
          caller.resume();
        },
        failed);
    else
      pending.then(
        [this, caller](answer& x) {
          result_.emplace(std::move(x));
          caller.resume();
        },
        failed);
  }
  caf::expected<answer> await_resume() { return std::move(*result_); }

private:
  Self* self_;
  const Handle to_;
  std::chrono::milliseconds within_;
  Message message_;
  std::optional<caf::expected<answer>> result_;
};

template <class Self>
class [[nodiscard]] napping {
public:
  napping(Self* self, std::chrono::milliseconds wait) : self_(self), wait_(wait) {}
  bool await_ready() const { return wait_.count() <= 0; }
  void await_suspend(std::coroutine_handle<> caller) {
    if (is_ending(self_))
      return;
    auto id = self_->new_request_id(caf::message_priority::normal);
    self_->request_response_timeout(caf::duration{wait_}, id);
    self_->add_multiplexed_response_handler(id.response_id(),
                                            caf::behavior{[] {}, [caller](caf::error&) { caller.resume(); }});
  }
  void await_resume() const {}

private:
  Self* self_;
  std::chrono::milliseconds wait_;
};
} // namespace detail

/// Asks `to` and waits at most until `until`. The answer is a value or an error whose ec::unknown means: no answer in
/// time.
template <class Self, class Handle, class Message>
auto ask(Self* self, const Handle& to, deadline until, Message message) {
  using answer = typename detail::answer_of<caf::response_type_t<typename Handle::signatures, Message>>::type;
  return detail::asking<Self, Handle, Message, answer>{self, to, until.left(self->clock().now()), std::move(message)};
}

/// The same to an actor without a type (a directory): `Answer` is what the actor behind it answers.
template <class Answer, class Self, class Message>
auto ask_as(Self* self, const caf::actor& to, deadline until, Message message) {
  return detail::asking<Self, caf::actor, Message, Answer>{self, to, until.left(self->clock().now()),
                                                           std::move(message)};
}

/// Goes on after `wait` of the actor's clock (virtual in tests).
template <class Self>
auto nap(Self* self, std::chrono::milliseconds wait) {
  return detail::napping<Self>{self, wait};
}

} // namespace arrakis
