#pragma once
// Awaitables of a flow: the answer of another actor, and time.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/flow/cancel.hpp"
#include "runtime/flow/flow_timer.hpp"
#include "runtime/flow/suspension.hpp"

#include <caf/expected.hpp>
#include <caf/response_type.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <caf/typed_actor.hpp>
#include <caf/unit.hpp>

namespace arrakis {
namespace detail {
template <class List>
struct answer_of;
template <>
struct answer_of<caf::detail::type_list<>> {
  using type = caf::unit_t;
};
template <>
struct answer_of<caf::detail::type_list<void>> {
  using type = caf::unit_t;
}; // For reacts_to.
template <class T>
struct answer_of<caf::detail::type_list<T>> {
  using type = T;
};

template <class Self, class Handle, class Message, class Answer>
class [[nodiscard]] asking final : public suspending<asking<Self, Handle, Message, Answer>>, private flow_timer::wait {
public:
  using answer = Answer;
  asking(Self* self, const Handle& to, deadline until, Message message)
    : self_(self), to_(to), until_(until), message_(std::move(message)) {}
  /// Before it is awaited only.
  asking(asking&& other) noexcept
    : self_(other.self_), to_(other.to_), until_(other.until_), message_(std::move(other.message_)) {}
  asking& operator=(asking&&) = delete;
  ~asking() {
    if (!this->is_open())
      return;
    if constexpr (can_cancel<Handle>::value)
      send_cancel(to_, {self_->address(), response_.request_id().integer_value()});
    if (!is_ending(self_))
      response_handlers::erase(*self_, response_);
    this->timer().close(*this);
  }
  bool await_ready() {
    if (to_ && until_.left(self_->clock().now()).count() > 0)
      return false;
    result_.emplace(!to_ ? fail(ec::unavailable, "nobody to ask") : fail(ec::timeout, "the deadline has passed"));
    return true;
  }
  void suspended() {
    if (is_ending(self_))
      return;
    auto pending = self_->request(to_, caf::duration{}, std::move(message_)); // The timer has its deadline.
    response_ = pending.id();
    this->timer().open(self_, *this, until_.at);
    auto failed = [this](caf::error& e) { answered(std::move(e)); };
    if constexpr (std::is_same_v<answer, caf::unit_t>)
      pending.then([this] { answered(caf::unit); }, failed);
    else
      pending.then([this](answer& x) { answered(std::move(x)); }, failed);
  }
  caf::expected<answer> await_resume() { return std::move(*result_); }

private:
  template <class T>
  void answered(T&& result) {
    this->timer().close(*this);
    result_.emplace(std::forward<T>(result));
    this->resume();
  }
  void late() final {
    response_handlers::erase(*self_, response_);
    result_.emplace(caf::make_error(caf::sec::request_timeout));
    this->resume();
  }

  Self* self_;
  const Handle to_;
  deadline until_;
  Message message_;
  caf::message_id response_;
  std::optional<caf::expected<answer>> result_;
};

template <class Self>
class [[nodiscard]] napping final : public suspending<napping<Self>>, private flow_timer::wait {
public:
  napping(Self* self, std::chrono::milliseconds duration) : self_(self), duration_(duration) {}
  /// Before it is awaited only.
  napping(napping&& other) noexcept : self_(other.self_), duration_(other.duration_) {}
  napping& operator=(napping&&) = delete;
  ~napping() {
    if (this->is_open())
      this->timer().close(*this);
  }
  bool await_ready() const { return duration_.count() <= 0; }
  void suspended() {
    if (!is_ending(self_))
      this->timer().open(self_, *this, self_->clock().now() + duration_);
  }
  void await_resume() const {}

private:
  void late() final { this->resume(); }

  Self* self_;
  std::chrono::milliseconds duration_;
};
} // namespace detail

/// Asks `to` and waits at most until `until`. The answer is a value or an error whose ec::unknown means: no answer in
/// time. When the flow is destroyed meanwhile, an actor that can stop (runtime/flow/cancel.hpp) is notified.
template <class Self, class Handle, class Message>
auto ask(Self* self, const Handle& to, deadline until, Message message) {
  using answer = typename detail::answer_of<caf::response_type_t<typename Handle::signatures, Message>>::type;
  return detail::asking<Self, Handle, Message, answer>{self, to, until, std::move(message)};
}

/// Asks an untyped actor (a directory); `Answer`: answer type of the actor behind it.
template <class Answer, class Self, class Message>
auto ask_as(Self* self, const caf::actor& to, deadline until, Message message) {
  return detail::asking<Self, caf::actor, Message, Answer>{self, to, until, std::move(message)};
}

/// Suspends the flow for `wait` on the actor's clock (virtual in tests).
template <class Self>
auto nap(Self* self, std::chrono::milliseconds wait) {
  return detail::napping<Self>{self, wait};
}
} // namespace arrakis
