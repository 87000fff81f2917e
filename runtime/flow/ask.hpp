#pragma once
// Awaitables of a flow: the answer of another actor, and time.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/flow/cancel.hpp"
#include "runtime/flow/suspension.hpp"

#include <caf/expected.hpp>
#include <caf/response_type.hpp>
#include <caf/scheduled_actor.hpp>
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

/// True after quit(), when no flow may wait: CAF 0.17 keeps an actor alive as long as it has a handler for an answer,
/// without a behavior and deaf even to a kill. A flow that goes on in the turn of the quit() stays where it waits next,
/// and dies with its actor.
template <class Self>
bool is_ending(const Self* self) {
  return self->getf(caf::abstract_actor::is_shutting_down_flag);
}

/// CAF 0.17 has no way to take back the handler of an answer: `then` is for ever. Its map is a protected member.
struct response_handlers : caf::scheduled_actor {
  static void erase(caf::scheduled_actor& of, caf::message_id response) {
    (of.*&response_handlers::multiplexed_responses_).erase(response);
  }
};

/// The handler that an actor has for one answer, or one timeout, until that comes.
class expectation {
public:
  expectation() = default;
  expectation(const expectation&) = delete;
  expectation& operator=(const expectation&) = delete;

  void begin(caf::scheduled_actor* self, caf::message_id response) {
    self_ = self;
    response_ = response;
  }
  /// The answer has come. Takes back its timeout, which CAF 0.17 would keep until it is due, and with it the actor.
  void answered() {
    auto* const self = std::exchange(self_, nullptr);
    self->clock().cancel_request_timeout(self, response_);
  }
  /// The timeout has come.
  void timed_out() { self_ = nullptr; }
  /// True while an answer is pending.
  explicit operator bool() const { return self_ != nullptr; }
  /// The request that is waited for.
  request_key request() const { return {self_->address(), response_.request_id().integer_value()}; }
  /// Forgets it: neither an answer nor the end of the time arrives any more.
  void drop() {
    auto* const self = std::exchange(self_, nullptr);
    if (is_ending(self))
      return; // quit() has forgotten all handlers, and the end of an actor all its timeouts.
    response_handlers::erase(*self, response_);
    self->clock().cancel_request_timeout(self, response_);
  }

private:
  caf::scheduled_actor* self_ = nullptr;
  caf::message_id response_;
};

template <class Self, class Handle, class Message, class Answer>
class [[nodiscard]] asking : public suspending<asking<Self, Handle, Message, Answer>> {
public:
  using answer = Answer;
  asking(Self* self, const Handle& to, std::chrono::milliseconds within, Message message)
    : self_(self), to_(to), within_(within), message_(std::move(message)) {}
  /// Before it is awaited only.
  asking(asking&& other) noexcept
    : self_(other.self_), to_(other.to_), within_(other.within_), message_(std::move(other.message_)) {}
  asking& operator=(asking&&) = delete;
  ~asking() {
    if (!expected_)
      return;
    if constexpr (can_cancel<Handle>::value)
      send_cancel(to_, expected_.request());
    expected_.drop();
  }
  bool await_ready() {
    if (within_.count() > 0 && to_)
      return false;
    result_.emplace(!to_ ? fail(ec::unavailable, "nobody to ask") : fail(ec::timeout, "the deadline has passed"));
    return true;
  }
  void suspended() {
    if (is_ending(self_))
      return;
    auto pending = self_->request(to_, caf::duration{within_}, std::move(message_));
    expected_.begin(self_, pending.id());
    auto failed = [this](caf::error& e) { came(std::move(e)); };
    if constexpr (std::is_same_v<answer, caf::unit_t>)
      pending.then([this] { came(caf::unit); }, failed);
    else
      pending.then([this](answer& x) { came(std::move(x)); }, failed);
  }
  caf::expected<answer> await_resume() { return std::move(*result_); }

private:
  template <class T>
  void came(T&& result) {
    expected_.answered();
    result_.emplace(std::forward<T>(result));
    this->resume();
  }

  Self* self_;
  const Handle to_;
  std::chrono::milliseconds within_;
  Message message_;
  expectation expected_;
  std::optional<caf::expected<answer>> result_;
};

template <class Self>
class [[nodiscard]] napping : public suspending<napping<Self>> {
public:
  napping(Self* self, std::chrono::milliseconds wait) : self_(self), wait_(wait) {}
  /// Before it is awaited only.
  napping(napping&& other) noexcept : self_(other.self_), wait_(other.wait_) {}
  napping& operator=(napping&&) = delete;
  ~napping() {
    if (expected_)
      expected_.drop();
  }
  bool await_ready() const { return wait_.count() <= 0; }
  void suspended() {
    if (is_ending(self_))
      return;
    const auto id = self_->new_request_id(caf::message_priority::normal);
    expected_.begin(self_, id.response_id());
    self_->request_response_timeout(caf::duration{wait_}, id);
    self_->add_multiplexed_response_handler(id.response_id(), caf::behavior{[] {},
                                                                            [this](caf::error&) {
                                                                              expected_.timed_out();
                                                                              this->resume();
                                                                            }});
  }
  void await_resume() const {}

private:
  Self* self_;
  std::chrono::milliseconds wait_;
  expectation expected_;
};
} // namespace detail

/// Asks `to` and waits at most until `until`. The answer is a value or an error whose ec::unknown means: no answer in
/// time. When the flow is destroyed meanwhile, an actor that can stop (runtime/flow/cancel.hpp) is notified.
template <class Self, class Handle, class Message>
auto ask(Self* self, const Handle& to, deadline until, Message message) {
  using answer = typename detail::answer_of<caf::response_type_t<typename Handle::signatures, Message>>::type;
  return detail::asking<Self, Handle, Message, answer>{self, to, until.left(self->clock().now()), std::move(message)};
}

/// Asks an untyped actor (a directory); `Answer`: answer type of the actor behind it.
template <class Answer, class Self, class Message>
auto ask_as(Self* self, const caf::actor& to, deadline until, Message message) {
  return detail::asking<Self, caf::actor, Message, Answer>{self, to, until.left(self->clock().now()),
                                                           std::move(message)};
}

/// Suspends the flow for `wait` on the actor's clock (virtual in tests).
template <class Self>
auto nap(Self* self, std::chrono::milliseconds wait) {
  return detail::napping<Self>{self, wait};
}
} // namespace arrakis
